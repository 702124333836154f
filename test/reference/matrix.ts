// Small dense matrices, as naive as they come.

import { type Algebra, dot } from './algebra.js';

/** Rows. */
export type Matrix<T> = T[][];

/** A triangular matrix from its diagonal and the entries beside it, packed row by row. */
export function triangle<T>(A: Algebra<T>, side: 'lower' | 'upper', entries: readonly T[], diagonal: readonly T[]): Matrix<T> {
  let next = 0;
  return diagonal.map((own, i) =>
    diagonal.map((_, j) => {
      if (i === j) return own;
      return (side === 'lower') === j < i ? entries[next++] : A.from(0);
    }),
  );
}

export function transpose<T>(matrix: Matrix<T>): Matrix<T> {
  return matrix.map((_, j) => matrix.map((row) => row[j]));
}

/** M x */
export function times<T>(A: Algebra<T>, matrix: Matrix<T>, x: readonly T[]): T[] {
  return matrix.map((row) => dot(A, row, x));
}

/** The solution of L y = x, first row first. */
export function lowerSolve<T>(A: Algebra<T>, matrix: Matrix<T>, x: readonly T[]): T[] {
  const y: T[] = [];
  matrix.forEach((row, i) => y.push(A.div(A.sub(x[i], dot(A, row.slice(0, i), y)), row[i])));
  return y;
}

/** The solution of U y = x, last row first. */
export function upperSolve<T>(A: Algebra<T>, matrix: Matrix<T>, x: readonly T[]): T[] {
  const turned = [...matrix].reverse().map((row) => [...row].reverse());
  return lowerSolve(A, turned, [...x].reverse()).reverse();
}
