import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Planar flow: x = z + û tanh(wᵀz + b), which stretches or squeezes space along û near the hyperplane wᵀz + b = 0.
 *
 *   ln |det ∂x/∂z| = ln(h² + δ (1 − h²)),   h = tanh(wᵀz + b),   δ = 1 + wᵀû = softplus(wᵀu)
 *
 * û = u + (softplus(wᵀu) − 1 − wᵀu) w / |w|² keeps every u invertible. One layer costs O(dim) a row in both directions; the inverse is
 * one scalar root, solved to rounding. Cheap and expressive in two dimensions; in many, a layer bends only one direction.
 *
 * Parameters: `u` [dim], `w` [dim], `b` scalar; unconstrained, but w must not be 0, nor |wᵀu| above 2^1000.
 *
 * Source: Rezende & Mohamed 2015, arXiv:1505.05770, §4.1 eq. 10–12 and appendix A.1. Initially u ~ U(−0.1, 0.1),
 * w ~ U(−√(2/dim), √(2/dim)), b = 0 (`docs/decisions/0004-initial-planar.md`).
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 });
 * const { x, logDet } = flow.forward(Float64Array.of(0.5, -1));
 * ```
 */
export function planar(dim: number): Transform {
  requireCount('planar', 'dim', dim, 1);
  return new Planar(dim);
}

const U_RANGE = 0.1;
/** As in the kernel: δ = softplus(wᵀu) is a factor of the determinant. */
const PRODUCT_LIMIT = 2 ** 1000;

class Planar implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly dim: number) {
    this.parameters = [
      { name: 'u', shape: [dim] },
      { name: 'w', shape: [dim] },
      { name: 'b', shape: [] },
    ];
  }

  describe(): TransformDescription {
    return { type: 'planar', dim: this.dim };
  }

  initialize(uniforms: Float64Array): Float64Array {
    const wRange = Math.sqrt(2 / this.dim);
    return uniforms.map((uniform, k) => {
      if (k === 2 * this.dim) return 0;
      return (2 * uniform - 1) * (k < this.dim ? U_RANGE : wRange);
    });
  }

  validate(where: string, parameters: Float64Array): void {
    const w = parameters.subarray(this.dim, 2 * this.dim);
    const norm2 = w.reduce((sum, value) => sum + value * value, 0);
    if (norm2 < 2 ** -1022) throw new RangeError(`${where}: w must not be 0 (|w|² a normal number); got |w|² = ${norm2}.`);
    if (norm2 === Infinity) throw new RangeError(`${where}: w must have a finite |w|²; got ${norm2}.`);
    const product = w.reduce((sum, value, j) => sum + value * parameters[j], 0);
    if (!(Math.abs(product) <= PRODUCT_LIMIT))
      throw new RangeError(`${where}: |wᵀu| must be at most 2^1000; got wᵀu = ${product}.`);
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit(
      'planarForward',
      { z, ...this.#constrain(recorder, parameters), logDet: logDet.times(1) },
      { dim: this.dim },
    ).x;
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit(
      'planarInverse',
      { x, ...this.#constrain(recorder, parameters), logDet: logDet.times(-1) },
      { dim: this.dim },
    ).z;
  }

  #constrain(recorder: Recorder, { u, w, b }: Operands): Operands {
    const { uHat, delta, logDelta } = recorder.emit('planarConstrain', { u, w }, { dim: this.dim });
    return { uHat, delta, logDelta, w, b };
  }
}
