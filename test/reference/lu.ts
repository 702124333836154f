// Linear map with an LU factorisation, from data to base
//
//   inverse   z = L (U x) + shift,            logDet  Σ ln U_jj
//   forward   x = U⁻¹ (L⁻¹ (z − shift)),      logDet −Σ ln U_jj
//
// L has ones on its diagonal, U softplus(raw_j) + 10⁻³.
//
// Source: Durkan et al. 2019, arXiv:1906.04032, §3.2.1; parametrised as in nflows' LULinear, whose 10⁻³ is the double 1e-3.

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';
import { lowerSolve, type Matrix, times, triangle, upperSolve } from './matrix.js';

/** Packed row by row: lower [d (d − 1)/2], upper [d (d − 1)/2]; rawDiagonal [d], shift [d]. */
export interface Lu<T> {
  lower: T[];
  upper: T[];
  rawDiagonal: T[];
  shift: T[];
}

/** Reads the parameters from one vector of d (d + 1) numbers: lower, upper, rawDiagonal, shift. */
export function fromVector<T>(vector: readonly T[]): Lu<T> {
  const dim = Math.floor(Math.sqrt(vector.length));
  const entries = (dim * (dim - 1)) / 2;
  const cut = [0, entries, 2 * entries, 2 * entries + dim, vector.length];
  const [lower, upper, rawDiagonal, shift] = cut.slice(1).map((end, k) => vector.slice(cut[k], end));
  return { lower, upper, rawDiagonal, shift };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], parameters: Lu<T>): Forward<T> {
  const { L, U, logDet } = factors(A, parameters);
  const centred = z.map((zi, i) => A.sub(zi, parameters.shift[i]));
  return { x: upperSolve(A, U, lowerSolve(A, L, centred)), logDet: A.neg(logDet) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], parameters: Lu<T>): Inverse<T> {
  const { L, U, logDet } = factors(A, parameters);
  const z = times(A, L, times(A, U, x)).map((zi, i) => A.add(zi, parameters.shift[i]));
  return { z, logDet };
}

function factors<T>(A: Algebra<T>, { lower, upper, rawDiagonal }: Lu<T>): { L: Matrix<T>; U: Matrix<T>; logDet: T } {
  const diagonal = rawDiagonal.map((raw) => A.add(A.softplus(raw), A.from(1e-3)));
  const ones = diagonal.map(() => A.from(1));
  const logDet = sum(A, diagonal.map(A.log));
  return { L: triangle(A, 'lower', lower, ones), U: triangle(A, 'upper', upper, diagonal), logDet };
}
