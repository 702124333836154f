// Sylvester flow
//
//   forward   x = z + Q R₁ tanh(a),      a = R₂ Qᵀz + b
//   logDet    Σ ln(1 + tanh′(aᵢ) (R₁)ᵢᵢ (R₂)ᵢᵢ)
//   Q         the first m columns of H_{K−1} … H₀, H = I − 2 v vᵀ / |v|²; without reflections the identity, or the reversal of features
//   R₁, R₂    upper triangular [m × m], their diagonals tanh of the parameters
//   inverse   y + R₁ tanh(R₂ y + b) = Qᵀx is triangular: row i, the last first, is the planar flow's scalar equation for aᵢ,
//             with (R₂)ᵢᵢ (Qᵀx − Σ_{j>i} (R₁)ᵢⱼ hⱼ)ᵢ + bᵢ + Σ_{j>i} (R₂)ᵢⱼ yⱼ on its right;  z = x − Q R₁ tanh(a)
//
// Source: van den Berg, Hasenclever, Tomczak & Welling 2018, arXiv:1803.05649, §3 and §4.
//
// Limits: δ = 1 + (R₁)ᵢᵢ (R₂)ᵢᵢ = 1 + tanh p tanh q cancels where p and q have opposite signs. There it is
// 2 (σ(−2|p|) σ(2|q|) + σ(2|p|) σ(−2|q|)), two positive terms. See planar.ts for h² + s δ, and for what float64 cannot do.

import { type Algebra, dot, sum } from './algebra.js';
import type { Forward, Inverse } from './chain.js';
import { preActivation, slope } from './planar.js';

/** The unconstrained parameters. */
export interface Sylvester<T> {
  /** Upper triangles [m (m + 1) / 2], row by row. */
  r1: T[];
  r2: T[];
  /** [m] */
  b: T[];
  /** [K][d] */
  v: T[][];
  reversed: boolean;
}

export interface Shape {
  dim: number;
  rank: number;
  reflections: number;
  reversed?: boolean;
}

/** Numbers of one layer: r1, r2, b, v. */
export function count({ dim, rank, reflections }: Shape): number {
  return rank * (rank + 1) + rank + reflections * dim;
}

export function fromVector<T>(vector: readonly T[], { dim, rank, reflections, reversed = false }: Shape): Sylvester<T> {
  const triangle = (rank * (rank + 1)) / 2;
  const v = vector.slice(2 * triangle + rank);
  return {
    r1: vector.slice(0, triangle),
    r2: vector.slice(triangle, 2 * triangle),
    b: vector.slice(2 * triangle, 2 * triangle + rank),
    v: Array.from({ length: reflections }, (_, k) => v.slice(k * dim, (k + 1) * dim)),
    reversed,
  };
}

export function forward<T>(A: Algebra<T>, z: readonly T[], parameters: Sylvester<T>): Forward<T> {
  const { r1, r2, delta, columns } = constrain(A, parameters, z.length);
  const y = columns.map((column) => dot(A, column, z));
  const a = parameters.b.map((bi, i) => A.add(bi, row(A, r2, i, i, y)));
  const h = a.map(A.tanh);
  const g = h.map((_, i) => row(A, r1, i, i, h));
  const logDet = a.map((ai, i) => A.log(slope(A, ai, h[i], delta[i])));
  return { x: moved(A, z, columns, g), logDet: sum(A, logDet) };
}

export function inverse<T>(A: Algebra<T>, x: readonly T[], parameters: Sylvester<T>): Inverse<T> {
  const { r1, r2, delta, columns } = constrain(A, parameters, x.length);
  const rank = columns.length;
  const [y, h, g] = [0, 1, 2].map(() => new Array<T>(rank).fill(A.from(0)));
  let logDet = A.from(0);
  for (let i = rank - 1; i >= 0; i--) {
    const others = row(A, r1, i, i + 1, h);
    const target = A.sub(dot(A, columns[i], x), others);
    const right = A.add(A.mul(r2[i][i], target), A.add(parameters.b[i], row(A, r2, i, i + 1, y)));
    const a = preActivation(A, right, delta[i]);
    h[i] = A.tanh(a);
    const own = A.mul(r1[i][i], h[i]);
    y[i] = A.sub(target, own);
    g[i] = A.neg(A.add(others, own));
    logDet = A.sub(logDet, A.log(slope(A, a, h[i], delta[i])));
  }
  return { z: moved(A, x, columns, g), logDet };
}

/** from + Q g */
function moved<T>(A: Algebra<T>, from: readonly T[], columns: readonly T[][], g: readonly T[]): T[] {
  return from.map((value, j) =>
    A.add(
      value,
      dot(
        A,
        columns.map((column) => column[j]),
        g,
      ),
    ),
  );
}

/** Σ_{j ≥ start} R_ij t_j */
function row<T>(A: Algebra<T>, matrix: readonly T[][], i: number, start: number, t: readonly T[]): T {
  return dot(A, matrix[i].slice(start), t.slice(start));
}

function constrain<T>(A: Algebra<T>, { r1, r2, b, v, reversed }: Sylvester<T>, dim: number) {
  const rank = b.length;
  const [first, second] = [square(A, r1, rank), square(A, r2, rank)];
  const delta = b.map((_, i) => onePlusProduct(A, first[i][i], second[i][i]));
  for (const matrix of [first, second]) matrix.forEach((entries, i) => (entries[i] = A.tanh(entries[i])));
  return { r1: first, r2: second, delta, columns: frame(A, v, dim, rank, reversed) };
}

/** The packed triangle as a matrix. */
function square<T>(A: Algebra<T>, triangle: readonly T[], rank: number): T[][] {
  let at = 0;
  return Array.from({ length: rank }, (_, i) => Array.from({ length: rank }, (_, j) => (j < i ? A.from(0) : triangle[at++])));
}

/** The columns of Q. */
export function frame<T>(A: Algebra<T>, v: readonly T[][], dim: number, rank: number, reversed = false): T[][] {
  return Array.from({ length: rank }, (_, i) => {
    const start = Array.from({ length: dim }, (_, j) => A.from(j === (reversed ? dim - 1 - i : i) ? 1 : 0));
    return v.reduce((column, vk) => {
      const factor = A.div(A.mul(A.from(2), dot(A, vk, column)), dot(A, vk, vk));
      return column.map((value, j) => A.sub(value, A.mul(factor, vk[j])));
    }, start);
  });
}

/** 1 + tanh p tanh q */
function onePlusProduct<T>(A: Algebra<T>, p: T, q: T): T {
  const zero = A.from(0);
  const isApart = (A.lessThan(p, zero) && A.lessThan(zero, q)) || (A.lessThan(zero, p) && A.lessThan(q, zero));
  if (!isApart) return A.add(A.from(1), A.mul(A.tanh(p), A.tanh(q)));
  const two = A.from(2);
  const [p2, q2] = [A.mul(two, A.abs(p)), A.mul(two, A.abs(q))];
  const first = A.mul(A.sigmoid(A.neg(p2)), A.sigmoid(q2));
  return A.mul(two, A.add(first, A.mul(A.sigmoid(p2), A.sigmoid(A.neg(q2)))));
}
