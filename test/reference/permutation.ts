// Permutation of the features
//
//   forward   x_j = z_order(j),   logDet 0
//   inverse   z_order(j) = x_j

import type { Algebra } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

export interface Permutation {
  order: readonly number[];
}

export function forward<T>(A: Algebra<T>, z: readonly T[], { order }: Permutation): Forward<T> {
  return { x: order.map((index) => z[index]), logDet: A.from(0) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], { order }: Permutation): Inverse<T> {
  return { z: x.map((_, index) => x[order.indexOf(index)]), logDet: A.from(0) };
}
