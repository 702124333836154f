/** How many steps fill the time between two breaths. */
export class Pace {
  steps = 1;
  readonly #milliseconds: number;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  took(steps: number, milliseconds: number): void {
    const perStep = Math.max(milliseconds / Math.max(1, steps), 1e-3);
    const fitting = Math.floor(this.#milliseconds / perStep);
    this.steps = Math.max(1, Math.min(fitting, 4 * this.steps));
  }
}
