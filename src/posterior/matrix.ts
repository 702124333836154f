// Small dense matrices [dim × dim], row-major.

export function identity(dim: number): Float64Array {
  const matrix = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) matrix[i * dim + i] = 1;
  return matrix;
}

export function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}

/** A x */
export function times(A: Float64Array, x: Float64Array): Float64Array {
  const dim = x.length;
  return x.map((_, i) => dot(A.subarray(i * dim, (i + 1) * dim), x));
}

/** A B */
export function product(A: Float64Array, B: Float64Array, dim: number): Float64Array {
  const C = new Float64Array(dim * dim);
  for (let i = 0; i < dim; i++) {
    for (let k = 0; k < dim; k++) {
      const a = A[i * dim + k];
      for (let j = 0; j < dim; j++) C[i * dim + j] += a * B[k * dim + j];
    }
  }
  return C;
}

export function transposed(A: Float64Array, dim: number): Float64Array {
  return A.map((_, k) => A[(k % dim) * dim + Math.floor(k / dim)]);
}

/** L⁻¹ of a lower triangular matrix. */
export function inverseOfLower(L: Float64Array, dim: number): Float64Array {
  const inverse = new Float64Array(dim * dim);
  for (let j = 0; j < dim; j++) {
    for (let i = j; i < dim; i++) {
      let rest = i === j ? 1 : 0;
      for (let k = j; k < i; k++) rest -= L[i * dim + k] * inverse[k * dim + j];
      inverse[i * dim + j] = rest / L[i * dim + i];
    }
  }
  return inverse;
}
