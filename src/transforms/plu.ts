import { describe, requireCount, requireOptions } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import { naturalLog } from '../runtime/math.js';
import { LOG_SCALE_LIMIT } from './affine.js';
import { recordTriangle } from './lu.js';
import { inverseOrder, requireOrder, reversedOrder } from './permutation.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/** What stays as it is while the rest is trained. */
export interface PluOptions {
  /** The permutation matrix P: column j has its 1 in row `order[j]`. Default: the features reversed. */
  readonly order?: readonly number[];
  /** The signs of U's diagonal, 1 or −1 each. Default: all 1. */
  readonly signs?: readonly number[];
}

/**
 * Linear map with a PLU factorisation, Glow's 1×1 convolution: from data to base z = x P L U with rows as vectors, where P is a fixed permutation,
 * L lower triangular with ones on its diagonal, U upper triangular with the diagonal sign_j e^logDiagonal_j.
 *
 *   ln |det ∂x/∂z| = −Σ_j logDiagonal_j
 *
 * As {@link lu}, but an invertible matrix of any sign is within reach, and its determinant is free in scale. O(dim²) a row in both directions.
 * Starts as P times a random rotation, by angles of up to 74°, so that it mixes all features from the beginning.
 *
 * Parameters: `lower` [dim (dim − 1)/2], the entries of L below the diagonal row by row; `upper` [dim (dim − 1)/2], those of U above it row by
 * row; `logDiagonal` [dim]. Unconstrained.
 *
 * Source: Kingma & Dhariwal 2018, arXiv:1807.03039, eq. 10 and 11, where P and the signs come from factorising a random rotation; here they are
 * settings, and the first rotation is one that needs no row exchanges (`docs/transforms/plu.md`).
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer, `order` no permutation of its features, or a sign neither 1 nor −1
 * @throws {TypeError} for an unknown option, or what is no array
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [planar(2), plu(2), planar(2), plu(2)], seed: 1 });
 * ```
 */
export function plu(dim: number, options: PluOptions = {}): Transform {
  requireCount('plu', 'dim', dim, 1);
  requireOptions('plu', options, ['order', 'signs']);
  const order = requireOrder('plu', options.order ?? reversedOrder(dim));
  if (order.length !== dim) throw new RangeError(`plu: order must have length ${dim}; got ${describe(order)}.`);
  return new Plu(dim, order, requireSigns(dim, options.signs ?? new Array<number>(dim).fill(1)));
}

function requireSigns(dim: number, signs: readonly number[]): readonly number[] {
  if (!Array.isArray(signs)) throw new TypeError(`plu: signs must be an array; got ${describe(signs)}.`);
  if (signs.length !== dim) throw new RangeError(`plu: signs must have length ${dim}; got ${describe(signs)}.`);
  for (let j = 0; j < dim; j++) {
    const sign: unknown = signs[j];
    if (sign !== 1 && sign !== -1) throw new RangeError(`plu: signs must be 1 or -1 each; got ${describe(sign)} at index ${j}.`);
  }
  return [...signs];
}

