import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Rows of positive numbers that sum to 1, such as probabilities, by breaking a stick: x_k takes the share σ(z_k − ln(K − k)) of what
 * x_1 … x_{k−1} have left, and x_K the rest. From K − 1 numbers to K; z = 0 gives 1/K each. Log-determinants and densities are those of
 * the first K − 1 coordinates, and the gradient by the last one is 0. A row that is not positive, or does not sum to 1 within 1e-9, has
 * the density 0.
 *
 * Source: Stan reference manual, "Unit simplex", by stick-breaking.
 *
 * @param size K, the dimension of x
 * @throws {RangeError} when `size` is no integer of at least 2
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), supports.simplex(3)], seed: 1 });
 * const x = flow.sample(10); // [10 × 3], each row sums to 1
 * ```
 */
export function simplex(size: number): Transform {
  requireCount('supports.simplex', 'size', size, 2);
  return new Simplex(size);
}

class Simplex implements Transform {
  readonly dim: number;
  readonly dataDim: number;
  readonly parameters: readonly ParameterSpec[] = [];

  constructor(size: number) {
    this.dim = size - 1;
    this.dataDim = size;
  }

  describe(): TransformDescription {
    return { type: 'simplex', size: this.dataDim };
  }

  initialize(): Float64Array {
    return new Float64Array(0);
  }

  validate(): void {}

  recordForward(recorder: Recorder, z: Operand, _parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit('simplexForward', { z, logDet: logDet.plus(1) }, { dim: this.dataDim }).x;
  }

  recordInverse(recorder: Recorder, x: Operand, _parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit('simplexInverse', { x, logDet: logDet.plus(1) }, { dim: this.dim }).z;
  }
}
