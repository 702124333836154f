import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Rows in ascending order: x_1 = z_1, x_k = x_{k−1} + e^{z_k}, with ln |det ∂x/∂z| = Σ_{k≥2} z_k. For cut points and mixture components
 * that must not trade places. A row out of order has the density 0.
 *
 * Source: Stan reference manual, "Ordered vector".
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(3), transforms: [supports.ordered(3)] });
 * flow.forward([[-1, 0, 0]]); // x = −1, 0, 1
 * ```
 */
export function ordered(dim: number): Transform {
  requireCount('supports.ordered', 'dim', dim, 1);
  return new Ordered('ordered', dim);
}

/**
 * Positive rows in ascending order: x_1 = e^{z_1}, x_k = x_{k−1} + e^{z_k}, with ln |det ∂x/∂z| = Σ_k z_k.
 *
 * Source: Stan reference manual, "Positive ordered vector".
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(3), transforms: [supports.positiveOrdered(3)] });
 * flow.forward([[0, 0, 0]]); // x = 1, 2, 3
 * ```
 */
export function positiveOrdered(dim: number): Transform {
  requireCount('supports.positiveOrdered', 'dim', dim, 1);
  return new Ordered('positiveOrdered', dim);
}

class Ordered implements Transform {
  readonly parameters: readonly ParameterSpec[] = [];

  constructor(
    readonly type: 'ordered' | 'positiveOrdered',
    readonly dim: number,
  ) {}

  describe(): TransformDescription {
    return { type: this.type, dim: this.dim };
  }

  initialize(): Float64Array {
    return new Float64Array(0);
  }

  validate(): void {}

  recordForward(recorder: Recorder, z: Operand, _parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit('orderedForward', { z, logDet: logDet.plus(1) }, this.#sizes()).x;
  }

  recordInverse(recorder: Recorder, x: Operand, _parameters: Operands, logDet: LogDet): Operand {
    return recorder.emit('orderedInverse', { x, logDet: logDet.plus(1) }, this.#sizes()).z;
  }

  #sizes(): { dim: number; free: number } {
    return { dim: this.dim, free: this.type === 'ordered' ? 1 : 0 };
  }
}
