// Natural logarithm: log(x) and log1p(x) = log(1 + x)
//
//   x = 2^k (1 + f),  1 + f in [√½, √2)
//   log(x) = k ln 2 + f − (f²/2 − s (f²/2 + R(s²))),     s = f / (2 + f)
//
// log1p rounds u = 1 + x, then takes what that lost, c = 1 + x − u, back into f as c 2^−k: with k = 0, f is x itself.
//
// Source: fdlibm (e_log.c, s_log1p.c, Sun Microsystems 1993), the exponent split as in musl and glibc's log; R is our own Remez fit
// with as many terms (error 2^-59.5 of log).
// Positive normal numbers take the short path; one lane that is not sends both through the long one, to the same bits.

import { LN2_HI, LN2_LO, ONE } from './exp';

const TWO: usize = memory.data<f64>([2.0, 2.0], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
/** Bits of √½, rounded down: where a significand moves to the next k. */
const SQRT_HALF: usize = memory.data<i64>([0x3FE6A09E00000000, 0x3FE6A09E00000000], 16);
/** Bits of 1 minus bits of √½. */
const ABOVE_SQRT_HALF: usize = memory.data<i64>([0x00095F6200000000, 0x00095F6200000000], 16);
const SIGNIFICAND: usize = memory.data<i64>([0x000FFFFFFFFFFFFF, 0x000FFFFFFFFFFFFF], 16);
const EXPONENT: usize = memory.data<i64>([0x7FF0000000000000, 0x7FF0000000000000], 16);
/** Bits of 2^1023 · 2: less the exponent field of 2^k (as biased) it is 2^−k. */
const TWICE_BIAS: usize = memory.data<i64>([0x7FE0000000000000, 0x7FE0000000000000], 16);
/** 2^52, into whose low bits an integer is put to make it a double; and 2^52 plus the exponent's bias. */
const TWO_52: usize = memory.data<f64>([4503599627370496.0, 4503599627370496.0, 4503599627371519.0, 4503599627371519.0], 16);
const NORMAL: usize = memory.data<f64>([2.2250738585072014e-308, 2.2250738585072014e-308, f64.MAX_VALUE, f64.MAX_VALUE], 16);
const MINUS_ONE: usize = memory.data<f64>([-1.0, -1.0], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
const INFINITE: usize = memory.data<f64>([-Infinity, -Infinity, Infinity, Infinity], 16);
/** A denormal times 2^54 is normal. */
const TWO_54: usize = memory.data<f64>([18014398509481984.0, 18014398509481984.0, 54.0, 54.0], 16);

const R: usize = memory.data<f64>([
  0.6666666666666735, 0.6666666666666735, // 0x3FE5555555555593
  0.3999999999941109, 0.3999999999941109, // 0x3FD999999997FB31
  0.2857142874326269, 0.2857142874326269, // 0x3FD2492494217A15
  0.2222219847598521, 0.2222219847598521, // 0x3FCC71C51E7F7590
  0.18183569739853522, 0.18183569739853522, // 0x3FC7466462C9394C
  0.15313903245641833, 0.15313903245641833, // 0x3FC39A0F5012195F
  0.14797507719057545, 0.14797507719057545, // 0x3FC2F0D8EA940B60
], 16);

/** s (f²/2 + R(s²)) for 1 + f in [√½, √2): what f − f²/2 lacks of log(1 + f). */
// @ts-ignore: decorator
@inline
function logRest(f: v128, halfSquare: v128): v128 {
  const s = f64x2.div(f, f64x2.add(v128.load(TWO), f));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const c0 = f64x2.add(v128.load(R, 0), f64x2.mul(z, v128.load(R, 16)));
  const c2 = f64x2.add(v128.load(R, 32), f64x2.mul(z, v128.load(R, 48)));
  const c4 = f64x2.add(v128.load(R, 64), f64x2.mul(z, v128.load(R, 80)));
  const high = f64x2.add(c2, f64x2.mul(z2, f64x2.add(c4, f64x2.mul(z2, v128.load(R, 96)))));
  const r = f64x2.mul(z, f64x2.add(c0, f64x2.mul(z2, high)));
  return f64x2.mul(s, f64x2.add(halfSquare, r));
}

/** k ln 2 + log(1 + f) for 1 + f in [√½, √2). */
// @ts-ignore: decorator
@inline
function logReduced(k: v128, f: v128): v128 {
  const halfSquare = f64x2.mul(v128.load(HALF), f64x2.mul(f, f));
  const small = f64x2.add(logRest(f, halfSquare), f64x2.mul(k, v128.load(LN2_LO)));
  return f64x2.sub(f64x2.mul(k, v128.load(LN2_HI)), f64x2.sub(f64x2.sub(halfSquare, small), f));
}

/** log(1 + f) − f for 1 + f in [√½, √2), without the cancellation: error 1e-15 relative. */
// @ts-ignore: decorator
@inline
export function log1pLess(f: v128): v128 {
  const halfSquare = f64x2.mul(v128.load(HALF), f64x2.mul(f, f));
  return f64x2.sub(logRest(f, halfSquare), halfSquare);
}

/** log(x) for positive normal x: no range check. 2^kBefore is taken out of the result. */
// @ts-ignore: decorator
@inline
function logScaled(x: v128, kBefore: v128): v128 {
  const shifted = i64x2.add(x, v128.load(ABOVE_SQRT_HALF));
  const k = f64x2.sub(f64x2.sub(v128.or(i64x2.shr_u(shifted, 52), v128.load(TWO_52)), v128.load(TWO_52, 16)), kBefore);
  const significand = i64x2.add(v128.and(shifted, v128.load(SIGNIFICAND)), v128.load(SQRT_HALF));
  return logReduced(k, f64x2.sub(significand, v128.load(ONE)));
}

/** log(x) for positive normal x, without the range check of log; the same bits. */
// @ts-ignore: decorator
@inline
export function logNormal(x: v128): v128 {
  const shifted = i64x2.add(x, v128.load(ABOVE_SQRT_HALF));
  const k = f64x2.sub(v128.or(i64x2.shr_u(shifted, 52), v128.load(TWO_52)), v128.load(TWO_52, 16));
  const significand = i64x2.add(v128.and(shifted, v128.load(SIGNIFICAND)), v128.load(SQRT_HALF));
  return logReduced(k, f64x2.sub(significand, v128.load(ONE)));
}

/** ln x: max error 0.9 ulp, denormal x included; NaN → NaN, x < 0 → NaN, ±0 → −∞, +∞ → +∞, 1 → +0. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const normal = v128.and(f64x2.ge(x, v128.load(NORMAL, 0)), f64x2.le(x, v128.load(NORMAL, 16)));
  if (!i64x2.all_true(normal)) return logAny(x);
  return logNormal(x);
}

function logAny(x: v128): v128 {
  const denormal = f64x2.lt(x, v128.load(NORMAL, 0));
  const scaled = v128.bitselect(f64x2.mul(x, v128.load(TWO_54, 0)), x, denormal);
  const y = logScaled(scaled, v128.and(denormal, v128.load(TWO_54, 16)));
  return logEdges(y, x, f64x2.splat(0));
}

/** y with the values of log at and beyond the ends of its domain, whose lower end is x = zero. */
// @ts-ignore: decorator
@inline
function logEdges(y: v128, x: v128, zero: v128): v128 {
  y = v128.bitselect(v128.load(INFINITE, 0), y, f64x2.eq(x, zero));
  y = v128.bitselect(f64x2.splat(NaN), y, f64x2.lt(x, zero));
  return v128.bitselect(y, f64x2.add(x, x), f64x2.lt(x, v128.load(INFINITE, 16))); // ∞ and NaN
}

/** ln(1 + x): max error 1.5 ulp; NaN → NaN, x < −1 → NaN, −1 → −∞, ±0 → ±0, +∞ → +∞. */
// @ts-ignore: decorator
@inline
export function log1p(x: v128): v128 {
  const inside = v128.and(f64x2.gt(x, v128.load(MINUS_ONE)), f64x2.le(x, v128.load(NORMAL, 16)));
  if (!i64x2.all_true(inside)) return log1pAny(x);
  return log1pFinite(x);
}

function log1pAny(x: v128): v128 {
  return logEdges(log1pFinite(x), x, v128.load(MINUS_ONE));
}

/** log1p for finite x > −1. */
// @ts-ignore: decorator
@inline
function log1pFinite(x: v128): v128 {
  const u = f64x2.add(v128.load(ONE), x);
  const xRounded = f64x2.sub(u, v128.load(ONE));
  const lost = f64x2.add(f64x2.sub(v128.load(ONE), f64x2.sub(u, xRounded)), f64x2.sub(x, xRounded));
  const shifted = i64x2.add(u, v128.load(ABOVE_SQRT_HALF));
  const k = f64x2.sub(v128.or(i64x2.shr_u(shifted, 52), v128.load(TWO_52)), v128.load(TWO_52, 16));
  const significand = i64x2.add(v128.and(shifted, v128.load(SIGNIFICAND)), v128.load(SQRT_HALF));
  const twoToMinusK = i64x2.sub(v128.load(TWICE_BIAS), v128.and(shifted, v128.load(EXPONENT)));
  const f = f64x2.add(f64x2.sub(significand, v128.load(ONE)), f64x2.mul(lost, twoToMinusK));
  return v128.or(logReduced(k, f), v128.and(x, v128.load(SIGN))); // −0 stays −0
}