class Plu implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(
    readonly dim: number,
    readonly order: readonly number[],
    readonly signs: readonly number[],
  ) {
    const entries = (dim * (dim - 1)) / 2;
    this.parameters = [
      { name: 'lower', shape: [entries] },
      { name: 'upper', shape: [entries] },
      { name: 'logDiagonal', shape: [dim], limit: LOG_SCALE_LIMIT },
    ];
  }

  describe(): TransformDescription {
    return { type: 'plu', dim: this.dim, order: [...this.order], signs: [...this.signs] };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return factorize(randomRotation(this.dim, uniforms));
  }

  validate(where: string, parameters: Float64Array): void {
    for (const value of parameters.subarray(this.dim * (this.dim - 1))) {
      if (Math.abs(value) > LOG_SCALE_LIMIT) {
        throw new RangeError(`${where}: logDiagonal must lie in [−${LOG_SCALE_LIMIT}, ${LOG_SCALE_LIMIT}]; got ${value}.`);
      }
    }
  }

  recordForward(recorder: Recorder, z: Operand, { lower, upper, logDiagonal }: Operands, logDet: LogDet): Operand {
    const { dim } = this;
    const diagonal = this.#diagonal(recorder, logDiagonal, logDet, -1);
    const outer = { entries: upper, diagonal, dim, upper: true, transposed: true };
    const middle = recordTriangle(recorder, 'triangularSolve', z, outer);
    const mixed = recordTriangle(recorder, 'triangularSolve', middle, { entries: lower, dim, transposed: true });
    return recorder.select(mixed, inverseOrder(this.order));
  }

  recordInverse(recorder: Recorder, x: Operand, { lower, upper, logDiagonal }: Operands, logDet: LogDet): Operand {
    const { dim } = this;
    const diagonal = this.#diagonal(recorder, logDiagonal, logDet, 1);
    const permuted = recorder.select(x, this.order);
    const middle = recordTriangle(recorder, 'triangularMultiply', permuted, { entries: lower, dim, transposed: true });
    const outer = { entries: upper, diagonal, dim, upper: true, transposed: true };
    return recordTriangle(recorder, 'triangularMultiply', middle, outer);
  }

  #diagonal(recorder: Recorder, logDiagonal: Operand, logDet: LogDet, multiplicity: 1 | -1): Operand {
    const { diagonal, logSum } = recorder.emit('pluConstrain', { logDiagonal }, { dim: this.dim, signs: this.signs });
    recorder.push('addLogDet', { logDet: logDet.plus(multiplicity), term: logSum }, { multiplicity });
    return diagonal;
  }
}

/** ‖A‖₂ of the skew matrix that a first rotation is made from. */
const ROTATION_SIZE = 0.75;

/**
 * A rotation that needs no row exchanges to be factorised: R = (I − A)(I + A)⁻¹ = 2 (I + A)⁻¹ − I with A skew. Its angles are 2 atan of A's singular
 * values; those below 1 make R + Rᵀ positive definite, and with it every leading minor of R positive.
 */
function randomRotation(dim: number, uniforms: Float64Array): Float64Array[] {
  const skew = Array.from({ length: dim }, () => new Float64Array(dim));
  let squares = 0;
  let next = 0;
  for (let i = 1; i < dim; i++) {
    for (let j = 0; j < i; j++) {
      const value = 2 * uniforms[next++] - 1;
      skew[i][j] = value;
      skew[j][i] = -value;
      squares += value * value;
    }
  }
  // ‖A‖₂ ≤ ‖A‖_F / √2, the root of the squares on one side: singular values come in pairs.
  const scale = squares > 0 ? ROTATION_SIZE / Math.sqrt(squares) : 0;
  const rotation = inverse(skew.map((row, i) => row.map((value, j) => (i === j ? 1 : scale * value))));
  rotation.forEach((row, i) => row.forEach((value, j) => (row[j] = 2 * value - (i === j ? 1 : 0))));
  return rotation;
}

/** By elimination without row exchanges, which a matrix with a positive definite symmetric part does not need. */
function inverse(matrix: readonly Float64Array[]): Float64Array[] {
  const dim = matrix.length;
  const rows = matrix.map((row, i) =>
    Float64Array.from({ length: 2 * dim }, (_, j) => (j < dim ? row[j] : Number(j - dim === i))),
  );
  for (let k = 0; k < dim; k++) {
    const pivot = rows[k][k];
    for (let j = 0; j < 2 * dim; j++) rows[k][j] /= pivot;
    for (let i = 0; i < dim; i++) if (i !== k) subtract(rows[i], rows[k], rows[i][k]);
  }
  return rows.map((row) => row.slice(dim));
}

/** L, U and the logarithm of U's diagonal, one behind the other, of a matrix whose leading minors are positive. Overwrites it. */
function factorize(matrix: Float64Array[]): Float64Array {
  const dim = matrix.length;
  const lower: number[] = [];
  const upper: number[] = [];
  const logDiagonal: number[] = [];
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < i; k++) {
      const factor = matrix[i][k] / matrix[k][k];
      lower.push(factor);
      subtract(matrix[i], matrix[k], factor);
    }
    upper.push(...matrix[i].subarray(i + 1));
    logDiagonal.push(naturalLog(matrix[i][i]));
  }
  return Float64Array.of(...lower, ...upper, ...logDiagonal);
}

/** row −= factor · other */
function subtract(row: Float64Array, other: Float64Array, factor: number): void {
  for (let j = 0; j < row.length; j++) row[j] -= factor * other[j];
}
