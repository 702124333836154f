// Logarithms of distribution functions that are integrals, with the slopes for the way back, element by element
//
//   tail, y = ln p(a, x):      GammaBelow     P(a, x)                       GammaAbove    Q(a, x) = 1 − P(a, x)
//                              StudentBelow   P(T ≤ x), a degrees of freedom StudentWithin P(|T| ≤ |x|)
//   betaTail, y = ln I(a, b; p : q), the regularised incomplete beta function at the share p / (p + q)
//
// Odds p : q for a share, as either of it and its rest may be close to 0. Every number takes a way of its own, one lane at a time.

import { betaTail as betaTailOf } from '../math/incomplete-beta';
import { gammaTail } from '../math/incomplete-gamma';
import { studentTail } from '../math/student-cdf';
import { Tail } from '../opcodes';
import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

export function tail(
  y: usize, // [dim]
  slopes: usize, // [3 · dim]: in a, in x; the last ones are scratch
  a: usize,
  x: usize,
  dim: i32,
  operation: i32,
  sourceA: i32,
  sourceX: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const step = <usize>dim * stride;
  const maskA = maskOf(sourceA);
  const maskX = maskOf(sourceX);
  for (let j: usize = 0; j < <usize>dim; j++) {
    const rowA = a + j * stepOf(sourceA, stride);
    const rowX = x + j * stepOf(sourceX, stride);
    for (let lane: usize = 0; lane < bytes; lane += 8) {
      const at = j * stride + lane;
      const shape = f64.load(rowA + (lane & maskA));
      const bound = f64.load(rowX + (lane & maskX));
      if (operation <= Tail.GammaAbove) gammaTail(y + at, slopes + at, step, shape, bound, operation == Tail.GammaAbove);
      else studentTail(y + at, slopes + at, step, shape, bound, operation == Tail.StudentWithin);
    }
  }
}

export function betaTail(
  y: usize, // [dim]
  slopes: usize, // [4 · dim]: in a, b, p and q
  a: usize,
  b: usize,
  p: usize,
  q: usize,
  dim: i32,
  sourceA: i32,
  sourceB: i32,
  sourceP: i32,
  sourceQ: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const step = <usize>dim * stride;
  const maskA = maskOf(sourceA);
  const maskB = maskOf(sourceB);
  const maskP = maskOf(sourceP);
  const maskQ = maskOf(sourceQ);
  for (let j: usize = 0; j < <usize>dim; j++) {
    const rowA = a + j * stepOf(sourceA, stride);
    const rowB = b + j * stepOf(sourceB, stride);
    const rowP = p + j * stepOf(sourceP, stride);
    const rowQ = q + j * stepOf(sourceQ, stride);
    for (let lane: usize = 0; lane < bytes; lane += 8) {
      const at = j * stride + lane;
      betaTailOf(
        y + at,
        slopes + at,
        step,
        f64.load(rowA + (lane & maskA)),
        f64.load(rowB + (lane & maskB)),
        f64.load(rowP + (lane & maskP)),
        f64.load(rowQ + (lane & maskQ)),
      );
    }
  }
}

/** Backward of tail: da += slope dy, dx likewise, each summed over the rows that one row stood for */
export function tailBackward(
  da: usize,
  dx: usize,
  dy: usize,
  slopes: usize,
  dim: i32,
  sourceA: i32,
  sourceX: i32,
  rows: i32,
  stride: usize,
  addA: bool,
  addX: bool,
): void {
  const step = <usize>dim * stride;
  slopeTimes(da, dy, slopes, dim, sourceA, rows, stride, addA);
  slopeTimes(dx, dy, slopes + step, dim, sourceX, rows, stride, addX);
}

/** Backward of betaTail */
export function betaTailBackward(
  da: usize,
  db: usize,
  dp: usize,
  dq: usize,
  dy: usize,
  slopes: usize,
  dim: i32,
  sourceA: i32,
  sourceB: i32,
  sourceP: i32,
  sourceQ: i32,
  rows: i32,
  stride: usize,
  addA: bool,
  addB: bool,
  addP: bool,
  addQ: bool,
): void {
  const step = <usize>dim * stride;
  slopeTimes(da, dy, slopes, dim, sourceA, rows, stride, addA);
  slopeTimes(db, dy, slopes + step, dim, sourceB, rows, stride, addB);
  slopeTimes(dp, dy, slopes + 2 * step, dim, sourceP, rows, stride, addP);
  slopeTimes(dq, dy, slopes + 3 * step, dim, sourceQ, rows, stride, addQ);
}

/** d_j += slope_j dy_j, 0 where dy is. */
function slopeTimes(d: usize, dy: usize, slopes: usize, dim: i32, source: i32, rows: i32, stride: usize, add: bool): void {
  if (!d) return;
  const bytes = rowBytes(rows);
  const stepD = stepOf(source, stride);
  for (let j: usize = 0; j < <usize>dim; j++) {
    const adds = add || (j > 0 && stepD == 0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const gradient = v128.load(dy + j * stride + lane);
      const product = f64x2.mul(gradient, v128.load(slopes + j * stride + lane));
      addTo(d + j * stepD + lane, v128.andnot(product, f64x2.eq(gradient, f64x2.splat(0))), adds);
    }
  }
}
