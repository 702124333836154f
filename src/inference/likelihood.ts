import { type Flow, flowConstants } from '../flow.js';
import { logProbProgram } from '../flow-programs.js';
import { Execution, type ParameterStore } from '../program/execution.js';
import { inParts } from './pace.js';

/** Rows to evaluate a likelihood at. */
export interface Sample {
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
  async meanNll({ count, rows, weights }: Sample, pause: () => Promise<void>): Promise<number> {
    let [sum, weight] = [0, 0];
    const add = (first: number, part: number): void => {
      const logProb = new Float64Array(part);
      this.#execution.run(part, rows(first, part), [logProb]);
      for (let r = 0; r < part; r++) {
        const w = weights?.[first + r] ?? 1;
        sum -= w * logProb[r];
        weight += w;
      }
    };
    await inParts(count, add, pause);
    const nll = sum / weight;
    return Number.isFinite(nll) ? nll : Infinity;
  }

  dispose(): void {
    this.#execution.dispose();
  }
}
