// Householder reflections
//
//   forward   x = H_K … H_1 z,   H_k = I − 2 v_k v_kᵀ / |v_k|²,   logDet 0
//   inverse   z = H_1 … H_K x
//
// Source: Tomczak & Welling 2016, arXiv:1611.09630, eq. 11.

import { type Algebra, dot } from './algebra.js';
import type { Forward, Inverse } from './chain.js';

export interface Householder<T> {
  /** [K][d] */
  v: T[][];
}

/** Reads the parameters from one vector of K d numbers: v_1, …, v_K. */
export function fromVector<T>(vector: readonly T[], dim: number): Householder<T> {
  return { v: Array.from({ length: vector.length / dim }, (_, k) => vector.slice(k * dim, (k + 1) * dim)) };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], { v }: Householder<T>): Forward<T> {
  return { x: v.reduce((point, each) => reflect(A, point, each), [...z]), logDet: A.from(0) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], { v }: Householder<T>): Inverse<T> {
  return { z: v.reduceRight((point, each) => reflect(A, point, each), [...x]), logDet: A.from(0) };
}

function reflect<T>(A: Algebra<T>, point: readonly T[], v: readonly T[]): T[] {
  const factor = A.div(A.mul(A.from(2), dot(A, v, point)), dot(A, v, v));
  return point.map((value, j) => A.sub(value, A.mul(factor, v[j])));
}
