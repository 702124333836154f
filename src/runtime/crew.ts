import { Crew } from '../../assembly/opcodes.js';
import { arena } from './memory.js';
import { type WorkerThread, startWorker } from './platform.js';
import { wasm, workerAddress } from './wasm.js';
import type { Assignment, Report } from './worker.js';
import program from './worker.js?text';

/** After this a worker that has not arrived is counted as missing. */
const START_MS = 10_000;
/** Looks, a second apart, without progress, after which the worker that leads a fit is given up. */
const LEADER_LOOKS = 5;

/** A number of workers and the record in shared memory that they share with the caller. */
export class WorkerCrew {
  readonly address: number;
  readonly size: number;
  /** Why workers are missing. */
  reason: string | undefined;
  /** Whether one that had arrived is lost. */
  isMaimed = false;
  readonly #onLost: (crew: WorkerCrew, reason: string) => void;
  readonly #threads: (WorkerThread | undefined)[] = [];
  readonly #missing = new Set<number>();
  readonly #gone = new Set<number>();
  readonly #arrived: Promise<void>;
  #resolveArrived!: () => void;
  #isWanted = false;
  #isClosed = false;
  #isFreed = false;
  #led: { resolve(kind: 'led' | 'stalled'): void; reject(error: Error): void } | undefined;
  #releaseMemory: (() => void) | undefined;

  /** @param onLost called when a worker that had arrived died, outside a training run that workers lead */
  constructor(size: number, onLost: (crew: WorkerCrew, reason: string) => void) {
    this.size = size;
    this.#onLost = onLost;
    const bytes = Crew.Beats + (size + 1) * Crew.BeatBytes;
    this.address = arena().allocate(bytes);
    arena().i32.fill(0, this.address / 4, (this.address + bytes) / 4);
    arena().i32[(this.address + Crew.Workers) / 4] = size;
    this.#arrived = new Promise((resolve) => (this.#resolveArrived = resolve));
    for (let worker = 1; worker <= size; worker++) this.#missing.add(worker);
    for (let worker = 1; worker <= size; worker++) this.#startWorker(worker);
    const timer = setTimeout(() => this.#giveUpMissing(`not ready after ${START_MS / 1000} s`), START_MS);
    (timer as { unref?: () => void }).unref?.();
    void this.#arrived.then(() => clearTimeout(timer));
    this.#look();
  }

  /** Workers that are ready. They say so in memory, as a caller that is busy gets no messages. */
  get arrived(): number {
    return Atomics.load(arena().i32, (this.address + Crew.Arrived) / 4);
  }

  progress(): number {
    return wasm().kernels.progress(this.address);
  }

  /** What a worker said that failed. */
  failure(): string | undefined {
    const { i32, u8 } = arena();
    if (Atomics.load(i32, (this.address + Crew.Failed) / 4) === 0) return undefined;
    const begin = this.address + Crew.Reason;
    return new TextDecoder().decode(u8.slice(begin, begin + i32[(this.address + Crew.ReasonLength) / 4]));
  }

  /** Resolved when every worker has arrived or failed to. @param isWanted somebody waits for it: a process must not end before */
  arrival(isWanted: boolean): Promise<void> {
    this.#isWanted ||= isWanted;
    if (isWanted) for (const worker of this.#missing) this.#threads[worker]?.keepAlive(true);
    return this.#arrived;
  }

  /** Have a worker run the steps of a training record. @throws {Error} when it was lost */
  lead(training: number): Promise<'led' | 'stalled'> {
    return new Promise<'led' | 'stalled'>((resolve, reject) => {
      let before = this.progress();
      let patience = LEADER_LOOKS;
      // Looks are counted, not time: a page that was asleep, or busy, looks once.
      const timer = setInterval(() => {
        const now = this.progress();
        patience = now === before ? patience - 1 : LEADER_LOOKS;
        before = now;
        if (patience === 0) this.#led?.reject(new Error(`the worker that ran the fit made no progress for ${LEADER_LOOKS} s`));
      }, 1000);
      const settle = (): void => {
        clearInterval(timer);
        this.#led = undefined;
      };
      this.#led = {
        resolve: (kind) => (settle(), resolve(kind)),
        reject: (error) => (settle(), reject(error)),
      };
      wasm().kernels.orderTraining(this.address, training);
    });
  }

  /** Ask the workers to leave; their record is freed when they have. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    wasm().kernels.closeCrew(this.address);
    for (const worker of this.#missing) this.#threads[worker]?.terminate();
    this.#resolveArrived();
    this.#afterwards();
  }

  /** End workers that may be lost. Until they are gone, what is freed is kept: they could still write it. */
  terminate(): void {
    if (this.#isFreed) return; // all are gone
    this.#releaseMemory ??= arena().hold();
    for (const thread of this.#threads) thread?.terminate();
    this.close();
  }

  #startWorker(worker: number): void {
    const { module, memory } = wasm();
    const address = workerAddress();
    try {
      const thread = startWorker(address ?? program, address !== undefined, {
        report: (report) => this.#hear(worker, report),
        error: (why) => this.#lose(worker, why),
        exit: () => {
          this.#lose(worker, 'its thread ended');
          this.#leave(worker);
        },
      });
      this.#threads[worker] = thread;
      thread.keepAlive(this.#isWanted);
      thread.post({ module, memory, crew: this.address, worker } satisfies Assignment);
    } catch (error) {
      this.#lose(worker, error instanceof Error ? error.message : String(error));
    }
  }

  #hear(worker: number, report: Report): void {
    switch (report.kind) {
      case 'arrived':
        this.#missing.delete(worker);
        this.#threads[worker]?.keepAlive(false);
        return this.#look();
      case 'failed':
        return this.#lose(worker, report.reason);
      case 'gone':
        return this.#leave(worker);
      default:
        return this.#led?.resolve(report.kind);
    }
  }

  /** A worker did not come, or died. */
  #lose(worker: number, why: string): void {
    const neverCame = this.#missing.delete(worker);
    if (neverCame) this.#leave(worker);
    if (this.#isClosed && this.#led === undefined) return;
    this.reason ??= `worker ${worker} of ${this.size}: ${why}`;
    this.#look();
    if (neverCame) return;
    this.isMaimed = true;
    if (this.#led === undefined) this.#onLost(this, this.reason);
    else if (arena().i32[(this.address + Crew.Leader) / 4] === worker) this.#led.reject(new Error(this.reason));
    // If the leader needs what another was at, it will find out by lack of progress.
  }

  #leave(worker: number): void {
    this.#gone.add(worker);
    this.#afterwards();
  }

  #look(): void {
    if (this.#missing.size === 0) this.#resolveArrived();
  }

  /** They may come later still. */
  #giveUpMissing(why: string): void {
    this.reason ??= `workers ${[...this.#missing].join(', ')} of ${this.size}: ${why}`;
    for (const worker of this.#missing) this.#threads[worker]?.keepAlive(false);
    this.#resolveArrived();
  }

  /** Once, when the last of a closed crew is gone. */
  #afterwards(): void {
    if (this.#gone.size < this.size) return;
    this.#led?.reject(new Error(this.reason ?? 'all workers are gone'));
    if (!this.#isClosed || this.#isFreed) return;
    this.#isFreed = true;
    arena().free(this.address);
    this.#releaseMemory?.();
  }
}
