/** Time between two progress reports. */
export const PROGRESS_MS = 50;

/** Reports at the first steps and then from time to time, with the mean loss since the last report. */
export class Report {
  readonly #report: ((mean: number) => void) | undefined;
  #last = -Infinity;
  #sum = 0;
  #count = 0;

  /** @param report what is called, with ∞ where no step since the last call had a finite loss */
  constructor(report: ((mean: number) => void) | undefined) {
    this.#report = report;
  }

  add(losses: Float64Array, isLast: boolean): void {
    if (this.#report === undefined) return;
    for (const loss of losses) {
      if (!Number.isFinite(loss)) continue;
      this.#sum += loss;
      this.#count++;
    }
    const now = performance.now();
    if (now - this.#last < PROGRESS_MS && !isLast) return;
    this.#report(this.#count === 0 ? Infinity : this.#sum / this.#count);
    this.#last = now;
    this.#sum = 0;
    this.#count = 0;
  }
}
