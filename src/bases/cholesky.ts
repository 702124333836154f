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
 * @throws {RangeError} unless A is symmetric and positive definite
 */
export function cholesky(where: string, name: string, matrix: Float64Array, dim: number): Float64Array {
  const factor = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let j = 0; j <= i; j++) {
      const value = matrix[i * dim + j];
      const size = Math.sqrt(Math.abs(matrix[i * dim + i])) * Math.sqrt(Math.abs(matrix[j * dim + j]));
      if (!(Math.abs(value - matrix[j * dim + i]) <= ASYMMETRY * size))
        throw new RangeError(
          `${where}: ${name} must be symmetric; got ${value} at row ${i}, column ${j} and ${matrix[j * dim + i]} across.`,
        );
      let rest = value;
      for (let k = 0; k < j; k++) rest -= factor[i * dim + k] * factor[j * dim + k];
      if (j < i) factor[i * dim + j] = rest / factor[j * dim + j];
      else if (rest > 0) factor[i * dim + i] = Math.sqrt(rest);
      else throw new RangeError(`${where}: ${name} must be positive definite; got a pivot of ${rest} in row ${i}.`);
    }
  }
  return factor;
}
