import type { Rows } from '../arguments.js';
import type { Flow } from '../flow.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { type Checkpoint, decodeCheckpoint } from './checkpoint.js';
import { type DataSettings, type FitToDataOptions, readDataOptions } from './data-options.js';
import { Dataset } from './dataset.js';
import { dataTrainingProgram } from './fit-programs.js';
import { initializeFromData } from './initialize.js';
import { Likelihood, type Sample } from './likelihood.js';
import { inTurn } from './queue.js';
import { breathOf, train } from './train.js';
import { TrainingLoop } from './training.js';
import { Validation, looksUntil } from './validation.js';

export interface DataFit {
  /** Mean negative log likelihood of all rows that were trained on, under the parameters that the flow has now, in nats per row. */
  readonly trainNll: number;
  /** That of the validation rows; none without validation. */
  readonly validationNll: number | undefined;
  /**
   * The step after which the parameters were those that the flow has now. 0: no step made the validation rows likelier, and the flow has
   * the parameters that it began with; a smaller learning rate, more steps or more rows may help.
   */
  readonly bestStep: number;
  /** Steps run. */
  readonly steps: number;
  /** Whether patience ended it. */
  readonly stoppedEarly: boolean;
  /** [steps] Mean negative log likelihood of each step's batch; ∞ where it was not a number, in a step that was skipped. */
  readonly trace: Float64Array;
  /** Every evaluation of the validation rows, from step 0 on; empty without validation. */
  readonly validationTrace: readonly { readonly step: number; readonly nll: number }[];
  /** Steps whose loss or gradient was not finite; they changed nothing. */
  readonly skippedSteps: number;
}

/**
 * Fits a flow to data by maximum likelihood: minimises
 *
 *   L = −1/n Σ_i w_i ln q(x_i) / w̄
 *
 * by stochastic gradients through the inverse, one batch of the shuffled rows a step. A part of the rows is not trained on: the flow ends
 * with the parameters under which these were likeliest, and the fit stops when it finds no better ones. Layers that choose their initial
 * parameters by data do so first. The rows are copied when it is called. As with `fitToTarget`, many steps run inside one WebAssembly
 * call, the event loop breathes, the flow shows the parameters so far, and fits of one flow queue.
 *
 * Source: Papamakarios et al. 2021, arXiv:1912.02762, §2.3.1.
 *
 * @param data [n × dim]
 * @returns a promise of the likelihoods, once the flow has the best parameters. When it rejects, the flow has the best parameters so far
 *   where there are validation rows, else the last good ones
 * @throws {RangeError | TypeError} before anything is changed: a flow without parameters; fewer than two rows, values that are not finite,
 *   a column with one value only, whose density would grow without bound; a row whose log density is −∞ or no number under the parameters that the fit begins with,
 *   even where others would give it one: no gradient leads there, and the steps that meet it would be skipped; an unknown option, a value
 *   out of range
 * @throws {FlowFileError | SafetensorsError} for a checkpoint that is none
 * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
 * @throws {Error} when the flow is disposed, or was meanwhile; at once, not as a rejection, inside a target's function
 * @throws {WorkerLostError} on a page, when the worker that ran the steps died
 * @throws the signal's reason
 * @throws {DivergenceError} after `skipLimit` steps in a row that were not finite, or when a parameter leaves its domain
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 8 }, () => planar(2)), seed: 1 });
 * const data = Array.from({ length: 500 }, (_, i) => [Math.cos(i), Math.sin(i) + 0.1 * Math.sin(7 * i)]);
 * const { trainNll, validationNll, bestStep } = await fitToData(flow, data, { epochs: 200 });
 * console.log(trainNll, validationNll, bestStep);
 * ```
 */
export function fitToData(flow: Flow, data: Rows, options: FitToDataOptions = {}): Promise<DataFit> {
  // Thrown, not a rejection: the function that calls cannot wait for one.
  requireOutsideCallback('fitToData');
  return fit(flow, data, options);
}

async function fit(flow: Flow, data: Rows, options: FitToDataOptions): Promise<DataFit> {
  const settings = readDataOptions(flow, data, options);
  const checkpoint = settings.resume === undefined ? undefined : readCheckpoint(flow, settings.resume, settings);
  const dataset = new Dataset(settings.columns, settings.training);
  try {
    return await inTurn(flow, settings, () => run(flow, dataset, settings, checkpoint));
  } finally {
    dataset.dispose();
  }
}

