import { describe, vectorOf } from '../arguments.js';

/**
 * A matrix as one row-major array of its own.
 *
 * @throws {RangeError} for other lengths, or values that are not finite
 * @throws {TypeError} for what are no numbers
 */
export function matrixOf(
  where: string,
  name: string,
  value: ArrayLike<number> | ReadonlyArray<ArrayLike<number>>,
  dim: number,
): Float64Array {
  const isNested = Array.isArray(value) && value.length === dim && typeof value[0] === 'object';
  if (!isNested) return vectorOf(where, name, value as ArrayLike<number>, dim * dim, `be ${dim} × ${dim}`);
  const matrix = new Float64Array(dim * dim);
  (value as ReadonlyArray<ArrayLike<number>>).forEach((row, i) => {
    if (row?.length !== dim) throw new RangeError(`${where}: ${name} must be ${dim} × ${dim}; got ${describe(row)} in row ${i}.`);
    matrix.set(vectorOf(where, name, row, dim), i * dim);
  });
  return matrix;
}

/** How far, relative to the diagonal, a matrix may be from symmetric: what rounding its computation leaves. */
const ASYMMETRY = 1e-12;

/**
 * L with L Lᵀ = A, row by row from A's lower half:  L_ij = (A_ij − Σ_{k<j} L_ik L_jk) / L_jj,  L_ii = √(A_ii − Σ_{k<i} L_ik²)
 *
 * @param refuse told the row and the number under the first root that is not positive and finite
 * @returns undefined unless A is positive definite
 */
export function choleskyFactor(
  A: Float64Array,
  dim: number,
  refuse?: (row: number, pivot: number) => never,
): Float64Array | undefined {
  const L = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = A[i * dim + j];
      for (let k = 0; k < j; k++) rest -= L[i * dim + k] * L[j * dim + k];
      if (j < i) L[i * dim + j] = rest / L[j * dim + j];
      else if (rest > 0 && rest < Infinity) L[i * dim + i] = Math.sqrt(rest);
      else return refuse?.(i, rest);
    }
  }
  return L;
}

/** The same. @throws {RangeError} unless A is symmetric and positive definite */
export function cholesky(where: string, name: string, matrix: Float64Array, dim: number): Float64Array {
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j < i; j++) {
      const [value, across] = [matrix[i * dim + j], matrix[j * dim + i]];
      const size = Math.sqrt(Math.abs(matrix[i * dim + i])) * Math.sqrt(Math.abs(matrix[j * dim + j]));
      if (!(Math.abs(value - across) <= ASYMMETRY * size))
        throw new RangeError(`${where}: ${name} must be symmetric; got ${value} at row ${i}, column ${j} and ${across} across.`);
    }
  }
  return choleskyFactor(matrix, dim, (row, pivot) => {
    throw new RangeError(`${where}: ${name} must be positive definite; got a pivot of ${pivot} in row ${row}.`);
  })!;
}
