import { requireCount, requireOptions } from '../arguments.js';
import type { Operand, Operands, Recorder } from '../program/recorder.js';
import type { Base, BaseDescription } from './base.js';
import { BaseValues, numbersOf } from './values.js';

export interface UniformOptions {
  /** [dim] or one number for all: the lower bounds. Default 0. */
  low?: number | ArrayLike<number>;
  /** [dim] or one number for all: the upper bounds. Default 1. */
  high?: number | ArrayLike<number>;
}

/**
 * Uniform distribution on a box: ln q₀(z) = −Σ_j ln(high_j − low_j) where low ≤ z ≤ high, bounds included, and −∞ elsewhere. Its
 * gradient is 0. There is nothing to train: put an affine transform behind it.
 *
 * @param dim dimension
 * @throws {RangeError} when `dim` is no positive integer, a bound has another length or is not finite, or low is not below high
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const base = uniform(2, { low: -1, high: [1, 3] });
 * ```
 */
export function uniform(dim: number, options: UniformOptions = {}): Base {
  const where = 'uniform';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['low', 'high']);
  const low = numbersOf(where, 'low', options.low ?? 0, dim);
  const high = numbersOf(where, 'high', options.high ?? 1, dim);
  high.forEach((value, j) => {
    if (!(value > low[j])) throw new RangeError(`${where}: high must be above low, ${low[j]}; got ${value} at index ${j}.`);
    if (value - low[j] === Infinity)
      throw new RangeError(`${where}: high − low must be finite; got ${low[j]} to ${value} at index ${j}.`);
  });
  return new Uniform(dim, low, high);
}

class Uniform extends BaseValues implements Base {
  readonly #low: Float64Array;
  readonly #high: Float64Array;

  constructor(
    readonly dim: number,
    low: Float64Array,
    high: Float64Array,
  ) {
    super([
      { spec: { name: 'low', shape: [dim] }, trained: false, initial: () => low },
      { spec: { name: 'high', shape: [dim] }, trained: false, initial: () => high },
    ]);
    this.#low = low;
    this.#high = high;
  }

  describe(): BaseDescription {
    return { type: 'uniform', dim: this.dim, low: [...this.#low], high: [...this.#high] };
  }

  recordSample(recorder: Recorder, stream: number, parameters: Operands, constants: Operand): { z: Operand; logProb: Operand } {
    const u = recorder.emit('uniform', {}, { dim: this.dim, stream }).block;
    const { low, high } = this.operands(parameters, constants);
    const { z } = recorder.emit('boxSample', { u, low, high }, { dim: this.dim });
    return { z, logProb: this.recordLogProb(recorder, z, parameters, constants) };
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, constants: Operand): Operand {
    const { low, high } = this.operands(parameters, constants);
    return recorder.emit('boxDensity', { z, low, high }, { dim: this.dim }).logProb;
  }
}
