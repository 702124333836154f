import { requireCount } from '../arguments.js';
import { requireOutsideCallback } from './callback.js';
import { WorkerCrew } from './crew.js';
import { OutOfMemoryError } from './memory.js';
import { MAXIMUM_THREADS, machineThreads, mayBlock, whyNoWorkers } from './platform.js';

// The threads of this instance: a crew of workers beside the calling thread. Evaluation stays synchronous, so nothing here ever waits
// for a worker to arrive: those that are there share the chunks of a phase, the others come later or not at all.

/**
 * Work, in nanoseconds of one thread, that pays for one more. Waking a sleeping worker takes 10 to 60 µs of the caller's time and the
 * worker's, so that two threads break even at about 75 µs; estimates of work are good to a factor of two. `npm run bench -- threads`
 * shows that nothing is lost below.
 */
const WORTH_A_THREAD = 150_000;
/** Work worth sharing that is done alone before workers are started unasked: a script that scores one batch starts none. */
const WORTH_A_CREW = 20_000_000;
/** Without progress for so long, a worker that holds a chunk is given up. */
const PATIENCE_MS = 500;

/** The threads that compute. */
export interface Threads {
  /** Those at work: the calling one, and the workers that are ready. */
  readonly count: number;
  /** Those that were asked for; the machine's where nothing was. */
  readonly requested: number;
  /** Why there are fewer than asked for, where that is so; none while they have not been started, or are on their way. */
  readonly reason?: string;
  /** Ends the workers. Everything goes on with one thread, as after `setThreads(1)`. */
  dispose(): void;
  [Symbol.dispose](): void;
}

/** The worker that ran the steps of a fit died or stood still. The flow has the parameters of the last steps that were shown. */
export class WorkerLostError extends Error {
  override readonly name = 'WorkerLostError';
}

let crew: WorkerCrew | undefined;
let requested: number | undefined;
let reason: string | undefined;
let soloWork = 0;
let leading: Promise<unknown> | undefined;

/**
 * Sets how many threads compute. Without it the library starts the machine's number of workers by itself once calls have done some 20 ms
 * of work that they would have shortened. Results have the same bits with any number of threads.
 *
 * Idle workers sleep and never keep a process alive. Where threads are not to be had (a page without cross-origin isolation, a
 * Content-Security-Policy that forbids the worker), the promise resolves all the same, with `count` 1 and the `reason`.
 *
 * @param count threads, the calling one included; default: the machine's. 1 ends the workers and forces one thread.
 * @returns a promise of the threads, resolved when they are ready, or have failed to start
 * @throws {RangeError} unless `count` is an integer in [1, 256]; the promise rejects with it
 * @throws {Error} inside a target's function, at once
 * @example
 * ```ts
 * const { count, reason } = await setThreads(2);
 * if (reason) console.log(`${count} thread: ${reason}`);
 * await setThreads(1); // one thread again
 * ```
 */
export function setThreads(count: number = machineThreads()): Promise<Threads> {
  requireOutsideCallback('setThreads'); // at once: a callback cannot await
  return becomeThreads(count);
}

async function becomeThreads(count: number): Promise<Threads> {
  requireCount('setThreads', 'count', count, 1);
  if (count > MAXIMUM_THREADS) throw new RangeError(`setThreads: count must be at most ${MAXIMUM_THREADS}; got ${count}.`);
  requested = count;
  if (crew?.size !== workersFor(count) || crew.reason !== undefined) start(count);
  await crew?.arrival(true);
  return threads();
}

/**
 * The threads as they are now. Starts nothing.
 *
 * @example
 * ```ts
 * console.log(`${threads().count} of ${threads().requested} threads`);
 * ```
 */
export function threads(): Threads {
  const asked = requested ?? machineThreads();
  const count = crew === undefined ? 1 : Math.min(asked, 1 + crew.arrived);
  const why = count < asked ? (reason ?? crew?.reason) : undefined;
  const state = { count, requested: asked, ...(why === undefined ? {} : { reason: why }), dispose };
  if (Symbol.dispose !== undefined) Object.defineProperty(state, Symbol.dispose, { value: dispose });
  return state as Threads;
}

function dispose(): void {
  requireOutsideCallback('Threads.dispose');
  requested = 1;
  start(1);
}

// --- sharing a phase -----------------------------------------------------------------------------------------------------------

/** The crew as a job sees it. */
export interface Sharing {
  /** Address of its record; 0 for a caller that works alone. */
  readonly crew: number;
  /** Workers to wake. */
  readonly helpers: number;
}

const ALONE: Sharing = { crew: 0, helpers: 0 };

/** Scratch areas to provide: the caller's, and one for each worker that may come. */
export function scratchAreas(): number {
  return 1 + (crew?.size ?? 0);
}

