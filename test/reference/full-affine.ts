// Full-rank affine map, M unit lower triangular
//
//   forward   x = shift + e^logScale ⊙ (M z),       logDet  Σ logScale
//   inverse   z = M⁻¹ ((x − shift) ⊘ e^logScale),   logDet −Σ logScale

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';
import { lowerSolve, times, triangle } from './matrix.js';

export interface FullAffine<T> {
  shift: T[];
  logScale: T[];
  /** M_ij for j < i, row by row. */
  lower: T[];
}

/** Reads the parameters from one vector: shift [d], logScale [d], lower [d (d − 1)/2]. */
export function fromVector<T>(vector: readonly T[], dim: number): FullAffine<T> {
  return { shift: vector.slice(0, dim), logScale: vector.slice(dim, 2 * dim), lower: vector.slice(2 * dim) };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], parameters: FullAffine<T>): Forward<T> {
  const { shift, logScale } = parameters;
  const mixed = times(A, unitLower(A, parameters), z);
  return { x: mixed.map((yi, i) => A.add(shift[i], A.mul(A.exp(logScale[i]), yi))), logDet: sum(A, logScale) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], parameters: FullAffine<T>): Inverse<T> {
  const { shift, logScale } = parameters;
  const standardized = x.map((xi, i) => A.mul(A.sub(xi, shift[i]), A.exp(A.neg(logScale[i]))));
  return { z: lowerSolve(A, unitLower(A, parameters), standardized), logDet: A.neg(sum(A, logScale)) };
}

function unitLower<T>(A: Algebra<T>, { lower, shift }: FullAffine<T>) {
  return triangle(
    A,
    'lower',
    lower,
    shift.map(() => A.from(1)),
  );
}
