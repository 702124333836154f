import { type Rows, describe, requireCount, requireOptions, requireRows, vectorOf } from '../arguments.js';
import type { Flow } from '../flow.js';
import { Stream, keyOf, permutation, splitSeed } from '../runtime/random.js';
import { type Column, hashOf } from './dataset.js';
import {
  FIT_OPTION_NAMES,
  type Fingerprint,
  type FitOptions,
  type FitSettings,
  fingerprintOf,
  readBatchSize,
  readFitOptions,
  requireFlow,
} from './fit-options.js';
import { type Optimizer, adam } from './optimizers.js';
import { type Schedule, cosineDecay } from './schedules.js';
import type { Sample } from './likelihood.js';

/** Where a fit to data stands. */
export interface DataProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps in all, if it is not stopped early. */
  readonly steps: number;
  /** Epochs done. */
  readonly epoch: number;
  /** Mean negative log likelihood of the batches since the last report, in nats per row; ∞ where none had a finite one. */
  readonly trainNll: number;
  /** That of the validation rows at the last evaluation, and at the best one; none without validation. */
  readonly validationNll: number | undefined;
  readonly bestValidationNll: number | undefined;
  /** Steps skipped so far, as their loss or gradient was not finite. */
  readonly skippedSteps: number;
}

export interface FitToDataOptions extends FitOptions<DataProgress> {
  /** Training steps; or `epochs`. */
  readonly steps?: number;
  /** Passes over the training rows. Default 100, or what makes 2000 steps where that is more. */
  readonly epochs?: number;
  /** Rows per step. Default 256; never more than there are training rows. What is left of an epoch, less than a batch, is left out. */
  readonly batchSize?: number;
  /** Default `adam({ learningRate: 0.005 })`. */
  readonly optimizer?: Optimizer;
  /** Factor of the learning rate, per step. Default `cosineDecay()`. */
  readonly schedule?: Schedule;
  /** Gradients of a larger Euclidean norm are scaled down to it; Infinity: none are. Default 5. */
  readonly clipNorm?: number;
  /**
   * Rows that are not trained on: the best parameters are those at which they are likeliest. A fraction of the data, rounded down, drawn
   * with the seed, or rows [m × dim]. 0: none, and the last parameters count. Default 0.1.
   */
  readonly validation?: number | Rows;
  /** Evaluations without a better one after which the fit stops: one an epoch, or fewer where epochs are short. Default 20. */
  readonly patience?: number;
  /** [n] Weights of the rows, not negative: the loss is the mean of −w ln q / w̄, w̄ the mean weight. Rows of weight 0 are left out. */
  readonly weights?: ArrayLike<number>;
  /** [n × flow.context] What each row is conditioned on, for a flow that takes a context. */
  readonly context?: Rows;
  /** [m × flow.context] That of rows given as `validation`. */
  readonly validationContext?: Rows;
  /** Stops the fit: it rejects with the signal's reason, the best parameters so far in place. */
  readonly signal?: AbortSignal;
  /**
   * A checkpoint to go on from, to the same bits as if never interrupted, early stopping included. The data and the other options must be
   * those of its fit, which is checked but for functions of yours.
   */
  readonly resume?: Uint8Array;
}

const OPTION_NAMES: readonly (keyof FitToDataOptions)[] = [
  ...FIT_OPTION_NAMES,
  'epochs',
  'validation',
  'patience',
  'weights',
  'context',
  'validationContext',
];

const WHERE = 'fitToData';
const DEFAULT_EPOCHS = 100;
/** Between what suits layers with networks, and what suits planar ones. */
const LEARNING_RATE = 0.005;
const LEAST_STEPS = 2000;
const DEFAULT_VALIDATION = 0.1;
const DEFAULT_PATIENCE = 20;
/** Steps between two evaluations at the least: those of a tiny dataset would otherwise cost more than its training. */
const EVALUATION_STEPS = 20;
/** Training rows that layers are initialized from, at the most. */
const INITIAL_ROWS = 4096;

/** The options of a fit to data, complete and checked. */
export interface DataSettings extends FitSettings {
  readonly columns: readonly Column[];
  readonly isWeighted: boolean;
  /** Numbers of the rows that are trained on. */
  readonly training: Int32Array;
  /** At most 4096 of these, drawn at random. */
  readonly initial: Sample;
  readonly validation: Sample | undefined;
  readonly patience: number;
  /** Steps of an epoch, and from one evaluation to the next. */
  readonly batches: number;
  readonly evaluateEvery: number;
  readonly fingerprint: Fingerprint;
  readonly onProgress: ((progress: DataProgress) => void) | undefined;
}

