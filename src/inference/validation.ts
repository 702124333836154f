import type { Watch } from './train.js';

/**
 * Keeps the parameters that validation rows are likeliest under, and ends a fit that has found no better ones for a while. It looks
 * before the first step, every so many steps, and after the last.
 */
export class Validation implements Watch {
  readonly every: number;
  /** Negative log likelihoods, one per look. */
  readonly nlls: number[] = [];
  /** The best parameters: until the first look, those that the fit begins with. */
  best: Float64Array;
  readonly #steps: number;
  readonly #patience: number;
  readonly #parameters: () => Float64Array;
  readonly #evaluate: () => Promise<number>;
  #bestLook = 0;

  /**
   * @param steps of the fit
   * @param parameters a copy of those that are looked at
   * @param evaluate gives their negative log likelihood
   */
  constructor(
    { every, steps, patience }: { every: number; steps: number; patience: number },
    parameters: () => Float64Array,
    evaluate: () => Promise<number>,
  ) {
    this.every = every;
    this.best = parameters();
    this.#steps = steps;
    this.#patience = patience;
    this.#parameters = parameters;
    this.#evaluate = evaluate;
  }

  get isOver(): boolean {
    return this.nlls.length - 1 - this.#bestLook >= this.#patience;
  }

  /** Of the last look; undefined before the first. */
  get last(): number | undefined {
    return this.nlls.at(-1);
  }

  get bestNll(): number {
    return this.nlls[this.#bestLook];
  }

  get bestStep(): number {
    return this.#stepOf(this.#bestLook);
  }

  get trace(): { step: number; nll: number }[] {
    return this.nlls.map((nll, look) => ({ step: this.#stepOf(look), nll }));
  }

  async look(): Promise<void> {
    this.#add(await this.#evaluate());
    if (this.#bestLook === this.nlls.length - 1) this.best = this.#parameters();
  }

  tensors(): { best: Float64Array; validation: Float64Array } {
    return { best: this.best, validation: Float64Array.from(this.nlls) };
  }

  restore({ best, validation }: Readonly<Record<string, Float64Array>>): void {
    this.best = best;
    validation.forEach((nll) => this.#add(nll));
  }

  #add(nll: number): void {
    this.nlls.push(nll);
    if (nll < this.bestNll) this.#bestLook = this.nlls.length - 1;
  }

  #stepOf(look: number): number {
    return Math.min(look * this.every, this.#steps);
  }
}

/** Looks taken after so many steps of a fit. */
export function looksUntil(step: number, every: number, steps: number): number {
  return 1 + (step === steps ? Math.ceil(step / every) : Math.floor(step / every));
}
