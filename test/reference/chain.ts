// The change of variables along a chain of invertible maps, z_K = f_K ∘ … ∘ f_1(z_0):
//
//   ln q_K(z_K) = ln q_0(z_0) − Σ_k ln |det ∂f_k/∂z_{k−1}|
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, §3.1, eq. 6 and 7.

import type { Algebra } from './algebra.js';

export interface Forward<T> {
  x: T[];
  /** ln |det ∂x/∂z| */
  logDet: T;
}

export interface Inverse<T> {
  z: T[];
  /** ln |det ∂z/∂x| */
  logDet: T;
}

/** What a transform's module exports, for numbers `T` and parameters `P`. */
export interface Transform<T, P> {
  forward(A: Algebra<T>, z: readonly T[], parameters: P): Forward<T>;
  inverse(A: Algebra<T>, x: readonly T[], parameters: P): Inverse<T>;
}

/** A transform with its parameters. */
export interface Layer<T> {
  forward(A: Algebra<T>, z: readonly T[]): Forward<T>;
  inverse(A: Algebra<T>, x: readonly T[]): Inverse<T>;
}

export function layer<T, P>(transform: Transform<T, P>, parameters: P): Layer<T> {
  return {
    forward: (A, z) => transform.forward(A, z, parameters),
    inverse: (A, x) => transform.inverse(A, x, parameters),
  };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], layers: readonly Layer<T>[]): Forward<T> {
  let [x, logDet] = [[...z], A.from(0)];
  for (const each of layers) {
    const step = each.forward(A, x);
    x = step.x;
    logDet = A.add(logDet, step.logDet);
  }
  return { x, logDet };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], layers: readonly Layer<T>[]): Inverse<T> {
  let [z, logDet] = [[...x], A.from(0)];
  for (const each of [...layers].reverse()) {
    const step = each.inverse(A, z);
    z = step.z;
    logDet = A.add(logDet, step.logDet);
  }
  return { z, logDet };
}

/** ln q_K at `x`, of the flow whose base has the log density `baseLogProb`. */
export function logProb<T>(A: Algebra<T>, x: readonly T[], layers: readonly Layer<T>[], baseLogProb: (z: T[]) => T): T {
  const { z, logDet } = inverse(A, x, layers);
  return A.add(baseLogProb(z), logDet);
}