/** @throws {RangeError | TypeError} */
export function readDataOptions(flow: Flow, data: Rows, options: FitToDataOptions): DataSettings {
  requireFlow(WHERE, flow);
  requireOptions(WHERE, options, OPTION_NAMES);
  if (flow.parameterCount === 0) throw new RangeError(`${WHERE}: flow must have parameters; got one without.`);
  const { dim } = flow;
  const x = requireRows(WHERE, 'data', data, dim);
  const context = readContext(flow, 'context', options.context, x.length / dim);
  const weights = options.weights === undefined ? undefined : readWeights(options.weights, x.length / dim);
  const rows = weighted(x.length / dim, weights);
  const seed = splitSeed(WHERE, options.seed ?? flow.seed);
  const order = permutation(keyOf(seed, 0), Stream.Order, rows.length);
  const held = readValidation(options.validation, dim, rows.length);
  const heldContext = readHeldContext(flow, options.validationContext, held);
  const [own, training] = split(rows, order, typeof held === 'number' ? held : 0);
  if (training.length < 2)
    throw new RangeError(
      `${WHERE}: validation must leave at least 2 of the ${rows.length} rows to train on; got ${String(options.validation)}, which leaves ${training.length}.`,
    );
  requireVaried(x, dim, training);
  if (weights !== undefined) normalize(weights, training);

  const batchSize = Math.min(readBatchSize(WHERE, options.batchSize), training.length);
  const batches = Math.floor(training.length / batchSize);
  const fit = readFitOptions(
    flow,
    { ...options, batchSize },
    {
      where: WHERE,
      fitted: 'data',
      kept: held === 0 ? 'last good' : 'best',
      steps: readEpochs(options, batches) * batches,
      optimizer: adam({ learningRate: LEARNING_RATE }),
      schedule: cosineDecay(),
      clipNorm: 5,
    },
  );
  const columns = [{ values: x, width: dim }, ...context];
  const { patience = DEFAULT_PATIENCE, onProgress } = options;
  if (patience !== Infinity) requireCount(WHERE, 'patience', patience, 1);
  return {
    ...fit,
    columns: [...columns, ...(weights === undefined ? [] : [{ values: weights, width: 1 }])],
    isWeighted: weights !== undefined,
    training,
    initial: sampleOf(
      columns,
      weights,
      order.slice(own.length, own.length + INITIAL_ROWS).map((k) => rows[k]),
    ),
    validation:
      typeof held !== 'number' ? rowsOf(held, dim, heldContext) : held === 0 ? undefined : sampleOf(columns, weights, own),
    patience,
    batches,
    evaluateEvery: batches * Math.ceil(EVALUATION_STEPS / batches),
    fingerprint: {
      ...fingerprintOf(fit),
      patience: String(patience),
      validation: typeof held === 'number' ? held : 'rows',
      ...(fit.resume === undefined && fit.onCheckpoint === undefined
        ? {}
        : { data: nameOfData([...columns, ...heldContext], weights, held) }),
    },
    onProgress,
  };
}

/** The rows' context as a column: none, or one. */
function readContext({ context: width }: Flow, name: string, context: Rows | undefined, n: number): Column[] {
  if (width === 0) {
    if (context === undefined) return [];
    throw new RangeError(`${WHERE}: ${name} must be left out, as the flow takes no context; got ${describe(context)}.`);
  }
  if (context === undefined)
    throw new RangeError(`${WHERE}: ${name} must hold ${n} rows of ${width} numbers, as the flow takes a context; got none.`);
  const values = requireRows(WHERE, name, context, width);
  if (values.length === n * width) return [{ values, width }];
  throw new RangeError(`${WHERE}: ${name} must hold ${n} rows of ${width} numbers; got ${values.length / width}.`);
}

function readHeldContext(flow: Flow, context: Rows | undefined, held: number | Float64Array): Column[] {
  if (typeof held !== 'number') {
    return readContext(flow, 'validationContext', context, held.length / flow.dim).map(({ values, width }) => ({
      values: values.slice(),
      width,
    }));
  }
  if (context === undefined) return [];
  throw new RangeError(`${WHERE}: validationContext must be left out where validation is no rows; got ${describe(context)}.`);
}

/** Divided by the largest: their sum may not be finite. What is 0 next to that one is left out. */
function readWeights(weights: ArrayLike<number>, n: number): Float64Array {
  const vector = vectorOf(WHERE, 'weights', weights, n);
  const at = vector.findIndex((weight) => weight < 0);
  if (at >= 0) throw new RangeError(`${WHERE}: weights must not be negative; got ${vector[at]} at index ${at}.`);
  const most = vector.reduce((maximum, weight) => Math.max(maximum, weight), 0);
  return most === 0 ? vector : vector.map((weight) => weight / most);
}

