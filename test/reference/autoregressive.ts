// Autoregressive transform: a map moves every feature, with parameters that a masked network computes from the features before it.
//
//   x_i = f(z_i; θ_i(z_{<i}, context)),   logDet = Σ_i ln ∂x_i/∂z_i
//
// The inverse goes feature by feature: what θ_i asks of z is known by then.
//
// Source: Papamakarios, Pavlakou & Murray 2017, arXiv:1705.07057, §3.

import { type Algebra, sum } from './algebra.js';
import type { Layer } from './chain.js';
import type { ElementwiseMap } from './elementwise.js';
import { type NetworkShape, countOf, degreesOf, masks, network, widthsOf } from './network.js';

export interface Autoregressive {
  readonly dim: number;
  readonly order: readonly number[];
  readonly map: ElementwiseMap;
  /** Numbers that the map of one feature depends on. */
  readonly parameterCount: number;
  readonly hidden: readonly number[];
  readonly activation: NetworkShape['activation'];
  readonly residual: boolean;
  readonly context: number;
}

function shapeOf({ dim, parameterCount, hidden, activation, residual, context }: Autoregressive): NetworkShape {
  const outputs = dim * parameterCount;
  const plain = { inputs: context + dim, hidden, outputs, activation, residual };
  const degrees = widthsOf(plain)
    .slice(1, -1)
    .map((width) => degreesOf(dim, context, width));
  return { ...plain, sees: masks(context, parameterCount, degrees) };
}

export function count(transform: Autoregressive): number {
  return countOf(shapeOf(transform));
}

/** @param context the row's */
export function layer<T>(transform: Autoregressive, vector: readonly T[], context: readonly T[] = []): Layer<T> {
  const { order, map, parameterCount } = transform;
  const theta = (A: Algebra<T>, feature: (i: number) => T): ((i: number) => T[]) => {
    const output = network(A, shapeOf(transform), vector, (j) => (j < context.length ? context[j] : feature(j - context.length)));
    return (i) => Array.from({ length: parameterCount }, (_, k) => output(i * parameterCount + k));
  };
  return {
    forward: (A, z) => {
      const parameters = theta(A, (i) => z[order[i]]);
      const moved = order.map((feature, i) => map.forward(A, z[feature], parameters(i)));
      const x = z.map((_, feature) => moved[order.indexOf(feature)].x);
      return {
        x,
        logDet: sum(
          A,
          moved.map(({ logDet }) => logDet),
        ),
      };
    },
    inverse: (A, x) => {
      const z = [...x];
      const parameters = theta(A, (i) => z[order[i]]);
      const logDets = order.map((feature, i) => {
        const moved = map.inverse(A, x[feature], parameters(i));
        z[feature] = moved.z;
        return moved.logDet;
      });
      return { z, logDet: sum(A, logDets) };
    },
  };
}
