import { describe, requireCount, requireOptions } from '../arguments.js';
import type { Target } from '../densities/target.js';
import { type Flow, requireParameters } from '../flow.js';
import { keyOf, splitSeed } from '../runtime/random.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { breathe } from '../runtime/breathe.js';
import { prepareToLead } from '../runtime/pool.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { estimateFreeEnergy } from './free-energy.js';
import { type Optimizer, adam } from './optimizers.js';
import { type Annealing, type Schedule, annealingSchedule, linearDecay } from './schedules.js';
import { MAX_RUN_STEPS, TrainingLoop } from './training.js';

/** Where a fit stands. */
export interface FitProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Mean free energy E_q[ln q − ln p̃] of the steps since the last report, in nats. */
  readonly freeEnergy: number;
  /** Steps skipped so far, as their loss or gradient was not finite. */
  readonly skippedSteps: number;
}

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
  /** Steps skipped in a row after which the fit gives up. Default 100. */
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
  /** A checkpoint to go on from, to the same bits as if never interrupted. The other options must be those of its fit. */
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

export interface TargetFit {
  /** E_q[ln q − ln p̃] on fresh samples, in nats: KL(q‖p) − ln Z. Its negative is the ELBO. */
  readonly freeEnergy: number;
  /** Monte Carlo standard error of `freeEnergy`. */
  readonly standardError: number;
  /** [steps] Free energy of each step's batch, unannealed. */
  readonly trace: Float64Array;
  readonly steps: number;
  /** Steps whose loss or gradient was not finite; they changed nothing. */
  readonly skippedSteps: number;
}