/** Numbers of the rows that count. */
function weighted(n: number, weights: Float64Array | undefined): Int32Array {
  let rows = new Int32Array(n);
  let count = 0;
  for (let row = 0; row < n; row++) if (weights === undefined || weights[row] > 0) rows[count++] = row;
  rows = rows.subarray(0, count);
  if (n < 2) throw new RangeError(`${WHERE}: data must hold at least 2 rows; got ${n}.`);
  if (rows.length < 2) throw new RangeError(`${WHERE}: weights must be positive for at least 2 rows; got ${rows.length} such.`);
  return rows;
}

/** Scales weights so that the mean over the rows is 1. */
function normalize(weights: Float64Array, rows: Int32Array): void {
  const sum = rows.reduce((total, row) => total + weights[row], 0);
  for (let k = 0; k < weights.length; k++) weights[k] *= rows.length / sum;
}

/** How many rows of the data validate, or other rows. */
function readValidation(validation: number | Rows | undefined, dim: number, n: number): number | Float64Array {
  if (validation === undefined) return Math.floor(DEFAULT_VALIDATION * n);
  if (typeof validation !== 'number') {
    const rows = requireRows(WHERE, 'validation', validation, dim);
    if (rows.length === 0) throw new RangeError(`${WHERE}: validation must hold at least 1 row; got 0.`);
    return rows.slice();
  }
  if (!(validation >= 0 && validation < 1))
    throw new RangeError(`${WHERE}: validation must be rows, or a fraction in [0, 1); got ${validation}.`);
  const count = Math.floor(validation * n);
  if (validation > 0 && count === 0)
    throw new RangeError(`${WHERE}: validation must be at least one of the ${n} rows, or 0; got ${validation}.`);
  return count;
}

/** The `count` rows whose places come first in an order, and the others; both ascending. */
function split(rows: Int32Array, order: Int32Array, count: number): [Int32Array, Int32Array] {
  const isFirst = new Uint8Array(rows.length);
  for (let k = 0; k < count; k++) isFirst[order[k]] = 1;
  const parts: [Int32Array, Int32Array] = [new Int32Array(count), new Int32Array(rows.length - count)];
  let first = 0;
  for (let k = 0; k < rows.length; k++) {
    if (isFirst[k]) parts[0][first++] = rows[k];
    else parts[1][k - first] = rows[k];
  }
  return parts;
}

/** Some rows of the data with their context, copied. */
function sampleOf(columns: readonly Column[], weights: Float64Array | undefined, rows: Int32Array): Sample {
  return {
    argument: 'data',
    place: (row) => rows[row],
    count: rows.length,
    rows: stretchesOf(columns.map((column) => ({ ...column, values: pick(column, rows) }))),
    weights: weights && pick({ values: weights, width: 1 }, rows),
  };
}

/** All rows of another validation. */
function rowsOf(values: Float64Array, dim: number, context: readonly Column[]): Sample {
  return {
    argument: 'validation',
    place: (row) => row,
    count: values.length / dim,
    rows: stretchesOf([{ values, width: dim }, ...context]),
    weights: undefined,
  };
}

function stretchesOf(columns: readonly Column[]): Sample['rows'] {
  return (first, count) => columns.map(({ values, width }) => values.subarray(first * width, (first + count) * width));
}

/** @throws {RangeError} for a column that has one value only: the density of the flow would grow without bound */
function requireVaried(x: Float64Array, dim: number, rows: Int32Array): void {
  for (let j = 0; j < dim; j++) {
    const value = x[rows[0] * dim + j];
    if (rows.some((row) => x[row * dim + j] !== value)) continue;
    throw new RangeError(
      `${WHERE}: data must vary in column ${j}; got ${value} in each of the ${rows.length} rows to train on. Leave the column out.`,
    );
  }
}

function readEpochs({ steps, epochs }: FitToDataOptions, batches: number): number {
  if (epochs === undefined) return Math.max(DEFAULT_EPOCHS, Math.ceil(LEAST_STEPS / batches));
  if (steps !== undefined)
    throw new RangeError(`${WHERE}: epochs must be left out where steps are given; got ${String(epochs)}.`);
  requireCount(WHERE, 'epochs', epochs, 1);
  return epochs;
}

function nameOfData(columns: readonly Column[], weights: Float64Array | undefined, held: number | Float64Array): string {
  const [x, ...contexts] = columns;
  const others = typeof held === 'number' ? [] : [held];
  const hash = hashOf([x.values, weights ?? new Float64Array(0), ...others, ...contexts.map(({ values }) => values)]);
  return `${x.values.length / x.width} rows ${hash}`;
}

function pick({ values, width }: Column, rows: Int32Array): Float64Array {
  const picked = new Float64Array(rows.length * width);
  for (let k = 0; k < rows.length; k++) {
    for (let j = 0; j < width; j++) picked[k * width + j] = values[rows[k] * width + j];
  }
  return picked;
}
