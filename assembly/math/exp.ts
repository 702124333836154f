// Exponential: exp(x) and expm1(x) = exp(x) − 1
//
//   x = k ln 2 + r,  |r| ≤ ln 2 / 2,  k an integer
//   exp(x)   = 2^k (1 + (r + tail(r)))
//   expm1(x) = (2^k − 1) + 2^k (r + tail(r)),       tail(r) = e^r − 1 − r = r² (1/2 + r/6 + …), of degree 11
//
// r is carried as hi − lo: hi = x − k LN2_HI is exact, lo = k LN2_LO enters last, so that r costs no rounding of its own.
// x / ln 2 is rounded to k by adding SHIFTER = 1.5 · 2^52, which leaves k in the low bits of the sum: a shift by 52 puts it
// into the exponent field. exp scales twice, by 2^⌊k/2⌋ and the rest, so that a denormal result is rounded once.
//
// Source: reduction after fdlibm (e_exp.c, Sun Microsystems 1993); the polynomial is our own Remez fit (error 2^-57.3), evaluated by Estrin's scheme.

/** 1.5 · 2^52: x + SHIFTER has the nearest integer to x in its low bits. */
export const SHIFTER: usize = memory.data<f64>([6755399441055744.0, 6755399441055744.0], 16);
export const LOG2_E: usize = memory.data<f64>([1.4426950408889634, 1.4426950408889634], 16); // 0x3FF71547652B82FE
/** ln 2 to 32 bits: its product with any |k| < 2^21 is exact. */
export const LN2_HI: usize = memory.data<f64>([6.93147180369123816490e-1, 6.93147180369123816490e-1], 16); // 0x3FE62E42FEE00000
export const LN2_LO: usize = memory.data<f64>([1.90821492927058770002e-10, 1.90821492927058770002e-10], 16); // 0x3DEA39EF35793C76
export const ONE: usize = memory.data<f64>([1.0, 1.0], 16);

/** Below it exp is 0, above the other it is ∞. */
const EXP_RANGE: usize = memory.data<f64>([-746.0, -746.0, 710.0, 710.0], 16);
/** e^x is a normal number from here on. */
const LEAST_NORMAL: usize = memory.data<f64>([-708.0, -708.0], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
/** Below −40 expm1 is −1; above 709, where 2^k may be 2^1024, expm1 works at half scale. */
const EXPM1_RANGE: usize = memory.data<f64>([-40.0, -40.0, 710.0, 710.0, 709.0, 709.0], 16);

const TAIL: usize = memory.data<f64>([
  0.5, 0.5,
  0.16666666666666685, 0.16666666666666685, // 0x3FC555555555555C
  0.0416666666666028, 0.0416666666666028, // 0x3FA5555555553161
  0.008333333333313883, 0.008333333333313883, // 0x3F8111111110E545
  0.0013888888927266036, 0.0013888888927266036, // 0x3F56C16C17CF7A36
  0.00019841269905031592, 0.00019841269905031592, // 0x3F2A01A01B689278
  2.4801508095705356e-5, 2.4801508095705356e-5, // 0x3EFA019AA89A0B84
  2.755722595476207e-6, 2.755722595476207e-6, // 0x3EC71DDE84B0FC1D
  2.7625417962500017e-7, 2.7625417962500017e-7, // 0x3E928A02BB1ACBDD
  2.5115138124683248e-8, 2.5115138124683248e-8, // 0x3E5AF798BACC7971
], 16);

/** e^r − 1 − r for |r| ≤ ln 2 / 2. */
// @ts-ignore: decorator
@inline
export function tail(r: v128): v128 {
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const c0 = f64x2.add(v128.load(TAIL, 0), f64x2.mul(r, v128.load(TAIL, 16)));
  const c2 = f64x2.add(v128.load(TAIL, 32), f64x2.mul(r, v128.load(TAIL, 48)));
  const c4 = f64x2.add(v128.load(TAIL, 64), f64x2.mul(r, v128.load(TAIL, 80)));
  const c6 = f64x2.add(v128.load(TAIL, 96), f64x2.mul(r, v128.load(TAIL, 112)));
  const c8 = f64x2.add(v128.load(TAIL, 128), f64x2.mul(r, v128.load(TAIL, 144)));
  const low = f64x2.add(c0, f64x2.mul(r2, c2));
  const high = f64x2.add(f64x2.add(c4, f64x2.mul(r2, c6)), f64x2.mul(r4, c8));
  return f64x2.mul(r2, f64x2.add(low, f64x2.mul(r4, high)));
}

/** p · 2^k for p in [1/2, 2] and any k in [−1100, 1025], given k in the low bits of t; rounds a denormal result once. */
// @ts-ignore: decorator
@inline
export function scale(p: v128, t: v128): v128 {
  const half = i32x4.shr_s(t, 1); // the low word of each lane: ⌊k/2⌋; the shifts below drop the other one
  const rest = i64x2.sub(t, half);
  const a = i64x2.add(p, i64x2.shl(half, 52));
  const b = i64x2.add(v128.load(ONE), i64x2.shl(rest, 52));
  return f64x2.mul(a, b);
}

/** e^x: max error 0.9 ulp, denormal results included; NaN → NaN, −∞ → 0, +∞ and x > 709.78… → ∞, ±0 → 1. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  x = f64x2.pmin(f64x2.pmax(x, v128.load(EXP_RANGE, 0)), v128.load(EXP_RANGE, 16));
  const t = f64x2.add(f64x2.mul(x, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(t, v128.load(SHIFTER));
  const hi = f64x2.sub(x, f64x2.mul(k, v128.load(LN2_HI)));
  const lo = f64x2.mul(k, v128.load(LN2_LO));
  const p = f64x2.add(hi, f64x2.sub(tail(f64x2.sub(hi, lo)), lo));
  return scale(f64x2.add(v128.load(ONE), p), t);
}

/** e^x for −708 ≤ x ≤ 709, without the range check of exp. */
// @ts-ignore: decorator
@inline
export function expNormal(x: v128): v128 {
  const t = f64x2.add(f64x2.mul(x, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(t, v128.load(SHIFTER));
  const r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, v128.load(LN2_HI))), f64x2.mul(k, v128.load(LN2_LO)));
  const p = f64x2.add(v128.load(ONE), f64x2.add(r, tail(r)));
  return i64x2.add(p, i64x2.shl(t, 52));
}