function readCheckpoint(flow: Flow, bytes: Uint8Array, settings: DataSettings): Checkpoint {
  const { validation, evaluateEvery, steps } = settings;
  const lengths = (step: number): Record<string, number> =>
    validation === undefined ? {} : { best: flow.parameterCount, validation: looksUntil(step, evaluateEvery, steps) };
  return decodeCheckpoint(bytes, flow, settings, lengths);
}

async function run(flow: Flow, dataset: Dataset, settings: DataSettings, checkpoint: Checkpoint | undefined): Promise<DataFit> {
  const { where, batchSize, isWeighted, initial, trace, validation: sample } = settings;
  const program = dataTrainingProgram(flow, batchSize, isWeighted);
  const loop = new TrainingLoop(flow, { program, dataset, dispose: () => undefined }, settings);
  const training = (): Sample => trainedOn(dataset, flow, settings.training);
  const pause = (): Promise<void> => breathOf(flow, loop, settings);
  let likelihood: Likelihood | undefined;
  let validation: Validation | undefined;
  try {
    likelihood = new Likelihood(flow, loop.parameters);
    if (checkpoint === undefined) {
      const parameters = loop.parameters.values.slice();
      initializeFromData(where, flow, parameters, initial);
      loop.parameters.write(parameters);
      for (const rows of sample === undefined ? [training()] : [training(), sample])
        await likelihood.requireDensities(where, rows, pause);
    } else {
      loop.restore(checkpoint.parameters, checkpoint.state);
      trace.set(checkpoint.trace);
    }
    if (sample !== undefined) validation = watch(flow, loop, likelihood, sample, settings);
    if (checkpoint === undefined) await validation?.look();
    else validation?.restore(checkpoint.extra);
    await trainOn(flow, loop, validation, settings);
    if (validation !== undefined) loop.parameters.write(validation.best);
    flow.setParameters(loop.parameters.values);
    const trainNll = await likelihood.meanNll(training(), pause);
    return report(loop, validation, trainNll, settings);
  } catch (error) {
    if (validation !== undefined && !flow.disposed) flow.setParameters(validation.best);
    throw error;
  } finally {
    likelihood?.dispose();
    loop.dispose();
  }
}

function watch(flow: Flow, loop: TrainingLoop, likelihood: Likelihood, sample: Sample, settings: DataSettings): Validation {
  const { evaluateEvery: every, steps, patience, onCheckpoint } = settings;
  // A checkpoint knows of whole looks only: where there is one to write, a look that has begun is taken to its end.
  const rest = onCheckpoint === undefined ? settings : { ...settings, signal: undefined };
  return new Validation(
    { every, steps, patience },
    () => loop.parameters.values.slice(),
    () => likelihood.meanNll(sample, () => breathOf(flow, loop, rest)),
  );
}

function trainOn(flow: Flow, loop: TrainingLoop, validation: Validation | undefined, settings: DataSettings): Promise<void> {
  const { steps, batches, fingerprint, onProgress } = settings;
  const report = (trainNll: number): void =>
    onProgress?.({
      step: loop.step,
      steps,
      epoch: Math.floor(loop.step / batches),
      trainNll,
      validationNll: validation?.last,
      bestValidationNll: validation?.bestNll,
      skippedSteps: loop.skipped,
    });
  return train(flow, loop, settings, { fingerprint, report: onProgress && report, validation });
}

/** The rows that are trained on, by their numbers in the data. */
function trainedOn(dataset: Dataset, { dim, context }: Flow, numbers: Int32Array): Sample {
  const { count, width } = dataset;
  return {
    argument: 'data',
    place: (row) => numbers[row],
    count,
    rows: (first, rows) => {
      const x = dataset.copy(first, rows, 0, dim);
      return context === 0 ? [x] : [x, dataset.copy(first, rows, dim, context)];
    },
    weights: width > dim + context ? dataset.copy(0, count, dim + context, 1) : undefined,
  };
}

function report(loop: TrainingLoop, validation: Validation | undefined, trainNll: number, settings: DataSettings): DataFit {
  const { step } = loop;
  return {
    trainNll,
    validationNll: validation?.bestNll,
    bestStep: validation?.bestStep ?? step,
    steps: step,
    stoppedEarly: step < settings.steps,
    trace: settings.trace.slice(0, step),
    validationTrace: validation?.trace ?? [],
    skippedSteps: loop.skipped,
  };
}
