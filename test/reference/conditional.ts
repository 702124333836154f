// A layer whose parameters a network computes from the context: f(z; θ(context)).
//
// Source: van den Berg, Hasenclever, Tomczak & Welling 2018, arXiv:1803.05649, §4.

import type { Algebra } from './algebra.js';
import type { Layer } from './chain.js';
import { type NetworkShape, network } from './network.js';

/** @param make the layer of a vector of parameters */
export function layer<T>(
  shape: NetworkShape,
  make: (vector: readonly T[]) => Layer<T>,
  vector: readonly T[],
  context: readonly T[],
): Layer<T> {
  const given = (A: Algebra<T>): Layer<T> => {
    const theta = network(A, shape, vector, (j) => context[j]);
    return make(Array.from({ length: shape.outputs }, (_, i) => theta(i)));
  };
  return {
    forward: (A, z) => given(A).forward(A, z),
    inverse: (A, x) => given(A).inverse(A, x),
  };
}
