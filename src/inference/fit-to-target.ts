import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import { breathe } from '../runtime/breathe.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { prepareToLead } from '../runtime/pool.js';
import { keyOf } from '../runtime/random.js';
import { encodeCheckpoint } from './checkpoint.js';
import { publish } from './divergence.js';
import { type FitToTargetOptions, type Settings, WHERE, readOptions, scheduled } from './fit-options.js';
import { estimateFreeEnergy } from './free-energy.js';
import { Pace } from './pace.js';
import { Report } from './report.js';
import { MAX_RUN_STEPS, TrainingLoop } from './training.js';

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
  requireOutsideCallback(WHERE);
  return inTurn(flow, target, options);
}

async function inTurn(flow: Flow, target: Target, options: FitToTargetOptions): Promise<TargetFit> {
  const settings = readOptions(flow, target, options);
  settings.signal?.throwIfAborted();
  const before = queues.get(flow) ?? Promise.resolve();
  const fit = untilOver(before, settings.signal).then(() => run(flow, target, settings));
  queues.set(
    flow,
    Promise.allSettled([before, fit]).then(() => undefined),
  );
  return fit;
}

/** Of each flow, a promise that is resolved when all fits asked for so far are over. */
const queues = new WeakMap<Flow, Promise<void>>();

/** Resolved when what is waited for is over; rejected with the signal's reason if that comes first. */
function untilOver(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    void before.finally(() => signal?.removeEventListener('abort', abort)).then(resolve, reject);
  });
}

async function run(flow: Flow, target: Target, settings: Settings): Promise<TargetFit> {
  const { steps, batchSize, key, optimizer, clipNorm, skipLimit, checkpoint, trace, differences } = settings;
  await untilOver(prepareToLead(), settings.signal);
  settings.signal?.throwIfAborted();
  requireAlive(flow);
  const loop = new TrainingLoop(flow, target, { optimizer, batchSize, seed: key, clipNorm, skipLimit });
  try {
    if (checkpoint !== undefined) {
      loop.restore(checkpoint.parameters, checkpoint.state);
      trace.set(checkpoint.trace);
      flow.setParameters(checkpoint.parameters);
    }
    await trainAll(flow, loop, trace, settings);
    const pause = (): Promise<void> => breathOf(flow, loop, settings);
    const estimate = await estimateFreeEnergy(flow, loop.parameters, target, differences, keyOf(key, 0), pause);
    return { ...estimate, trace, steps, skippedSteps: loop.skipped };
  } finally {
    loop.dispose();
  }
}

async function trainAll(flow: Flow, loop: TrainingLoop, trace: Float64Array, settings: Settings): Promise<void> {
  const { steps, skipLimit, checkpointEvery, onProgress, onCheckpoint } = settings;
  const pace = new Pace(1);
  const report = new Report(steps, onProgress);
  while (loop.step < steps) {
    const first = loop.step;
    const toCheckpoint = onCheckpoint === undefined ? steps : checkpointEvery - (first % checkpointEvery);
    const count = Math.min(pace.count, steps - first, toCheckpoint, MAX_RUN_STEPS);
    const begin = performance.now();
    const energies = await loop.run(...scheduled(settings, first, count));
    pace.took(energies.length, performance.now() - begin);
    energies.forEach((energy, k) => (trace[first + k] = Number.isNaN(energy) ? Infinity : energy));
    requireAlive(flow, loop);
    publish(flow, loop, skipLimit);
    if (loop.failure !== undefined) throw loop.failure.error;
    report.add(loop, energies);
    requireAlive(flow, loop);
    if (onCheckpoint !== undefined && (loop.step % checkpointEvery === 0 || loop.step === steps)) {
      onCheckpoint(encodeCheckpoint(flow, loop, trace, settings), loop.step);
    }
    await breathOf(flow, loop, settings);
  }
}

/** Lets other code run, which may end the fit. */
async function breathOf(flow: Flow, loop: TrainingLoop, { signal }: Settings): Promise<void> {
  await breathe();
  signal?.throwIfAborted();
  requireAlive(flow, loop);
}

/** @throws {Error} when the flow was disposed, by a callback or by other code between two runs */
function requireAlive(flow: Flow, loop?: TrainingLoop): void {
  if (!flow.disposed) return;
  throw new Error(`${WHERE}: the flow must not be disposed; it ${loop === undefined ? 'is' : `was, at step ${loop.step}`}.`);
}
