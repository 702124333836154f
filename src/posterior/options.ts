import { describe, requireChoice, requireCount, requireOptions } from '../arguments.js';
import type { Flow } from '../flow.js';
import type { Estimator } from '../inference/fit-programs.js';
import { isSignal, readBatchSize } from '../inference/fit-options.js';
import { type Optimizer, requireOptimizer } from '../inference/optimizers.js';
import type { ModelData } from '../model/model.js';
import { type Seed, splitSeed } from '../runtime/random.js';

/** Where a fit of a posterior stands. */
export interface PosteriorProgress {
  /** Which fit of them, from 1. */
  readonly restart: number;
  readonly restarts: number;
  /** Steps done of this one. */
  readonly step: number;
  /** The bound of the parameters so far, in nats. */
  readonly elbo: number;
}

/** What approximates the posterior; all but a function's are on the scale that the initialisation found. */
export type PosteriorFlow =
  'autoregressive' | 'full-rank' | 'mean-field' | ((options: { readonly dim: number; readonly seed: number | bigint }) => Flow);

export interface FitPosteriorOptions<D extends ModelData = ModelData> {
  /** What the model is given. */
  readonly data?: D;
  /** Of everything random. Default 0. */
  readonly seed?: number | bigint;
  /**
   * `'autoregressive'`: four inverse autoregressive layers and a full-rank affine one, the default; of one parameter a spline through its
   * quantiles, found without training, so that `steps` and `optimizer` do nothing; `'full-rank'`: any normal distribution;
   * `'mean-field'`: a normal distribution whose parameters are independent; or a function that makes a flow, fitted behind the scale that the
   * initialisation found, and disposed of with it.
   */
  readonly flow?: PosteriorFlow;
  /** Fits, each with starts and a flow of its own. Fewer than three are never trusted. Default 3. */
  readonly restarts?: number;
  /** Training steps of a fit at the most; it ends when the bound no longer rises. Default 4000. */
  readonly steps?: number;
  /** Samples per step. Default 128. */
  readonly batchSize?: number;
  /** Default: Adam, with a learning rate found by trial. One that is given starts at its own. */
  readonly optimizer?: Optimizer;
  /** Default `'path'`: gradients that vanish where the flow is the posterior. */
  readonly estimator?: Estimator;
  /** Draws that each fit is judged by. Default 10 000. */
  readonly draws?: number;
  /** Called some times a second. */
  readonly onProgress?: (progress: PosteriorProgress) => void;
  /** Stops the fit, which rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

const NAMES = [
  ...['data', 'seed', 'flow', 'restarts', 'steps', 'batchSize', 'optimizer', 'estimator', 'draws', 'onProgress', 'signal'],
] as const satisfies readonly string[];

const KINDS = ['autoregressive', 'full-rank', 'mean-field'] as const;
export const LEAST_DRAWS = 100;

/** The options of a fit, complete and checked. */
export type PosteriorSettings = ReturnType<typeof readPosteriorOptions>;

/** @throws {RangeError | TypeError} */
export function readPosteriorOptions(where: string, options: Omit<FitPosteriorOptions, 'data'>) {
  requireOptions(where, options, NAMES);
  const { seed = 0, flow = 'autoregressive', restarts = 3, steps = 4000, draws = 10_000, estimator = 'path' } = options;
  const { optimizer, onProgress, signal } = options;
  requireCount(where, 'restarts', restarts, 1);
  requireCount(where, 'steps', steps, 1);
  requireCount(where, 'draws', draws, LEAST_DRAWS);
  requireChoice(where, 'estimator', estimator, ['total', 'path']);
  if (typeof flow !== 'function') requireChoice(where, 'flow', flow, KINDS);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new TypeError(`${where}: onProgress must be a function; got ${describe(onProgress)}.`);
  if (signal !== undefined && !isSignal(signal))
    throw new TypeError(`${where}: signal must be an AbortSignal; got ${describe(signal)}.`);
  return {
    where,
    key: splitSeed(where, seed) satisfies Seed,
    seed,
    flow,
    restarts,
    steps,
    draws,
    estimator,
    batchSize: readBatchSize(where, options.batchSize ?? 128),
    optimizer: optimizer === undefined ? undefined : requireOptimizer(where, optimizer),
    onProgress,
    signal,
  };
}
