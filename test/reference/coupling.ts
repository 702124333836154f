// Coupling: features that pass, and features that a map moves with parameters that a network computes from those that pass.
//
//   x_A = z_A,   x_B = f(z_B; θ(z_A, context)),   logDet = Σ_B ln ∂x_j/∂z_j
//
// Source: Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803, eq. 4 and 5.

import { type Algebra, sum } from './algebra.js';
import type { Layer } from './chain.js';
import type { ElementwiseMap } from './elementwise.js';
import { type NetworkShape, countOf, network } from './network.js';

export interface Coupling {
  readonly mask: readonly boolean[];
  readonly map: ElementwiseMap;
  /** Numbers that the map of one feature depends on. */
  readonly parameterCount: number;
  readonly hidden: readonly number[];
  readonly activation: NetworkShape['activation'];
  readonly residual: boolean;
  readonly context: number;
}

function shapeOf({ mask, parameterCount, hidden, activation, residual, context }: Coupling): NetworkShape {
  const moved = mask.filter((moves) => moves).length;
  return { inputs: mask.length - moved + context, hidden, outputs: moved * parameterCount, activation, residual };
}

export function count(coupling: Coupling): number {
  return countOf(shapeOf(coupling));
}

/** @param context the row's */
export function layer<T>(coupling: Coupling, vector: readonly T[], context: readonly T[] = []): Layer<T> {
  const { mask, map, parameterCount } = coupling;
  const apply = (A: Algebra<T>, input: readonly T[], direction: 'forward' | 'inverse'): { value: T[]; logDet: T } => {
    const seen = [...input.filter((_, j) => !mask[j]), ...context];
    const theta = network(A, shapeOf(coupling), vector, (j) => seen[j]);
    const logDets: T[] = [];
    const value = input.map((entry, j) => {
      if (!mask[j]) return entry;
      const first = logDets.length * parameterCount;
      const parameters = Array.from({ length: parameterCount }, (_, k) => theta(first + k));
      if (direction === 'forward') {
        const { x, logDet } = map.forward(A, entry, parameters);
        logDets.push(logDet);
        return x;
      }
      const { z, logDet } = map.inverse(A, entry, parameters);
      logDets.push(logDet);
      return z;
    });
    return { value, logDet: sum(A, logDets) };
  };
  return {
    forward: (A, z) => (({ value, logDet }) => ({ x: value, logDet }))(apply(A, z, 'forward')),
    inverse: (A, x) => (({ value, logDet }) => ({ z: value, logDet }))(apply(A, x, 'inverse')),
  };
}
