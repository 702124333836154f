import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { keyOf } from '../runtime/random.js';
import { decodeCheckpoint } from './checkpoint.js';
import { estimateFreeEnergy } from './free-energy.js';
import { inTurn } from './queue.js';
import { TargetObjective } from './target-objective.js';
import { type FitToTargetOptions, type TargetSettings, readTargetOptions } from './target-options.js';
import { breathOf, train } from './train.js';
import { TrainingLoop } from './training.js';

export interface TargetFit {
  /** E_q[ln q − ln p̃] on fresh samples, in nats: KL(q‖p) − ln Z. Its negative is the ELBO. ∞ where a sample has no density p̃. */
  readonly freeEnergy: number;
  /** Monte Carlo standard error of `freeEnergy`; ∞ with it. */
  readonly standardError: number;
  /** [steps] Free energy of each step's batch, unannealed; ∞ where it was not a number, in a step that was skipped. */
  readonly trace: Float64Array;
  readonly steps: number;
  /** Steps whose loss or gradient was not finite; they changed nothing. */
  readonly skippedSteps: number;
}

/**
 * Fits a flow to an unnormalised density by variational inference: minimises the annealed free energy
 *
 *   F_β = E_q[ln q(x) − β_t ln p̃(x)],
 *
 * by stochastic gradients through reparametrised samples. Many steps run inside one WebAssembly call, yet the event loop breathes: about
 * every 10 ms, or every step if that is longer, other code runs and the flow shows the parameters so far. Fits of one flow queue.
 *
 * Source: Rezende & Mohamed 2015, arXiv:1505.05770, eq. 15, 20 and Algorithm 1.
 *
 * @returns a promise of the final estimate and the trace. It rejects with what a target's function throws, the finished steps in place
 * @throws {RangeError | TypeError} before anything is changed: a target of another dim, an unknown option, a value out of range
 * @throws {FlowFileError | SafetensorsError} for a checkpoint that is none
 * @throws {OutOfMemoryError} when WebAssembly memory cannot grow
 * @throws {Error} when the flow is disposed, or was meanwhile; at once, not as a rejection, inside a target's function
 * @throws {Error} when the target gives NaN or ∞ for a sample of the final estimate; the flow has the fitted parameters
 * @throws {WorkerLostError} on a page, when the worker that ran the steps died; the flow has the parameters of the last steps shown
 * @throws the signal's reason
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
  requireOutsideCallback('fitToTarget');
  return fit(flow, target, options);
}

async function fit(flow: Flow, target: Target, options: FitToTargetOptions): Promise<TargetFit> {
  const settings = readTargetOptions('fitToTarget', flow, target, options);
  const { resume } = settings;
  const checkpoint = resume === undefined ? undefined : decodeCheckpoint(resume, flow, settings);
  return inTurn(flow, settings, async () => {
    const loop = new TrainingLoop(flow, new TargetObjective(flow, target, settings), settings);
    try {
      if (checkpoint !== undefined) {
        loop.restore(checkpoint.parameters, checkpoint.state);
        settings.trace.set(checkpoint.trace);
        flow.setParameters(checkpoint.parameters);
      }
      return await run(flow, target, loop, settings);
    } finally {
      loop.dispose();
    }
  });
}

async function run(flow: Flow, target: Target, loop: TrainingLoop, settings: TargetSettings): Promise<TargetFit> {
  const { where, steps, key, beta, fingerprint, onProgress, differences, trace } = settings;
  const report = (freeEnergy: number): void => onProgress?.({ step: loop.step, steps, freeEnergy, skippedSteps: loop.skipped });
  await train(flow, loop, settings, { fingerprint, annealing: beta, report: onProgress && report });
  const pause = (): Promise<void> => breathOf(flow, loop, settings);
  const estimate = await estimateFreeEnergy(where, flow, loop.parameters, target, differences, keyOf(key, 0), pause);
  return { ...estimate, trace, steps, skippedSteps: loop.skipped };
}