/** e^−|x|, or e^−708 where that is more: max error 0.9 ulp; NaN → NaN. */
// @ts-ignore: decorator
@inline
export function expMinusAbs(x: v128): v128 {
  return expNormal(f64x2.pmax(v128.or(x, v128.load(SIGN)), v128.load(LEAST_NORMAL)));
}

/** e^x − 1: max error 1.4 ulp; NaN → NaN, ±0 → ±0, −∞ → −1, +∞ and x > 709.78… → ∞. */
// @ts-ignore: decorator
@inline
export function expm1(x: v128): v128 {
  x = f64x2.pmin(f64x2.pmax(x, v128.load(EXPM1_RANGE, 0)), v128.load(EXPM1_RANGE, 16));
  const t = f64x2.add(f64x2.mul(x, v128.load(LOG2_E)), v128.load(SHIFTER));
  const k = f64x2.sub(t, v128.load(SHIFTER));
  const hi = f64x2.sub(x, f64x2.mul(k, v128.load(LN2_HI)));
  const lo = f64x2.mul(k, v128.load(LN2_LO));
  const minusTail = f64x2.sub(lo, tail(f64x2.sub(hi, lo)));
  // Where x > 709: everything at half scale, doubled at the end (halve is −1 in the exponent field there, else 0).
  const halve = f64x2.gt(x, v128.load(EXPM1_RANGE, 32));
  const halveExponent = i64x2.shl(halve, 52);
  const one = i64x2.add(v128.load(ONE), halveExponent);
  const power = i64x2.add(one, i64x2.shl(t, 52));
  const back = i64x2.sub(v128.load(ONE), halveExponent);
  // Differences, not sums: −0 − (+0) is −0, while −0 + 0 would lose the sign.
  const leading = f64x2.sub(f64x2.mul(power, hi), f64x2.sub(one, power));
  return f64x2.mul(f64x2.sub(leading, f64x2.mul(power, minusTail)), back);
}
