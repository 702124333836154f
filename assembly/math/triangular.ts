// Triangular matrices, packed, times a block of rows
//
//   product    out = T x    or  Tᵀ x,     T = diag + strict, or I + strict
//   solution   out = T⁻¹ x  or  T⁻ᵀ x
//   outer      dT_ij += ± Σ_r a_i b_j beside the diagonal, and on it the gradient of its logarithm, ± Σ_r T_ii a_i b_i
//
// The strict entries of a lower triangle are packed row by row, entry (i, j), j < i, at i (i − 1)/2 + j: NumPy's tril_indices(d, −1).
// An upper one is packed row by row too, triu_indices(d, 1), and that is a lower one read backwards, features and entries both from the last to
// the first: one loop serves both, with steps that may be negative. Rows of T lie one beside the other; down a column the steps grow by one.
//
// A product needs features on one side of the one it makes, so that it may be made in place; a solution needs those that it has made.
//
// Limits: sums run over j ascending, one rounding a term, and a solution is the exact one of a matrix whose entries are off by about d ε of
// their own size: as exact as T's conditioning allows. A zero on the diagonal is not looked for.

import { addTo, parameter, rowBytes, rowMask, sumLanes } from '../vm/parameter';

/** Four vectors of two rows each: independent sums hide the latency of additions. */
const GROUP: usize = 64;

/** Doubles from the first strict entry to that of row i. */
// @ts-ignore: decorator
@inline
function rowStart(i: isize): isize {
  return (i * (i - 1)) >> 1;
}

/** Bytes from one parameter to the next. */
// @ts-ignore: decorator
@inline
function unitOf<P>(stride: usize): isize {
  return isVector<P>() ? <isize>stride : 8;
}

/**
 * A product or a solution. Runs over whole groups of eight rows: a block's padding has room for what lies behind the last row, nobody reads it,
 * and a row's bits do not depend on how many there are.
 */
export function triangular<P>(
  out: usize, // [dim], may be x where it is not added to
  x: usize, // [dim]
  entries: usize, // [dim (dim − 1)/2]
  diagonal: usize, // [dim]; 0 for ones
  dim: i32,
  upper: i32,
  transposed: bool,
  solve: bool,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  let step = <isize>stride;
  let unit = unitOf<P>(stride);
  const d = <isize>dim;
  let firstOut = out;
  let firstX = x;
  let firstEntry = entries;
  let firstDiagonal = diagonal;
  const diagonalUnit = upper ? -unit : unit;
  if (upper) {
    firstOut += (d - 1) * step;
    firstX += (d - 1) * step;
    firstEntry += (rowStart(d) - 1) * unit;
    firstDiagonal += (d - 1) * unit;
    step = -step;
    unit = -unit;
  }
  const known = solve ? firstOut : firstX;
  const growth = transposed ? unit : 0;
  const ascending = transposed != solve;
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += GROUP) {
    for (let k: isize = 0; k < d; k++) {
      const i = ascending ? k : d - 1 - k;
      const count = transposed ? d - 1 - i : i;
      let from = known + lane + (transposed ? (i + 1) * step : 0);
      let entry = firstEntry + (transposed ? rowStart(i + 1) + i : rowStart(i)) * unit + (isVector<P>() ? lane : 0);
      let hop = transposed ? (i + 1) * unit : unit;
      let s0 = f64x2.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let n: isize = 0; n < count; n++) {
        const t0 = isVector<P>() ? v128.load(entry) : v128.load64_splat(entry);
        const t1 = isVector<P>() ? v128.load(entry, 16) : t0;
        const t2 = isVector<P>() ? v128.load(entry, 32) : t0;
        const t3 = isVector<P>() ? v128.load(entry, 48) : t0;
        s0 = f64x2.add(s0, f64x2.mul(t0, v128.load(from)));
        s1 = f64x2.add(s1, f64x2.mul(t1, v128.load(from, 16)));
        s2 = f64x2.add(s2, f64x2.mul(t2, v128.load(from, 32)));
        s3 = f64x2.add(s3, f64x2.mul(t3, v128.load(from, 48)));
        from += step;
        entry += hop;
        hop += growth;
      }
      const at = firstDiagonal + i * diagonalUnit + (isVector<P>() ? lane : 0);
      const own = firstX + i * step + lane;
      const to = firstOut + i * step + lane;
      finish<P>(to, own, s0, diagonal, at, solve, add);
      finish<P>(to + 16, own + 16, s1, diagonal, at + (isVector<P>() ? 16 : 0), solve, add);
      finish<P>(to + 32, own + 32, s2, diagonal, at + (isVector<P>() ? 32 : 0), solve, add);
      finish<P>(to + 48, own + 48, s3, diagonal, at + (isVector<P>() ? 48 : 0), solve, add);
    }
  }
}