/** Whom to share a phase with. Starts the crew once that would have paid. @param nanoseconds its work on one thread, estimated */
export function shareWork(nanoseconds: number): Sharing {
  if (nanoseconds < WORTH_A_THREAD || requested === 1 || leading !== undefined) return ALONE;
  if (crew === undefined) {
    soloWork += nanoseconds;
    if (soloWork >= WORTH_A_CREW) {
      const before = reason; // that workers were lost, until others are there
      start(requested ?? machineThreads());
      reason ??= before;
    }
  }
  return sharing(nanoseconds);
}

function sharing(nanoseconds: number): Sharing {
  if (crew === undefined || crew.arrived === 0) return ALONE;
  return { crew: crew.address, helpers: Math.min(crew.arrived, Math.floor(nanoseconds / WORTH_A_THREAD)) };
}

/**
 * Sees a computation through that may have to wait for other threads.
 *
 * @param go does what it can, and says whether it is finished
 * @param recover called when a worker was lost: moves what that worker could still write, and goes on alone
 */
export function seeThrough(go: () => boolean, recover: () => void): void {
  if (go()) return;
  const helping = crew!;
  let before = helping.progress();
  let since = performance.now();
  while (!go()) {
    const now = helping.progress();
    const why = helping.failure() ?? (performance.now() - since > PATIENCE_MS ? `no progress for ${PATIENCE_MS} ms` : undefined);
    if (now !== before) {
      before = now;
      since = performance.now();
    } else if (why !== undefined) {
      giveUp(helping, `a worker was lost (${why}); its work was redone`);
      recover();
    }
  }
}

/**
 * Ends workers that cannot be relied on. Until they are gone, no memory is handed out again that they could write. Others are started
 * with the next work that is worth it.
 */
function giveUp(lost: WorkerCrew, why: string): void {
  lost.terminate();
  if (lost !== crew) return;
  crew = undefined;
  reason = why;
  soloWork = WORTH_A_CREW;
}

// --- leading a fit -------------------------------------------------------------------------------------------------------------

/** On a page, whose main thread must stay free, a worker runs the steps of a fit; elsewhere the caller does. */
export function isLedByWorkers(): boolean {
  return !mayBlock() && requested !== 1 && crew !== undefined && crew.arrived > 0;
}

/** Before a fit: on a page, resolved when the workers that will run it are there. */
export async function prepareToLead(): Promise<void> {
  if (mayBlock() || requested === 1) return;
  if (crew === undefined) start(requested ?? machineThreads());
  await crew?.arrival(true);
}

/** The crew for a training run that one of its workers leads. */
export function shareLedWork(nanoseconds: number): Sharing {
  return nanoseconds < WORTH_A_THREAD ? ALONE : sharing(nanoseconds);
}

/** The run that is led at the moment, if any. Await it and ask again: others wait, too. */
export function ledRun(): Promise<unknown> | undefined {
  return leading;
}

/**
 * Has a worker run the steps of a training record, which nobody else touches meanwhile. Only while there is no {@link ledRun}.
 *
 * @returns whether the run is finished; if not, another worker was lost: recover, and go on alone
 * @throws {WorkerLostError} when the leader itself was lost; the record and all it points to are lost, too
 */
export async function lead(where: string, training: number): Promise<boolean> {
  const leader = crew!;
  const run = leader.lead(training);
  leading = run.catch(() => undefined);
  try {
    const kind = await run;
    if (kind === 'stalled') giveUp(leader, 'a worker was lost (no progress); its work was redone');
    else if (leader.isMaimed) giveUp(leader, `a worker was lost (${leader.reason})`);
    return kind === 'led';
  } catch (cause) {
    const why = (cause as Error).message;
    giveUp(leader, `a worker was lost (${why})`);
    throw new WorkerLostError(`${where}: the worker that ran the steps must stay alive; got: ${why.split('\n')[0]}.`, { cause });
  } finally {
    leading = undefined;
  }
}

// --- starting and ending -------------------------------------------------------------------------------------------------------

/** Workers for so many threads: a page's main thread takes no part in a fit, so that a page has one more. */
function workersFor(count: number): number {
  if (count === 1 || whyNoWorkers() !== undefined) return 0;
  return mayBlock() ? count - 1 : count;
}

function start(count: number): void {
  crew?.close();
  crew = undefined;
  soloWork = 0;
  reason = count === 1 ? undefined : whyNoWorkers();
  const size = workersFor(count);
  if (size === 0) return;
  try {
    crew = new WorkerCrew(size, giveUp);
  } catch (error) {
    if (!(error instanceof OutOfMemoryError)) throw error;
    reason = error.message; // one thread needs no more
  }
}
