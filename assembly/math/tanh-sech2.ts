// tanh x and sech² x = 1 − tanh² x together, for kernels that need both and can spare some ulp
//
//   2x = k ln 2 + r,   p = expm1(r),   Q = 2^(k−1)
//   e  = Q + Q p        = exp(2x) / 2
//   t  = (Q − ½) + Q p  = expm1(2x) / 2
//   tanh x = t / (1 + t),   sech² x = 2 e / (1 + t)²
//
// One division serves both, nothing cancels in sech², and there is no branch. |2x| is clamped to 708, where sech² is 1.3e-307.
//
// The row version goes over the row three times, each pass a short chain of operations: in one pass the processor's window holds hardly
// two iterations of a chain this long, and it is 1.8 times as slow (6.0 against 3.2 ns per element).

import { LN2_HI, LN2_LO, LOG2_E, ONE, SHIFTER, tail } from './exp';

const RANGE: usize = memory.data<f64>([-708.0, -708.0, 708.0, 708.0], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);

/** Stores tanh x at h, within 3.5 ulp, and sech² x at s, within 5.5 ulp for |x| ≤ 354; NaN → NaN, ±0 → 0, ±∞ → ±1 and 1.3e-307. */
// @ts-ignore: decorator
@inline
export function tanhSech2(h: usize, s: usize, x: v128): void {
  reduce(h, s, x, v128.load(RANGE, 0), v128.load(RANGE, 16), v128.load(LOG2_E), v128.load(SHIFTER), v128.load(LN2_HI), v128.load(LN2_LO), v128.load(HALF));
  const r = v128.load(h);
  v128.store(h, f64x2.mul(v128.load(s), f64x2.add(r, tail(r))));
  divide(h, s, v128.load(ONE), v128.load(HALF));
}

/** The same over a row of `bytes`, with the same bits; x may be h or s. */
export function tanhSech2Row(h: usize, s: usize, x: usize, bytes: usize): void {
  const low = v128.load(RANGE, 0);
  const high = v128.load(RANGE, 16);
  const log2e = v128.load(LOG2_E);
  const shifter = v128.load(SHIFTER);
  const ln2Hi = v128.load(LN2_HI);
  const ln2Lo = v128.load(LN2_LO);
  const half = v128.load(HALF);
  const one = v128.load(ONE);
  for (let i: usize = 0; i < bytes; i += 16) reduce(h + i, s + i, v128.load(x + i), low, high, log2e, shifter, ln2Hi, ln2Lo, half);
  for (let i: usize = 0; i < bytes; i += 16) {
    const r = v128.load(h + i);
    v128.store(h + i, f64x2.mul(v128.load(s + i), f64x2.add(r, tail(r))));
  }
  for (let i: usize = 0; i < bytes; i += 16) divide(h + i, s + i, one, half);
}

/** r to h and Q to s. */
// @ts-ignore: decorator
@inline
function reduce(
  h: usize,
  s: usize,
  x: v128,
  low: v128,
  high: v128,
  log2e: v128,
  shifter: v128,
  ln2Hi: v128,
  ln2Lo: v128,
  half: v128,
): void {
  const a = f64x2.pmin(f64x2.pmax(f64x2.add(x, x), low), high);
  const shifted = f64x2.add(f64x2.mul(a, log2e), shifter);
  const k = f64x2.sub(shifted, shifter);
  v128.store(h, f64x2.sub(f64x2.sub(a, f64x2.mul(k, ln2Hi)), f64x2.mul(k, ln2Lo)));
  v128.store(s, i64x2.add(half, i64x2.shl(shifted, 52)));
}

/** From Q p in h and Q in s to the results. */
// @ts-ignore: decorator
@inline
function divide(h: usize, s: usize, one: v128, half: v128): void {
  const power = v128.load(s);
  const sum = v128.load(h);
  const t = f64x2.add(f64x2.sub(power, half), sum);
  const q = f64x2.div(one, f64x2.add(one, t));
  v128.store(h, f64x2.mul(t, q));
  v128.store(s, f64x2.mul(f64x2.mul(f64x2.add(power, sum), q), f64x2.add(q, q)));
}
