import { requireCount } from '../arguments.js';
import { type LogDet, NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Linear map with an LU factorisation, from data to base z = L U x + shift: L is lower triangular with ones on its diagonal, U upper triangular
 * with a positive one, U_jj = softplus(rawDiagonal_j) + 10⁻³.
 *
 *   ln |det ∂x/∂z| = −Σ_j ln U_jj
 *
 * Mixes all features at O(dim²) a row, with a determinant at O(dim): use it between coupling or autoregressive layers. The density direction
 * multiplies and sampling solves two triangular systems, at the same cost. Starts as the identity.
 *
 * Parameters, unconstrained: `lower` [dim (dim − 1)/2], the entries of L below the diagonal row by row, (1, 0), (2, 0), (2, 1), …;
 * `upper` [dim (dim − 1)/2], those of U above it row by row, (0, 1), (0, 2), …, (1, 2), …; `rawDiagonal` [dim]; `shift` [dim].
 *
 * Source: Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032, §3.2.1, parametrised as in nflows' `LULinear`.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), lu(2), planar(2), lu(2)], seed: 1 });
 * ```
 */
export function lu(dim: number): Transform {
  requireCount('lu', 'dim', dim, 1);
  return new Lu(dim);
}

/** The rawDiagonal that makes the diagonal 1: ln(e^(1 − 10⁻³) − 1). */
const RAW_OF_ONE = 0.5397424172369522;

class Lu implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly dim: number) {
    const entries = (dim * (dim - 1)) / 2;
    this.parameters = [
      { name: 'lower', shape: [entries] },
      { name: 'upper', shape: [entries] },
      { name: 'rawDiagonal', shape: [dim] },
      { name: 'shift', shape: [dim] },
    ];
  }

  describe(): TransformDescription {
    return { type: 'lu', dim: this.dim };
  }

  initialize(uniforms: Float64Array): Float64Array {
    const { dim } = this;
    return new Float64Array(uniforms.length).fill(RAW_OF_ONE, dim * (dim - 1), dim * dim);
  }

  validate(): void {}

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet): Operand {
    const { dim } = this;
    const { lower, upper, shift, diagonal, logSum } = this.#constrain(recorder, parameters);
    recorder.push('addLogDet', { logDet: logDet.plus(-1), term: logSum }, { multiplicity: -1 });
    const centred = recorder.emit('addShift', { x: z, shift }, { dim, sign: -1 }).out;
    const middle = recordTriangle(recorder, 'triangularSolve', centred, { entries: lower, dim });
    return recordTriangle(recorder, 'triangularSolve', middle, { entries: upper, diagonal, dim, upper: true });
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet): Operand {
    const { dim } = this;
    const { lower, upper, shift, diagonal, logSum } = this.#constrain(recorder, parameters);
    recorder.push('addLogDet', { logDet: logDet.plus(1), term: logSum }, { multiplicity: 1 });
    const middle = recordTriangle(recorder, 'triangularMultiply', x, { entries: upper, diagonal, dim, upper: true });
    const mixed = recordTriangle(recorder, 'triangularMultiply', middle, { entries: lower, dim });
    return recorder.emit('addShift', { x: mixed, shift }, { dim, sign: 1 }).out;
  }

  #constrain(recorder: Recorder, { lower, upper, rawDiagonal, shift }: Operands): Operands {
    const { diagonal, logSum } = recorder.emit('luConstrain', { raw: rawDiagonal }, { dim: this.dim });
    return { lower, upper, shift, diagonal, logSum };
  }
}

/** A triangular matrix: its entries beside the diagonal, and the diagonal, ones where there is none. */
export interface Triangle {
  readonly dim: number;
  readonly entries: Operand;
  readonly diagonal?: Operand;
  readonly upper?: boolean;
  readonly transposed?: boolean;
}

/** Record T x or T⁻¹ x. */
export function recordTriangle(
  recorder: Recorder,
  kernel: 'triangularMultiply' | 'triangularSolve',
  x: Operand,
  { dim, entries, diagonal = NONE, upper = false, transposed = false }: Triangle,
): Operand {
  const sizes = { dim, upper: Number(upper), transposed: Number(transposed) };
  return recorder.emit(kernel, { x, entries, diagonal }, sizes).out;
}
