// A map of one number applied to every feature, with parameters of its own: ln |det| is the sum of the logarithms of the slopes.

import { type Algebra, sum } from './algebra.js';
import type { Forward, Inverse, Layer } from './chain.js';

/** What a map's module exports, its settings given. */
export interface ElementwiseMap {
  forward<T>(A: Algebra<T>, z: T, parameters: readonly T[]): { x: T; logDet: T };
  inverse<T>(A: Algebra<T>, x: T, parameters: readonly T[]): { z: T; logDet: T };
}

/** The map on `dim` features, whose parameters stand one feature behind the other. */
export function elementwise<T>(map: ElementwiseMap, vector: readonly T[], dim: number): Layer<T> {
  const count = vector.length / dim;
  const own = (j: number): T[] => vector.slice(j * count, (j + 1) * count);
  return {
    forward(A: Algebra<T>, z: readonly T[]): Forward<T> {
      const each = z.map((value, j) => map.forward(A, value, own(j)));
      const logDets = each.map(({ logDet }) => logDet);
      return { x: each.map(({ x }) => x), logDet: sum(A, logDets) };
    },
    inverse(A: Algebra<T>, x: readonly T[]): Inverse<T> {
      const each = x.map((value, j) => map.inverse(A, value, own(j)));
      const logDets = each.map(({ logDet }) => logDet);
      return { z: each.map(({ z }) => z), logDet: sum(A, logDets) };
    },
  };
}
