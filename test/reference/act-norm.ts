// Activation normalisation: an element-wise affine map, from data to base
//
//   inverse   z = e^logScale ⊙ x + shift,          logDet  Σ logScale
//   forward   x = (z − shift) ⊙ e^−logScale,       logDet −Σ logScale
//
// Source: Kingma & Dhariwal 2018, arXiv:1807.03039, §3.1.

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

/** The parameters: logScale [d], shift [d]. */
export interface ActNorm<T> {
  logScale: T[];
  shift: T[];
}

/** Reads the parameters from one vector of 2 d + 1 numbers: logScale, shift, and whether they have been set, which changes nothing. */
export function fromVector<T>(vector: readonly T[]): ActNorm<T> {
  const dim = (vector.length - 1) / 2;
  return { logScale: vector.slice(0, dim), shift: vector.slice(dim, 2 * dim) };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], { logScale, shift }: ActNorm<T>): Forward<T> {
  return { x: z.map((zi, i) => A.mul(A.sub(zi, shift[i]), A.exp(A.neg(logScale[i])))), logDet: A.neg(sum(A, logScale)) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], { logScale, shift }: ActNorm<T>): Inverse<T> {
  return { z: x.map((xi, i) => A.add(A.mul(A.exp(logScale[i]), xi), shift[i])), logDet: sum(A, logScale) };
}

/** What data set: logScale = −ln std, shift = −mean/std, each feature's own, with the unbiased deviation. */
export function fromData<T>(A: Algebra<T>, rows: readonly (readonly T[])[]): ActNorm<T> {
  const count = A.from(rows.length);
  const columns = rows[0].map((_, j) => rows.map((row) => row[j]));
  const statistics = columns.map((column) => {
    const mean = A.div(sum(A, column), count);
    const squares = column.map((value) => A.mul(A.sub(value, mean), A.sub(value, mean)));
    return { mean, deviation: A.sqrt(A.div(sum(A, squares), A.from(rows.length - 1))) };
  });
  return {
    logScale: statistics.map(({ deviation }) => A.neg(A.log(deviation))),
    shift: statistics.map(({ mean, deviation }) => A.neg(A.div(mean, deviation))),
  };
}
