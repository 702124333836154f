import { describe, requireChoice, requireCount, requireOptions, requireRoom } from '../arguments.js';
import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import {
  FIT_OPTION_NAMES,
  type FitOptions,
  type FitSettings,
  fingerprintOf,
  readFitOptions,
  requireFlow,
} from './fit-options.js';
import type { Estimator } from './fit-programs.js';
import { type Optimizer, adam } from './optimizers.js';
import { type Annealing, type Schedule, annealingSchedule, linearDecay, nameOfSchedule } from './schedules.js';

/** Where a fit to a target stands. */
export interface FitProgress {
  /** Steps done. */
  readonly step: number;
  /** Steps in all. */
  readonly steps: number;
  /** Mean free energy E_q[ln q − ln p̃] of the steps since the last report, in nats; ∞ where none of them had a finite one. */
  readonly freeEnergy: number;
  /** Steps skipped so far, as their loss or gradient was not finite. */
  readonly skippedSteps: number;
}

export interface FitToTargetOptions extends FitOptions<FitProgress> {
  /** Training steps. Default 10 000. */
  readonly steps?: number;
  /** Samples per step. Default 256. */
  readonly batchSize?: number;
  /** Default `adam({ learningRate: 0.01 })`. */
  readonly optimizer?: Optimizer;
  /** Factor of the learning rate, per step. Default `linearDecay(0.5)`: constant for one half, then linearly to 0. */
  readonly schedule?: Schedule;
  /** Weight β_t of the target's log density. Default `'ramp'`, which reaches 1 at two thirds of the steps. */
  readonly annealing?: Annealing;
  /**
   * `'total'` differentiates the whole free energy of a sample, `'path'` only what the parameters do by moving it, which has the same mean
   * and vanishes where the flow is the target: less noise near the end, for the price of an inverse pass. Default `'total'`.
   */
  readonly estimator?: Estimator;
  /** Gradients of a larger Euclidean norm are scaled down to it. Default: none are. */
  readonly clipNorm?: number;
  /** Fresh samples of the final estimate. Default 20 000. */
  readonly estimateSamples?: number;
  /** Stops the fit: it rejects with the signal's reason, the parameters of the last finished step in place. */
  readonly signal?: AbortSignal;
  /**
   * A checkpoint to go on from, to the same bits as if never interrupted. The target and the other options must be those of its fit,
   * which is checked but for functions of yours.
   */
  readonly resume?: Uint8Array;
}

const OPTION_NAMES: readonly (keyof FitToTargetOptions)[] = [...FIT_OPTION_NAMES, 'annealing', 'estimator', 'estimateSamples'];

const DEFAULT_STEPS = 10_000;
const DEFAULT_ESTIMATE_SAMPLES = 20_000;

/** The options of a fit to a target, complete and checked. */
export interface TargetSettings extends FitSettings {
  /** β_t */
  readonly beta: Schedule;
  readonly estimator: Estimator;
  readonly fingerprint: ReturnType<typeof fingerprintOf>;
  readonly onProgress: ((progress: FitProgress) => void) | undefined;
  /** [estimateSamples] */
  readonly differences: Float64Array;
}

/** @throws {RangeError | TypeError} */
export function readTargetOptions(where: string, flow: Flow, target: Target, options: FitToTargetOptions): TargetSettings {
  requireFlow(where, flow);
  requireTarget(where, target, flow.dim);
  const { notThroughSamples } = flow.base;
  if (notThroughSamples !== undefined)
    throw new TypeError(
      `${where}: base must have parameters that samples move with; got trainable ${notThroughSamples}, which have no gradient there.`,
    );
  if (flow.context > 0)
    throw new RangeError(`${where}: flow must take no context; got one that takes rows of ${flow.context} numbers.`);
  requireOptions(where, options, OPTION_NAMES);
  const { annealing = 'ramp', estimator = 'total', estimateSamples = DEFAULT_ESTIMATE_SAMPLES, onProgress } = options;
  const settings = readFitOptions(flow, options, {
    where,
    fitted: 'target',
    kept: 'last good',
    steps: DEFAULT_STEPS,
    optimizer: adam(),
    schedule: linearDecay(),
    clipNorm: 0,
  });
  requireCount(where, 'estimateSamples', estimateSamples, 2);
  const beta = annealingSchedule(annealing);
  if (beta === undefined) {
    throw new TypeError(`${where}: annealing must be 'ramp', 'paper', 'none' or a schedule; got ${describe(annealing)}.`);
  }
  requireChoice(where, 'estimator', estimator, ['total', 'path']);
  const differences = requireRoom(where, 'estimateSamples', estimateSamples, 1);
  const fingerprint = {
    ...fingerprintOf(settings),
    target: target.name ?? 'a function',
    annealing: nameOfSchedule(annealing),
    estimator,
  };
  return { ...settings, beta, estimator, fingerprint, onProgress, differences };
}

function requireTarget(where: string, target: Target, dim: number): void {
  if (typeof target?.logProb !== 'function') throw new TypeError(`${where}: target must be a target; got ${describe(target)}.`);
  if (typeof target.record !== 'function' && typeof target.evaluate !== 'function')
    throw new TypeError(`${where}: target must be a target; got ${describe(target)} without a density.`);
  if (target.dim !== dim) throw new RangeError(`${where}: target must have the flow's dim ${dim}; got ${target.dim}.`);
}
