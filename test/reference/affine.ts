// Element-wise affine map
//
//   forward   x = shift + e^logScale ⊙ z,      logDet  Σ logScale
//   inverse   z = (x − shift) ⊙ e^−logScale,   logDet −Σ logScale

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

/** The unconstrained parameters: shift [d], logScale [d]. */
export interface Affine<T> {
  shift: T[];
  logScale: T[];
}

/** Reads the parameters from one vector of 2 d numbers: shift, logScale. */
export function fromVector<T>(vector: readonly T[]): Affine<T> {
  const dim = vector.length / 2;
  return { shift: vector.slice(0, dim), logScale: vector.slice(dim) };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], { shift, logScale }: Affine<T>): Forward<T> {
  return { x: z.map((zi, i) => A.add(shift[i], A.mul(A.exp(logScale[i]), zi))), logDet: sum(A, logScale) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], { shift, logScale }: Affine<T>): Inverse<T> {
  const z = x.map((xi, i) => A.mul(A.sub(xi, shift[i]), A.exp(A.neg(logScale[i]))));
  return { z, logDet: A.neg(sum(A, logScale)) };
}
