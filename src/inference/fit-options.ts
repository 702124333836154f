import { describe, requireCount, requireRoom } from '../arguments.js';
import type { Flow } from '../flow.js';
import { splitSeed } from '../runtime/random.js';
import { type Optimizer, requireOptimizer } from './optimizers.js';
import { type Schedule, nameOfSchedule } from './schedules.js';

/** What every fit can be told, whatever it minimises. */
export interface FitOptions<Progress> {
  /** Training steps. */
  readonly steps?: number;
  /** Rows per step. Default 256. */
  readonly batchSize?: number;
  /** Of the training's random numbers. Default: the flow's seed. */
  readonly seed?: number | bigint;
  readonly optimizer?: Optimizer;
  /** Factor of the learning rate, per step; not negative. */
  readonly schedule?: Schedule;
  /** Gradients of a larger Euclidean norm are scaled down to it. */
  readonly clipNorm?: number;
  /** Steps skipped in a row after which the fit gives up. Default 100, or all steps where they are fewer. */
  readonly skipLimit?: number;
  /** Called some times a second, and at the end. */
  readonly onProgress?: (progress: Progress) => void;
  /** Stops the fit, which rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with a checkpoint every `checkpointEvery` steps, at the last step, and where a signal stops the fit after one. */
  readonly onCheckpoint?: (bytes: Uint8Array<ArrayBuffer>, step: number) => void;
  /** Default: a tenth of the steps. */
  readonly checkpointEvery?: number;
  /** A checkpoint to go on from, to the same bits as if never interrupted. */
  readonly resume?: Uint8Array;
}

export const FIT_OPTION_NAMES = [
  'steps',
  'batchSize',
  'seed',
  'optimizer',
  'schedule',
  'clipNorm',
  'skipLimit',
  'onProgress',
  'signal',
  'onCheckpoint',
  'checkpointEvery',
  'resume',
] as const satisfies readonly (keyof FitOptions<unknown>)[];

/** What is taken where an option is left out, and what errors say. */
export interface FitDefaults {
  /** The function's name. */
  readonly where: string;
  /** What the flow is fitted to. */
  readonly fitted: 'target' | 'data';
  /** Which parameters the flow has after a fit that diverged. */
  readonly kept: 'last good' | 'best';
  readonly steps: number;
  readonly optimizer: Optimizer;
  readonly schedule: Schedule;
  /** 0: gradients are not scaled. */
  readonly clipNorm: number;
}

const DEFAULT_BATCH = 256;
const DEFAULT_SKIP_LIMIT = 100;
const BATCH_LIMIT = 2 ** 24;

/** The options of a fit, complete and checked. */
export type FitSettings = ReturnType<typeof readFitOptions>;

/** @throws {RangeError | TypeError} */
export function readFitOptions(flow: Flow, options: FitOptions<never>, defaults: FitDefaults) {
  const { where, fitted, kept } = defaults;
  const {
    steps = defaults.steps,
    seed = flow.seed,
    schedule = defaults.schedule,
    clipNorm = defaults.clipNorm,
    skipLimit = Math.min(DEFAULT_SKIP_LIMIT, steps),
    checkpointEvery = Math.max(1, Math.ceil(steps / 10)),
    onProgress,
    onCheckpoint,
    signal,
    resume,
  } = options;
  const optimizer = requireOptimizer(where, options.optimizer ?? defaults.optimizer);
  const batchSize = readBatchSize(where, options.batchSize);
  requireCount(where, 'steps', steps, 1);
  requireCount(where, 'skipLimit', skipLimit, 1);
  requireCount(where, 'checkpointEvery', checkpointEvery, 1);
  if (typeof clipNorm !== 'number') throw new TypeError(`${where}: clipNorm must be a number; got ${describe(clipNorm)}.`);
  if (options.clipNorm !== undefined && !(clipNorm > 0))
    throw new RangeError(`${where}: clipNorm must be positive; got ${clipNorm}.`);
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`${where}: signal must be an AbortSignal; got ${describe(signal)}.`);
  for (const [name, value] of Object.entries({ schedule, onProgress, onCheckpoint })) {
    if (value !== undefined && typeof value !== 'function')
      throw new TypeError(`${where}: ${name} must be a function; got ${describe(value)}.`);
  }
  const key = splitSeed(where, seed);
  const trace = requireRoom(where, 'steps', steps, 1);
  return {
    where,
    fitted,
    kept,
    steps,
    batchSize,
    seed,
    key,
    optimizer,
    schedule,
    clipNorm,
    skipLimit,
    checkpointEvery,
    onCheckpoint,
    signal,
    resume,
    trace,
  };
}

/** @throws {RangeError} */
export function readBatchSize(where: string, batchSize = DEFAULT_BATCH): number {
  requireCount(where, 'batchSize', batchSize, 1);
  if (batchSize > BATCH_LIMIT) throw new RangeError(`${where}: batchSize must be at most ${BATCH_LIMIT}; got ${batchSize}.`);
  return batchSize;
}

/** @throws {TypeError | Error} for what is no flow, or one that was disposed */
export function requireFlow(where: string, flow: Flow): void {
  if (typeof flow?.sampleAndLogProb !== 'function') throw new TypeError(`${where}: flow must be a Flow; got ${describe(flow)}.`);
  if (flow.disposed) throw new Error(`${where}: the flow must not be disposed; it is.`);
}

export function isSignal(signal: AbortSignal): boolean {
  return typeof signal?.throwIfAborted === 'function' && typeof signal.addEventListener === 'function';
}

/** What a fit and its resumption must have in common, as JSON values: to compare what a file says with what is asked for. */
export type Fingerprint = Readonly<Record<string, string | number>>;

export function fingerprintOf({ steps, batchSize, seed, schedule, clipNorm, skipLimit, optimizer }: FitSettings): Fingerprint {
  return {
    steps,
    batchSize,
    seed: String(seed),
    schedule: nameOfSchedule(schedule),
    clipNorm: String(clipNorm || 'none'),
    skipLimit,
    optimizer: `${optimizer.name} ${optimizer.learningRate} ${optimizer.hyper.join(' ')}`,
  };
}

/**
 * Learning rates and annealing weights of the steps first … first + count − 1.
 *
 * @throws {RangeError} when one is not finite, or a learning rate is negative
 */
export function scheduled(settings: FitSettings, annealing: Schedule, first: number, count: number): [number[], number[]] {
  const { where, steps, optimizer } = settings;
  const numbers = Object.entries({ schedule: settings.schedule, annealing }).map(([name, schedule]) =>
    Array.from({ length: count }, (_, k) => {
      const value = schedule(first + k, steps);
      if (Number.isFinite(value)) return value;
      throw new RangeError(`${where}: ${name} must give finite numbers; got ${describe(value)} at step ${first + k}.`);
    }),
  );
  const negative = numbers[0].findIndex((factor) => factor < 0);
  if (negative >= 0)
    throw new RangeError(
      `${where}: schedule must not give negative numbers; got ${numbers[0][negative]} at step ${first + negative}.`,
    );
  return [numbers[0].map((rate) => optimizer.learningRate * rate), numbers[1]];
}