/**
 * A fit has left what can be computed: too many steps in a row had a loss or a gradient that was not finite, or a step took a parameter
 * out of its domain. The flow has the last good parameters, those that the last finite step was taken from.
 */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  constructor(
    message: string,
    /** Steps done, skipped ones included. */
    readonly step: number,
    readonly skippedSteps: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Fits a flow to an unnormalised density by variational inference: minimises the annealed free energy
 *
 *   F_β = E_q[ln q(x) − β_t ln p̃(x)],
 *
 * by stochastic gradients through reparametrised samples. Many steps run inside one WebAssembly call, yet the event loop breathes: at
 * least every 20 ms, or every step if that is longer, other code runs and the flow shows the parameters so far. Fits of one flow queue.
 *
 * Source: Rezende & Mohamed 2015, arXiv:1505.05770, eq. 15, 20 and Algorithm 1.
 *
 * @returns a promise of the final estimate and the trace
 * @throws {RangeError | TypeError} before anything is changed: a target of another dim, an unknown option, a value out of range
 * @throws {DivergenceError} after `skipLimit` steps in a row that were not finite, or when a parameter leaves its domain
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 8 }, () => planar(2)), seed: 1 });
 * const fit = await fitToTarget(flow, energies.u2, { steps: 2000, batchSize: 128 });
 * console.log(`${fit.freeEnergy} ± ${fit.standardError}`);
 * ```
 */
export function fitToTarget(flow: Flow, target: Target, options: FitToTargetOptions = {}): Promise<TargetFit> {
  // Thrown, not a rejection: the function that calls cannot wait for one.
  requireOutsideCallback(WHERE);
  return inTurn(flow, target, options);
}

async function inTurn(flow: Flow, target: Target, options: FitToTargetOptions): Promise<TargetFit> {
  const settings = readOptions(flow, target, options);
  settings.signal?.throwIfAborted();
  const before = queues.get(flow);
  const fit = (async () => {
    await before?.catch(() => undefined);
    return run(flow, target, settings);
  })();
  queues.set(flow, fit);
  return fit;
}

/** The last fit asked for of each flow. */
const queues = new WeakMap<Flow, Promise<TargetFit>>();

const WHERE = 'fitToTarget';
const DEFAULT_STEPS = 10_000;
const DEFAULT_BATCH = 256;
const DEFAULT_SKIP_LIMIT = 100;
const DEFAULT_ESTIMATE_SAMPLES = 20_000;
const BATCH_LIMIT = 2 ** 24;

/** Time between two yields to the event loop. */
const BREATH_MS = 20;
/** Time between two progress reports. */
const PROGRESS_MS = 50;

type Settings = ReturnType<typeof readOptions>;

function readOptions(flow: Flow, target: Target, options: FitToTargetOptions) {
  if (typeof flow?.sampleAndLogProb !== 'function') throw new TypeError(`${WHERE}: flow must be a Flow; got ${describe(flow)}.`);
  if (typeof target?.logProb !== 'function') throw new TypeError(`${WHERE}: target must be a target; got ${describe(target)}.`);
  if (target.dim !== flow.dim) throw new RangeError(`${WHERE}: target must have the flow's dim ${flow.dim}; got ${target.dim}.`);
  requireOptions(WHERE, options, OPTION_NAMES);
  const {
    steps = DEFAULT_STEPS,
    batchSize = DEFAULT_BATCH,
    seed = flow.seed,
    optimizer = adam(),
    schedule = linearDecay(),
    annealing = 'ramp',
    clipNorm = 0,
    skipLimit = DEFAULT_SKIP_LIMIT,
    estimateSamples = DEFAULT_ESTIMATE_SAMPLES,
    checkpointEvery = Math.max(1, Math.ceil(steps / 10)),
    onProgress,
    onCheckpoint,
    signal,
    resume,
  } = options;
  requireCount(WHERE, 'steps', steps, 1);
  requireCount(WHERE, 'batchSize', batchSize, 1);
  requireCount(WHERE, 'skipLimit', skipLimit, 1);
  requireCount(WHERE, 'estimateSamples', estimateSamples, 2);
  requireCount(WHERE, 'checkpointEvery', checkpointEvery, 1);
  if (batchSize > BATCH_LIMIT) throw new RangeError(`${WHERE}: batchSize must be at most ${BATCH_LIMIT}; got ${batchSize}.`);
  if (options.clipNorm !== undefined && !(clipNorm > 0))
    throw new RangeError(`${WHERE}: clipNorm must be positive; got ${clipNorm}.`);
  if (!Array.isArray(optimizer?.hyper))
    throw new TypeError(`${WHERE}: optimizer must be an optimizer; got ${describe(optimizer)}.`);
  for (const [name, value] of Object.entries({ schedule, onProgress, onCheckpoint })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${WHERE}: ${name} must be a function; got ${describe(value)}.`);
  }
  const beta = annealingSchedule(annealing);
  if (beta === undefined) {
    throw new TypeError(`${WHERE}: annealing must be 'ramp', 'paper', 'none' or a schedule; got ${describe(annealing)}.`);
  }
  const key = splitSeed(WHERE, seed);
  const checkpoint =
    resume === undefined ? undefined : decodeCheckpoint(WHERE, resume, flow, { steps, batchSize, seed, optimizer });
  return {
    steps,
    batchSize,
    seed,
    key,
    optimizer,
    schedule,
    beta,
    clipNorm,
    skipLimit,
    estimateSamples,
    checkpointEvery,
    onProgress,
    onCheckpoint,
    signal,
    checkpoint,
  };
}

async function run(flow: Flow, target: Target, settings: Settings): Promise<TargetFit> {
  const { steps, batchSize, key, optimizer, clipNorm, skipLimit, checkpoint } = settings;
  await prepareToLead();
  settings.signal?.throwIfAborted();
  const loop = new TrainingLoop(flow, target, { optimizer, batchSize, seed: key, clipNorm, skipLimit });
  try {
    const trace = new Float64Array(steps);
    if (checkpoint !== undefined) {
      loop.restore(checkpoint.parameters, checkpoint.state);
      trace.set(checkpoint.trace);
      flow.setParameters(checkpoint.parameters);
    }
    await trainAll(flow, loop, trace, settings);
    const estimate = estimateFreeEnergy(flow, loop.parameters, target, settings.estimateSamples, keyOf(key, 0));
    return { ...estimate, trace, steps, skippedSteps: loop.skipped };
  } finally {
    loop.dispose();
  }
}

async function trainAll(flow: Flow, loop: TrainingLoop, trace: Float64Array, settings: Settings): Promise<void> {
  const { steps, skipLimit, checkpointEvery, onCheckpoint, signal } = settings;
  const pace = new Pace(BREATH_MS);
  const report = new Report(settings);
  while (loop.step < steps) {
    const first = loop.step;
    const toCheckpoint = onCheckpoint === undefined ? steps : checkpointEvery - (first % checkpointEvery);
    const count = Math.min(pace.steps, steps - first, toCheckpoint, MAX_RUN_STEPS);
    const begin = performance.now();
    const energies = await loop.run(...scheduled(settings, first, count));
    pace.took(energies.length, performance.now() - begin);
    trace.set(energies, first);
    publish(flow, loop, skipLimit);
    report.add(loop, energies);
    if (onCheckpoint !== undefined && (loop.step % checkpointEvery === 0 || loop.step === steps)) {
      onCheckpoint(encodeCheckpoint(flow, loop, trace, settings), loop.step);
    }
    await breathe();
    signal?.throwIfAborted();
    if (flow.disposed) throw new Error(`${WHERE}: the flow must not be disposed; it was, at step ${loop.step}.`);
  }
}

/** Shows the flow the parameters so far. @throws {DivergenceError} with the last good ones in place, when these are not */
function publish(flow: Flow, loop: TrainingLoop, skipLimit: number): void {
  const diverged = divergence(flow, loop, skipLimit);
  if (diverged !== undefined) {
    loop.restoreLastGood();
    // A finite step may have been taken from where the map is undefined, as at a planar w of 0: then what was shown before stays.
    if (refusal(flow, loop) === undefined) flow.setParameters(loop.parameters.values);
    throw diverged;
  }
  flow.setParameters(loop.parameters.values);
}

/** Why the loop's parameters are none of a flow, if so. */
function refusal(flow: Flow, loop: TrainingLoop): Error | undefined {
  try {
    requireParameters(WHERE, flow, loop.parameters.values.slice());
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function divergence(flow: Flow, loop: TrainingLoop, skipLimit: number): DivergenceError | undefined {
  const { step, skipped, escaped } = loop;
  const advice = 'The flow has the last good parameters. Try a smaller learning rate, or check the target.';
  if (loop.skippedInARow >= skipLimit) {
    const what = `loss and gradient must be finite; ${skipLimit} steps in a row up to step ${step} were not.`;
    return new DivergenceError(`${WHERE}: ${what} ${advice}`, step, skipped);
  }
  if (escaped !== undefined) {
    const value = loop.parameters.values[escaped];
    const what = `${nameOf(flow, escaped)} must stay within the limits of training; got ${value} after step ${step}.`;
    return new DivergenceError(`${WHERE}: ${what} ${advice}`, step, skipped);
  }
  const cause = refusal(flow, loop);
  if (cause === undefined) return undefined;
  return new DivergenceError(
    `${WHERE}: parameters must be those of a flow; those after step ${step} were not. ${advice}`,
    step,
    skipped,
    { cause },
  );
}

/** Of element k of the parameter vector, such as `transforms.0.u[1]`. */
function nameOf(flow: Flow, k: number): string {
  let first = 0;
  for (const [name, { length }] of Object.entries(flow.namedParameters())) {
    if (k < first + length) return length === 1 ? name : `${name}[${k - first}]`;
    first += length;
  }
  throw new Error(`${WHERE}: k must be below ${first}; got ${k}.`);
}

/** Learning rates and annealing weights of the steps first … first + count − 1. */
function scheduled({ schedule, beta, optimizer, steps }: Settings, first: number, count: number): [number[], number[]] {
  const rates: number[] = [];
  const weights: number[] = [];
  for (let step = first; step < first + count; step++) {
    rates.push(optimizer.learningRate * schedule(step, steps));
    weights.push(beta(step, steps));
  }
  for (const [name, values] of Object.entries({ schedule: rates, annealing: weights })) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw new RangeError(`${WHERE}: ${name} must give finite numbers; got ${values[bad]} at step ${first + bad}.`);
  }
  return [rates, weights];
}

/** How many steps fill the time between two breaths. */
class Pace {
  steps = 1;
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  took(steps: number, milliseconds: number): void {
    const perStep = Math.max(milliseconds / Math.max(1, steps), 1e-3);
    const fitting = Math.floor(this.#milliseconds / perStep);
    this.steps = Math.max(1, Math.min(fitting, 4 * this.steps));
  }
}

/** Calls `onProgress` from time to time, with the mean since the last call. */
class Report {
  readonly #settings: Settings;
  #last = performance.now();
  #sum = 0;
  #count = 0;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  add(loop: TrainingLoop, energies: Float64Array): void {
    const { onProgress, steps } = this.#settings;
    if (onProgress === undefined) return;
    for (const energy of energies) {
      if (!Number.isFinite(energy)) continue;
      this.#sum += energy;
      this.#count++;
    }
    const now = performance.now();
    if (now - this.#last < PROGRESS_MS && loop.step < steps) return;
    onProgress({ step: loop.step, steps, freeEnergy: this.#sum / this.#count, skippedSteps: loop.skipped });
    this.#last = now;
    this.#sum = 0;
    this.#count = 0;
  }
}
