import { type Flow, flowConstants } from '../flow.js';
import { logProbProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { inParts } from './pace.js';

/** Rows to evaluate a likelihood at. */
export interface Sample {
  /** Where they come from, for messages: an argument, and the place of a row in it. */
  readonly argument: 'data' | 'validation';
  place(row: number): number;
  readonly count: number;
  /** [rows × dim] rows from `first` on and, for a flow that takes one, [rows × context] theirs. */
  rows(first: number, rows: number): Float64Array[];
  /** [count]; 1 each where there are none. */
  readonly weights: Float64Array | undefined;
}

/** The likelihood of rows under parameters that are being fitted. */
export class Likelihood {
  readonly #execution: Execution;

  /** @throws {OutOfMemoryError} */
  constructor(flow: Flow, parameters: ParameterStore) {
    this.#execution = new Execution(logProbProgram(flow), parameters, flowConstants(flow));
  }

  /**
   * −Σ_r w_r ln q(x_r) / Σ_r w_r, in nats; ∞ where that is not finite.
   *
   * @param pause called between parts of it, to let other code run
   */
  async meanNll(sample: Sample, pause: () => Promise<void>): Promise<number> {
    let [sum, weight] = [0, 0];
    const add = (first: number, logProb: Float64Array): void => {
      for (let r = 0; r < logProb.length; r++) {
        const w = sample.weights?.[first + r] ?? 1;
        sum -= w * logProb[r];
        weight += w;
      }
    };
    await this.#evaluate(sample, add, pause);
    const nll = sum / weight;
    return Number.isFinite(nll) ? nll : Infinity;
  }

  /** @throws {RangeError} for a row whose log density is not finite */
  async requireDensities(where: string, sample: Sample, pause: () => Promise<void>): Promise<void> {
    const check = (first: number, logProb: Float64Array): void => {
      const at = logProb.findIndex((value) => !Number.isFinite(value));
      if (at >= 0) throw withoutDensity(where, sample, first + at, `whose log density is ${logProb[at]}`);
    };
    await this.#evaluate(sample, check, pause);
  }

  async #evaluate(
    { count, rows }: Sample,
    take: (first: number, logProb: Float64Array) => void,
    pause: () => Promise<void>,
  ): Promise<void> {
    const compute = (first: number, part: number): void => {
      const logProb = new Float64Array(part);
      this.#execution.run(part, rows(first, part), [logProb]);
      take(first, logProb);
    };
    await inParts(count, compute, pause);
  }

  dispose(): void {
    this.#execution.dispose();
  }
}

/** An error that names the row. */
export function withoutDensity(where: string, { argument, place }: Sample, row: number, what: string): RangeError {
  return new RangeError(
    `${where}: ${argument} must have a density under the flow; got row ${place(row)}, counted from 0, ${what}. ` +
      'Leave the row out, or take a flow whose support holds it; where it is only far away, standardize the columns.',
  );
}
