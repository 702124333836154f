// Linear map with a PLU factorisation, from data to base, rows as vectors
//
//   inverse   z = x P L U,                logDet  Σ logDiagonal_j
//   forward   x = z U⁻¹ L⁻¹ Pᵀ,           logDet −Σ logDiagonal_j
//
// L has ones on its diagonal, U sign_j e^logDiagonal_j; column j of P has its 1 in row order_j.
//
// Source: Kingma & Dhariwal 2018, arXiv:1807.03039, eq. 10 and 11.

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';
import { lowerSolve, type Matrix, times, transpose, triangle, upperSolve } from './matrix.js';

/** Packed row by row: lower [d (d − 1)/2], upper [d (d − 1)/2]; logDiagonal [d]. Fixed: order [d], signs [d]. */
export interface Plu<T> {
  lower: T[];
  upper: T[];
  logDiagonal: T[];
  order: readonly number[];
  signs: readonly number[];
}

/** Reads the parameters from one vector of d² numbers: lower, upper, logDiagonal. */
export function fromVector<T>(vector: readonly T[], order: readonly number[], signs: readonly number[]): Plu<T> {
  const dim = order.length;
  const entries = (dim * (dim - 1)) / 2;
  return {
    lower: vector.slice(0, entries),
    upper: vector.slice(entries, 2 * entries),
    logDiagonal: vector.slice(2 * entries),
    order,
    signs,
  };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], parameters: Plu<T>): Forward<T> {
  const { P, L, U } = factors(A, parameters);
  const x = times(A, P, upperSolve(A, transpose(L), lowerSolve(A, transpose(U), z)));
  return { x, logDet: A.neg(sum(A, parameters.logDiagonal)) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], parameters: Plu<T>): Inverse<T> {
  const { P, L, U } = factors(A, parameters);
  const z = times(A, transpose(U), times(A, transpose(L), times(A, transpose(P), x)));
  return { z, logDet: sum(A, parameters.logDiagonal) };
}

function factors<T>(
  A: Algebra<T>,
  { lower, upper, logDiagonal, order, signs }: Plu<T>,
): { P: Matrix<T>; L: Matrix<T>; U: Matrix<T> } {
  const diagonal = logDiagonal.map((value, j) => A.mul(A.from(signs[j]), A.exp(value)));
  const ones = order.map(() => A.from(1));
  const P = order.map((_, i) => order.map((row) => A.from(row === i ? 1 : 0)));
  return { P, L: triangle(A, 'lower', lower, ones), U: triangle(A, 'upper', upper, diagonal) };
}
