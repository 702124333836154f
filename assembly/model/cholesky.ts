// Cholesky factor of small symmetric matrices, A = L Lᵀ, and the solution of L x = b, row by row of the batch
//
//   L_jj = √(A_jj − Σ_{k<j} L_jk²),   L_ij = (A_ij − Σ_{k<j} L_ik L_jk) / L_jj, i > j;   zeros above
//   x_i  = (b_i − Σ_{k<i} L_ik x_k) / L_ii
//
// Of A the lower triangle is read, and its gradient is there. Where A is not positive definite, L is NaN from that row on.
//
// Source: the way back is that of Smith 1995, "Differentiation of the Cholesky algorithm", J. Comput. Graph. Stat. 4, p. 134; see also
// Murray 2016, arXiv:1602.07527, §4.

import { addTo, rowBytes } from '../vm/parameter';

// @ts-ignore: decorator
@inline
function place(base: usize, n: i32, i: i32, j: i32, stride: usize, lane: usize): usize {
  return base + <usize>(i * n + j) * stride + lane;
}

export function cholesky(
  l: usize, // [n × n]
  a: usize, // [n × n]
  n: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < j; i++) v128.store(place(l, n, i, j, stride, lane), f64x2.splat(0));
      let pivot = f64x2.splat(0);
      for (let i = j; i < n; i++) {
        let value = v128.load(place(a, n, i, j, stride, lane));
        for (let k = 0; k < j; k++) {
          const both = f64x2.mul(v128.load(place(l, n, i, k, stride, lane)), v128.load(place(l, n, j, k, stride, lane)));
          value = f64x2.sub(value, both);
        }
        if (i == j) pivot = f64x2.sqrt(value);
        v128.store(place(l, n, i, j, stride, lane), i == j ? pivot : f64x2.div(value, pivot));
      }
    }
  }
}

/** Backward of cholesky: da from dl, whose work is done in `work`. */
export function choleskyBackward(
  da: usize,
  work: usize, // [n × n]
  dl: usize,
  l: usize,
  n: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!da) return;
  const bytes = rowBytes(rows);
  const half = f64x2.splat(0.5);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) v128.store(place(work, n, i, j, stride, lane), v128.load(place(dl, n, i, j, stride, lane)));
    }
    for (let k = n - 1; k >= 0; k--) {
      for (let j = k + 1; j < n; j++) {
        for (let i = j; i < n; i++) {
          const f = v128.load(place(work, n, i, j, stride, lane));
          subtract(place(work, n, i, k, stride, lane), f64x2.mul(f, v128.load(place(l, n, j, k, stride, lane))));
          subtract(place(work, n, j, k, stride, lane), f64x2.mul(f, v128.load(place(l, n, i, k, stride, lane))));
        }
      }
      const pivot = v128.load(place(l, n, k, k, stride, lane));
      const diagonal = place(work, n, k, k, stride, lane);
      for (let j = k + 1; j < n; j++) {
        const at = place(work, n, j, k, stride, lane);
        v128.store(at, f64x2.div(v128.load(at), pivot));
        subtract(diagonal, f64x2.mul(v128.load(place(l, n, j, k, stride, lane)), v128.load(at)));
      }
      v128.store(diagonal, f64x2.div(f64x2.mul(half, v128.load(diagonal)), pivot));
    }
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const value = j <= i ? v128.load(place(work, n, i, j, stride, lane)) : f64x2.splat(0);
        addTo(place(da, n, i, j, stride, lane), value, add);
      }
    }
  }
}

// @ts-ignore: decorator
@inline
function subtract(at: usize, value: v128): void {
  v128.store(at, f64x2.sub(v128.load(at), value));
}

/** x of L x = b. */
export function lowerSolve(
  x: usize, // [n]
  l: usize, // [n × n]
  b: usize, // [n]
  n: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let i = 0; i < n; i++) {
      let value = v128.load(b + <usize>i * stride + lane);
      for (let k = 0; k < i; k++) {
        value = f64x2.sub(value, f64x2.mul(v128.load(place(l, n, i, k, stride, lane)), v128.load(x + <usize>k * stride + lane)));
      }
      v128.store(x + <usize>i * stride + lane, f64x2.div(value, v128.load(place(l, n, i, i, stride, lane))));
    }
  }
}

// Backward of lowerSolve: Lᵀ db = dx,   dL_ij −= db_i x_j, i ≥ j

export function lowerSolveBackward(
  dl: usize,
  db: usize,
  work: usize, // [n]
  dx: usize,
  l: usize,
  x: usize,
  n: i32,
  rows: i32,
  stride: usize,
  addL: bool,
  addB: bool,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let i = n - 1; i >= 0; i--) {
      let value = v128.load(dx + <usize>i * stride + lane);
      for (let k = i + 1; k < n; k++) {
        value = f64x2.sub(value, f64x2.mul(v128.load(place(l, n, k, i, stride, lane)), v128.load(work + <usize>k * stride + lane)));
      }
      const solved = f64x2.div(value, v128.load(place(l, n, i, i, stride, lane)));
      v128.store(work + <usize>i * stride + lane, solved);
      if (db) addTo(db + <usize>i * stride + lane, solved, addB);
    }
    if (!dl) continue;
    for (let i = 0; i < n; i++) {
      const minus = f64x2.neg(v128.load(work + <usize>i * stride + lane));
      for (let j = 0; j < n; j++) {
        const value = j <= i ? f64x2.mul(minus, v128.load(x + <usize>j * stride + lane)) : f64x2.splat(0);
        addTo(place(dl, n, i, j, stride, lane), value, addL);
      }
    }
  }
}
