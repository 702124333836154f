import type { TrainingLoop } from './training.js';

/** Where a fit stands. */
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

/** Time between two progress reports. */
const PROGRESS_MS = 50;

/** Calls `onProgress` from time to time, with the mean since the last call. */
export class Report {
  readonly #steps: number;
  readonly #onProgress: ((progress: FitProgress) => void) | undefined;
  #last = performance.now();
  #sum = 0;
  #count = 0;

  constructor(steps: number, onProgress: ((progress: FitProgress) => void) | undefined) {
    this.#steps = steps;
    this.#onProgress = onProgress;
  }

  add(loop: TrainingLoop, energies: Float64Array): void {
    if (this.#onProgress === undefined) return;
    for (const energy of energies) {
      if (!Number.isFinite(energy)) continue;
      this.#sum += energy;
      this.#count++;
    }
    const now = performance.now();
    if (now - this.#last < PROGRESS_MS && loop.step < this.#steps) return;
    const freeEnergy = this.#count === 0 ? Infinity : this.#sum / this.#count;
    this.#onProgress({ step: loop.step, steps: this.#steps, freeEnergy, skippedSteps: loop.skipped });
    this.#last = now;
    this.#sum = 0;
    this.#count = 0;
  }
}
