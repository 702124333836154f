import { requireBoolean, requireCount, requireOptions } from '../arguments.js';
import { type LogDet, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { LOG_SCALE_LIMIT, affine } from './affine.js';
import { recordTriangle } from './lu.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

export interface FullAffineOptions {
  /** Whether training moves its parameters; what was set stays otherwise, with a gradient of 0. Default true. */
  readonly trainable?: boolean;
}

/**
 * Full-rank affine map: x = shift + L z, L lower triangular with a positive diagonal. Behind a standard normal base it is every normal
 * distribution, with covariance L Lᵀ. With L = diag(e^logScale) M, M having ones on its diagonal,
 *
 *   ln |det ∂x/∂z| = Σ_j logScale_j
 *
 * A row costs dim² operations, in both directions. Starts as the identity.
 *
 * Parameters: `shift` [dim]; `logScale` [dim] = ln L_jj; `lower` [dim (dim − 1) / 2] = L_jk / L_jj for k < j, row by row.
 *
 * Source: full-rank variational inference of Kucukelbir et al. 2017, JMLR 18:14, §2.4, with a diagonal that stays positive.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), fullAffine(2)], seed: 1 });
 * flow.setParameters({ 'transforms.1.shift': [1, -1], 'transforms.1.lower': [0.5] });
 * ```
 */
export function fullAffine(dim: number, options: FullAffineOptions = {}): Transform {
  requireCount('fullAffine', 'dim', dim, 1);
  requireOptions('fullAffine', options, ['trainable']);
  return new FullAffine(dim, requireBoolean('fullAffine', 'trainable', options.trainable ?? true));
}

class FullAffine implements Transform {
  readonly parameters: readonly ParameterSpec[];
  /** diag(e^logScale) and shift. */
  readonly #diagonal: Transform;

  constructor(
    readonly dim: number,
    readonly trainable: boolean,
  ) {
    this.#diagonal = affine(dim);
    this.parameters = [
      { name: 'shift', shape: [dim], trainable },
      { name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT, trainable },
      { name: 'lower', shape: [(dim * (dim - 1)) / 2], trainable },
    ];
  }

  describe(): TransformDescription {
    return { type: 'fullAffine', dim: this.dim, trainable: this.trainable };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return new Float64Array(uniforms.length);
  }

  validate(where: string, parameters: Float64Array): void {
    this.#diagonal.validate(where, parameters.subarray(0, 2 * this.dim));
  }

  recordForward(recorder: Recorder, z: Operand, { lower, ...rest }: Operands, logDet: LogDet): Operand {
    return this.#diagonal.recordForward(recorder, this.#multiply(recorder, 'triangularMultiply', z, lower), rest, logDet);
  }

  recordInverse(recorder: Recorder, x: Operand, { lower, ...rest }: Operands, logDet: LogDet): Operand {
    return this.#multiply(recorder, 'triangularSolve', this.#diagonal.recordInverse(recorder, x, rest, logDet), lower);
  }

  /** By M or M⁻¹; both are 1 in one dimension. */
  #multiply(recorder: Recorder, kernel: 'triangularMultiply' | 'triangularSolve', x: Operand, entries: Operand): Operand {
    return this.dim === 1 ? x : recordTriangle(recorder, kernel, x, { dim: this.dim, entries });
  }
}
