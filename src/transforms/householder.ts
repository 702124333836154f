import { requireCount, requireOptions } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

export interface HouseholderOptions {
  /** How many reflections: an integer of at least 1. Default: `dim`. */
  readonly reflections?: number;
}

/**
 * Orthogonal map as a product of Householder reflections, x = H_K … H_1 z with H_k = I − 2 v_k v_kᵀ/|v_k|², and ln |det| = 0. Turns the space
 * without stretching it; O(K dim) a row in both directions, the inverse being the reflections in reverse order. Orthogonal to rounding, whatever the
 * parameters. A product of K reflections has the determinant (−1)^K.
 *
 * Parameters: `v` [reflections, dim], v_k in row k; unconstrained, but no row must be 0. Initially v ~ U(−1, 1).
 *
 * Source: Tomczak & Welling 2016, arXiv:1611.09630, eq. 11.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` or `reflections` is no positive integer
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), householder(2, { reflections: 1 })], seed: 1 });
 * ```
 */
export function householder(dim: number, options: HouseholderOptions = {}): Transform {
  requireCount('householder', 'dim', dim, 1);
  requireOptions('householder', options, ['reflections']);
  const { reflections = dim } = options;
  requireCount('householder', 'reflections', reflections, 1);
  return new Householder('householder', dim, reflections);
}

/**
 * Rotation: any orthogonal matrix of determinant 1, as an even number of Householder reflections, dim or dim − 1 of them, which are enough for every
 * rotation (Cartan & Dieudonné). ln |det| = 0, O(dim²) a row in both directions; orthogonal to rounding, whatever the parameters.
 *
 * Parameters: `v` as in {@link householder}. Initially v ~ U(−1, 1), a random rotation.
 *
 * @param dim dimension of both sides, at least 2
 * @throws {RangeError} when `dim` is no integer of at least 2
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), orthogonal(2), affine(2)], seed: 1 });
 * ```
 */
export function orthogonal(dim: number): Transform {
  requireCount('orthogonal', 'dim', dim, 2);
  return new Householder('orthogonal', dim, dim - (dim % 2));
}

class Householder implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(
    readonly type: 'householder' | 'orthogonal',
    readonly dim: number,
    readonly reflections: number,
  ) {
    this.parameters = [{ name: 'v', shape: [reflections, dim] }];
  }

  describe(): TransformDescription {
    const { type, dim, reflections } = this;
    return type === 'orthogonal' ? { type, dim } : { type, dim, reflections };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return uniforms.map((uniform) => 2 * uniform - 1);
  }

  validate(where: string, parameters: Float64Array): void {
    for (let k = 0; k < this.reflections; k++) {
      const v = parameters.subarray(k * this.dim, (k + 1) * this.dim);
      const norm2 = v.reduce((sum, value) => sum + value * value, 0);
      if (norm2 < 2 ** -1022)
        throw new RangeError(`${where}: v[${k}] must not be 0 (|v|² a normal number); got |v|² = ${norm2}.`);
      if (norm2 === Infinity) throw new RangeError(`${where}: v[${k}] must have a finite |v|²; got ${norm2}.`);
    }
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, _logDet: LogDet): Operand {
    return this.#reflect(recorder, z, parameters, 0);
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, _logDet: LogDet): Operand {
    return this.#reflect(recorder, x, parameters, 1);
  }

  #reflect(recorder: Recorder, x: Operand, { v }: Operands, reversed: 0 | 1): Operand {
    const { dim, reflections } = this;
    const { unit } = recorder.emit('householderConstrain', { v }, { dim, reflections, entries: reflections * dim });
    return recorder.emit('householderReflect', { x, unit }, { dim, reflections, reversed }).out;
  }
}
