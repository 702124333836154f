// Product of small matrices, row by row of the batch, each a block or data
//
//   y_ij = Σ_l a_il b_lj,     a [n × k], b [k × m], y [n × m], row-major
//
// One accumulator per element, l ascending. Long data times a vector goes through assembly/nets/dense.ts instead.

import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

export function product(
  y: usize,
  a: usize,
  b: usize,
  n: i32,
  k: i32,
  m: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const stepA = stepOf(sourceA, stride);
  const stepB = stepOf(sourceB, stride);
  const maskA = maskOf(sourceA);
  const maskB = maskOf(sourceB);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      const out = y + <usize>(i * m + j) * stride;
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        let sum = f64x2.splat(0);
        let fromA = a + <usize>(i * k) * stepA + (lane & maskA);
        let fromB = b + <usize>j * stepB + (lane & maskB);
        for (let l = 0; l < k; l++) {
          sum = f64x2.add(sum, f64x2.mul(v128.load(fromA), v128.load(fromB)));
          fromA += stepA;
          fromB += <usize>m * stepB;
        }
        v128.store(out + lane, sum);
      }
    }
  }
}

/** Backward of product: da_il += Σ_j dy_ij b_lj,   db_lj += Σ_i a_il dy_ij */
export function productBackward(
  da: usize,
  db: usize,
  dy: usize,
  a: usize,
  b: usize,
  n: i32,
  k: i32,
  m: i32,
  sourceA: i32,
  sourceB: i32,
  rows: i32,
  stride: usize,
  addA: bool,
  addB: bool,
): void {
  const bytes = rowBytes(rows);
  const stepA = stepOf(sourceA, stride);
  const stepB = stepOf(sourceB, stride);
  const maskA = maskOf(sourceA);
  const maskB = maskOf(sourceB);
  for (let l = 0; l < k; l++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      if (da) {
        for (let i = 0; i < n; i++) {
          let sum = f64x2.splat(0);
          for (let j = 0; j < m; j++) {
            const d = v128.load(dy + <usize>(i * m + j) * stride + lane);
            sum = f64x2.add(sum, f64x2.mul(d, v128.load(b + <usize>(l * m + j) * stepB + (lane & maskB))));
          }
          addTo(da + <usize>(i * k + l) * stride + lane, sum, addA);
        }
      }
      if (db) {
        for (let j = 0; j < m; j++) {
          let sum = f64x2.splat(0);
          for (let i = 0; i < n; i++) {
            const d = v128.load(dy + <usize>(i * m + j) * stride + lane);
            sum = f64x2.add(sum, f64x2.mul(d, v128.load(a + <usize>(i * k + l) * stepA + (lane & maskA))));
          }
          addTo(db + <usize>(l * m + j) * stride + lane, sum, addB);
        }
      }
    }
  }
}
