import { describe, requireCount, requireOptions, requireRoom } from '../arguments.js';
import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import { splitSeed } from '../runtime/random.js';
import { type FitIdentity, decodeCheckpoint } from './checkpoint.js';
import { type Optimizer, adam, requireOptimizer } from './optimizers.js';
import type { FitProgress } from './report.js';
import { type Annealing, type Schedule, annealingSchedule, linearDecay } from './schedules.js';

export interface FitToTargetOptions {
  /** Training steps. Default 10 000. */
  readonly steps?: number;
  /** Samples per step. Default 256. */
  readonly batchSize?: number;
  /** Of the training's random numbers. Default: the flow's seed. */
  readonly seed?: number | bigint;
  /** Default `adam({ learningRate: 0.01 })`. */
  readonly optimizer?: Optimizer;
  /** Factor of the learning rate, per step. Default `linearDecay(0.5)`: constant for one half, then linearly to 0. */
  readonly schedule?: Schedule;
  /** Weight β_t of the target's log density. Default `'ramp'`, which reaches 1 at two thirds of the steps. */
  readonly annealing?: Annealing;
  /** Gradients of a larger Euclidean norm are scaled down to it. Default: none are. */
  readonly clipNorm?: number;
  /** Steps skipped in a row after which the fit gives up. Default 100, or all steps where they are fewer. */
  readonly skipLimit?: number;
  /** Fresh samples of the final estimate. Default 20 000. */
  readonly estimateSamples?: number;
  /** Called some times a second, and at the end. */
  readonly onProgress?: (progress: FitProgress) => void;
  /** Stops the fit: it rejects with the signal's reason, the parameters of the last finished step in place. */
  readonly signal?: AbortSignal;
  /** Called with a checkpoint every `checkpointEvery` steps and at the last step. */
  readonly onCheckpoint?: (bytes: Uint8Array, step: number) => void;
  /** Default: a tenth of the steps. */
  readonly checkpointEvery?: number;
  /**
   * A checkpoint to go on from, to the same bits as if never interrupted. The target and the other options must be those of its fit,
   * which is checked but for functions of yours.
   */
  readonly resume?: Uint8Array;
}

const OPTION_NAMES: readonly (keyof FitToTargetOptions)[] = [
  'steps',
  'batchSize',
  'seed',
  'optimizer',
  'schedule',
  'annealing',
  'clipNorm',
  'skipLimit',
  'estimateSamples',
  'onProgress',
  'signal',
  'onCheckpoint',
  'checkpointEvery',
  'resume',
];

const DEFAULT_STEPS = 10_000;
const DEFAULT_BATCH = 256;
const DEFAULT_SKIP_LIMIT = 100;
const DEFAULT_ESTIMATE_SAMPLES = 20_000;
const BATCH_LIMIT = 2 ** 24;

/** The function of this name, as its errors say. */
export const WHERE = 'fitToTarget';

/** The options of a fit, complete and checked. */
export type Settings = ReturnType<typeof readOptions>;

/** @throws {RangeError | TypeError | FlowFileError} before anything is changed */
export function readOptions(flow: Flow, target: Target, options: FitToTargetOptions) {
  if (typeof flow?.sampleAndLogProb !== 'function') throw new TypeError(`${WHERE}: flow must be a Flow; got ${describe(flow)}.`);
  if (flow.disposed) throw new Error(`${WHERE}: the flow must not be disposed; it is.`);
  if (typeof target?.logProb !== 'function') throw new TypeError(`${WHERE}: target must be a target; got ${describe(target)}.`);
  if (typeof target.record !== 'function' && typeof target.evaluate !== 'function')
    throw new TypeError(`${WHERE}: target must be a target; got ${describe(target)} without a density.`);
  if (target.dim !== flow.dim) throw new RangeError(`${WHERE}: target must have the flow's dim ${flow.dim}; got ${target.dim}.`);
  const { notThroughSamples } = flow.base;
  if (notThroughSamples !== undefined)
    throw new TypeError(
      `${WHERE}: base must have parameters that samples move with; got trainable ${notThroughSamples}, which have no gradient there.`,
    );
  requireOptions(WHERE, options, OPTION_NAMES);
  const {
    steps = DEFAULT_STEPS,
    batchSize = DEFAULT_BATCH,
    seed = flow.seed,
    schedule = linearDecay(),
    annealing = 'ramp',
    clipNorm = 0,
    skipLimit = Math.min(DEFAULT_SKIP_LIMIT, steps),
    estimateSamples = DEFAULT_ESTIMATE_SAMPLES,
    checkpointEvery = Math.max(1, Math.ceil(steps / 10)),
    onProgress,
    onCheckpoint,
    signal,
    resume,
  } = options;
  const optimizer = requireOptimizer(WHERE, options.optimizer ?? adam());
  requireCount(WHERE, 'steps', steps, 1);
  requireCount(WHERE, 'batchSize', batchSize, 1);
  requireCount(WHERE, 'skipLimit', skipLimit, 1);
  requireCount(WHERE, 'estimateSamples', estimateSamples, 2);
  requireCount(WHERE, 'checkpointEvery', checkpointEvery, 1);
  if (batchSize > BATCH_LIMIT) throw new RangeError(`${WHERE}: batchSize must be at most ${BATCH_LIMIT}; got ${batchSize}.`);
  if (typeof clipNorm !== 'number') throw new TypeError(`${WHERE}: clipNorm must be a number; got ${describe(clipNorm)}.`);
  if (options.clipNorm !== undefined && !(clipNorm > 0))
    throw new RangeError(`${WHERE}: clipNorm must be positive; got ${clipNorm}.`);
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`${WHERE}: signal must be an AbortSignal; got ${describe(signal)}.`);
  for (const [name, value] of Object.entries({ schedule, onProgress, onCheckpoint })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${WHERE}: ${name} must be a function; got ${describe(value)}.`);
  }
  const beta = annealingSchedule(annealing);
  if (beta === undefined) {
    throw new TypeError(`${WHERE}: annealing must be 'ramp', 'paper', 'none' or a schedule; got ${describe(annealing)}.`);
  }
  const key = splitSeed(WHERE, seed);
  const trace = requireRoom(WHERE, 'steps', steps, 1);
  const differences = requireRoom(WHERE, 'estimateSamples', estimateSamples, 1);
  const identity: FitIdentity = { steps, batchSize, seed, optimizer, schedule, annealing, clipNorm, skipLimit, target };
  const checkpoint = resume === undefined ? undefined : decodeCheckpoint(WHERE, resume, flow, identity);
  return {
    ...identity,
    key,
    beta,
    estimateSamples,
    checkpointEvery,
    onProgress,
    onCheckpoint,
    signal,
    checkpoint,
    trace,
    differences,
  };
}

function isSignal(signal: AbortSignal): boolean {
  return typeof signal?.throwIfAborted === 'function' && typeof signal.addEventListener === 'function';
}

/** Learning rates and annealing weights of the steps first … first + count − 1. */
export function scheduled({ schedule, beta, optimizer, steps }: Settings, first: number, count: number): [number[], number[]] {
  const rates: number[] = [];
  const weights: number[] = [];
  const numbers = { schedule: rates, annealing: weights };
  for (let step = first; step < first + count; step++) {
    rates.push(schedule(step, steps));
    weights.push(beta(step, steps));
  }
  for (const [name, values] of Object.entries(numbers)) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new RangeError(`${WHERE}: ${name} must give finite numbers; got ${describe(values[bad])} at step ${first + bad}.`);
  }
  return [rates.map((rate) => optimizer.learningRate * rate), weights];
}