/** out_i = d x_i + sum, or (x_i − sum) / d. */
// @ts-ignore: decorator
@inline
function finish<P>(to: usize, own: usize, sum: v128, diagonal: usize, at: usize, solve: bool, add: bool): void {
  let value = v128.load(own);
  if (solve) value = f64x2.sub(value, sum);
  if (diagonal) {
    const d = isVector<P>() ? v128.load(at) : v128.load64_splat(at);
    value = solve ? f64x2.div(value, d) : f64x2.mul(value, d);
  }
  if (!solve) value = f64x2.add(value, sum);
  addTo(to, value, add);
}

/** The gradients of T's entries and of ln |diagonal|, where a and b are blocks: that of T x is outer(dOut, x), that of Tᵀ x outer(x, dOut). */
export function outer<P>(
  dEntries: usize, // 0 where it is not wanted, as dDiagonal
  dDiagonal: usize,
  a: usize, // [dim]
  b: usize, // [dim]
  diagonal: usize, // [dim]; 0 for ones
  sign: f64,
  dim: i32,
  upper: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dEntries, dDiagonal
): void {
  const unit = unitOf<P>(stride);
  let entry = dEntries;
  for (let i = 0; i < dim; i++) {
    const row = a + <usize>i * stride;
    const first = upper ? i + 1 : 0;
    const last = upper ? dim : i;
    if (dEntries) outerRow<P>(entry, row, b + <usize>first * stride, sign, last - first, rows, stride, (add & 1) != 0);
    entry += <isize>(last - first) * unit;
    if (dDiagonal) outerDiagonal<P>(dDiagonal + <isize>i * unit, row, b + <usize>i * stride, diagonal + <isize>i * unit, sign, rows, (add & 2) != 0);
  }
}

/** Entry n += sign Σ_r a b_n, for `count` of them: four at a time, one sum each over the rows in their order. */
function outerRow<P>(to: usize, a: usize, b: usize, sign: f64, count: i32, rows: i32, stride: usize, add: bool): void {
  if (isVector<P>()) return products(to, a, b, sign, count, rows, stride, add);
  const whole = <usize>(rows >> 1) << 4;
  let n = 0;
  for (; n + 4 <= count; n += 4) {
    let s0 = f64x2.splat(0);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    const b1 = b + stride;
    const b2 = b1 + stride;
    const b3 = b2 + stride;
    for (let lane: usize = 0; lane < whole; lane += 16) {
      const value = v128.load(a + lane);
      s0 = f64x2.add(s0, f64x2.mul(value, v128.load(b + lane)));
      s1 = f64x2.add(s1, f64x2.mul(value, v128.load(b1 + lane)));
      s2 = f64x2.add(s2, f64x2.mul(value, v128.load(b2 + lane)));
      s3 = f64x2.add(s3, f64x2.mul(value, v128.load(b3 + lane)));
    }
    addSum(to, s0, a, b, sign, whole, rows);
    addSum(to + 8, s1, a, b1, sign, whole, rows);
    addSum(to + 16, s2, a, b2, sign, whole, rows);
    addSum(to + 24, s3, a, b3, sign, whole, rows);
    to += 32;
    b = b3 + stride;
  }
  for (; n < count; n++) {
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < whole; lane += 16) sum = f64x2.add(sum, f64x2.mul(v128.load(a + lane), v128.load(b + lane)));
    addSum(to, sum, a, b, sign, whole, rows);
    to += 8;
    b += stride;
  }
}

/** to += sign Σ_r (d a) b: in this order, as a or b alone may be as large as 1/d. */
function outerDiagonal<P>(to: usize, a: usize, b: usize, d: usize, sign: f64, rows: i32, add: bool): void {
  const factor = f64x2.splat(sign);
  let sum = f64x2.splat(0);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = f64x2.mul(f64x2.mul(parameter<P>(d, 0, 0, lane), v128.load(a + lane)), v128.load(b + lane));
    if (isVector<P>()) addTo(to + lane, f64x2.mul(factor, value), add);
    else sum = f64x2.add(sum, v128.and(value, rowMask(lane, rows)));
  }
  if (!isVector<P>()) f64.store(to, f64.load(to) + sign * sumLanes(sum));
}

/** Both lanes of a sum, and the last row of an odd count. */
// @ts-ignore: decorator
@inline
function addSum(to: usize, sum: v128, a: usize, b: usize, sign: f64, whole: usize, rows: i32): void {
  let total = sumLanes(sum);
  if (rows & 1) total += f64.load(a + whole) * f64.load(b + whole);
  f64.store(to, f64.load(to) + sign * total);
}

/** Entries per sample: entry n of a row is sign a b_n of that row. */
function products(to: usize, a: usize, b: usize, sign: f64, count: i32, rows: i32, stride: usize, add: bool): void {
  const factor = f64x2.splat(sign);
  const bytes = rowBytes(rows);
  for (let n = 0; n < count; n++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      addTo(to + lane, f64x2.mul(factor, f64x2.mul(v128.load(a + lane), v128.load(b + lane))), add);
    }
    to += stride;
    b += stride;
  }
}
