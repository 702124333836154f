import type { Flow } from '../flow.js';
import { breathe } from '../runtime/breathe.js';
import { encodeCheckpoint } from './checkpoint.js';
import { publish } from './divergence.js';
import { type Fingerprint, type FitSettings, scheduled } from './fit-options.js';
import { Pace } from './pace.js';
import { Report } from './report.js';
import { type Schedule, constant } from './schedules.js';
import { MAX_RUN_STEPS, type TrainingLoop } from './training.js';

/** What a fit does besides its steps. */
export interface Besides {
  readonly fingerprint: Fingerprint;
  /** β_t; default 1. */
  readonly annealing?: Schedule;
  /** Called some times a second, with the mean loss of the steps since the last time. */
  readonly report?: ((mean: number) => void) | undefined;
  readonly validation?: Watch | undefined;
}

/** What looks at the parameters every so many steps and at the last one, and may end the fit. */
export interface Watch {
  readonly every: number;
  readonly isOver: boolean;
  look(): Promise<void>;
  /** For a checkpoint. */
  tensors(): Record<string, Float64Array>;
}

/**
 * Runs the steps that are not done yet, many at a time, and lets other code run in between. The flow shows the parameters so far, and
 * `settings.trace` takes the losses.
 */
export async function train(flow: Flow, loop: TrainingLoop, settings: FitSettings, besides: Besides): Promise<void> {
  const { where, steps, checkpointEvery, onCheckpoint, trace, signal } = settings;
  const { fingerprint, annealing = constant, validation } = besides;
  const pace = new Pace(1);
  const report = new Report(besides.report);
  while (loop.step < steps && !validation?.isOver) {
    const first = loop.step;
    const until = (every: number | undefined): number => (every === undefined ? steps : every - (first % every));
    const toCheckpoint = until(onCheckpoint && checkpointEvery);
    const count = Math.min(pace.count, steps - first, toCheckpoint, until(validation?.every), MAX_RUN_STEPS);
    const begin = performance.now();
    const losses = await loop.run(...scheduled(settings, annealing, first, count));
    pace.took(losses.length, performance.now() - begin);
    losses.forEach((loss, k) => (trace[first + k] = Number.isNaN(loss) ? Infinity : loss));
    requireAlive(where, flow, loop);
    publish(flow, loop, settings);
    if (loop.failure !== undefined) throw loop.failure.error;
    if (validation !== undefined && isDue(loop.step, validation.every, steps)) await validation.look();
    const isLast = loop.step === steps || validation?.isOver === true;
    report.add(losses, isLast);
    await breathe();
    requireAlive(where, flow, loop);
    if (onCheckpoint !== undefined && (isLast || isDue(loop.step, checkpointEvery, steps) || signal?.aborted)) {
      onCheckpoint(encodeCheckpoint(flow, loop, trace, fingerprint, validation?.tensors()), loop.step);
    }
    signal?.throwIfAborted();
    requireAlive(where, flow, loop);
  }
}

function isDue(step: number, every: number, steps: number): boolean {
  return step % every === 0 || step === steps;
}

/** Lets other code run, which may end the fit. */
export async function breathOf(flow: Flow, loop: TrainingLoop, { where, signal }: FitSettings): Promise<void> {
  await breathe();
  signal?.throwIfAborted();
  requireAlive(where, flow, loop);
}

/** @throws {Error} when the flow was disposed, by a callback or by other code between two runs */
function requireAlive(where: string, flow: Flow, loop: TrainingLoop): void {
  if (flow.disposed) throw new Error(`${where}: the flow must not be disposed; it was, at step ${loop.step}.`);
}
