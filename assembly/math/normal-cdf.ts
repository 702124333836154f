// The standard normal distribution's function, Φ(x) = ½ erfc(−x / √2)
//
//   a = |x|:   Φ(−a) = e^{−a²/2} m(a),   m(a) = P(t) / (1 + a),   t = (a − 6) / (a + 6);   Φ(a) = 1 − Φ(−a)
//
// m falls from ½ to 1/(a √2π); times 1 + a it lies within [0.4, 0.5], and with t in [−1, ¾] one polynomial does for all a. a² is taken with
// the rounding of its square, so that the tail is as exact relative to itself as the centre: the argument of erfc, −x / √2, would have lost
// that. No case distinctions, as there are in fdlibm's erfc: lanes are in different ones.
//
// ln Φ(x) is ln m(a) − a²/2 below 0, where m(a) = (1 − 1/a² + 3/a⁴ − 15/a⁶ + 105/a⁸) / (a √2π) beyond 39, and log1p(−Φ(−a)) above.
//
// Source: the idea is Shepherd & Laframboise's 1981, Math. Comp. 36, p. 249, for e^{x²} erfc x; P is our own Chebyshev fit of degree 23
// (error 2^-54.7 of m).

import { exp, ONE } from './exp';
import { log, log1p } from './log';

/** Beyond it Φ(−a) is 0. */
const LARGEST: usize = memory.data<f64>([39.0, 39.0], 16);
const SIX: usize = memory.data<f64>([6.0, 6.0], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
/** The upper 26 bits of a significand: products of two such are exact. */
const UPPER: usize = memory.data<u64>([0xFFFFFFFFF8000000, 0xFFFFFFFFF8000000], 16);

const P: usize = memory.data<f64>([
  0.45345520027112796, 0.45345520027112796, // 0x3FDD0568F5D76666
  -0.08502536230577068, -0.08502536230577068, // 0xBFB5C438DE6F0FE4
  0.03981142456242993, 0.03981142456242993, // 0x3FA46229BD017001
  -0.004373386779597906, -0.004373386779597906, // 0xBF71E9D4130EE02F
  -0.01614151733220317, -0.01614151733220317, // 0xBF908766E432D226
  0.022592467062945525, 0.022592467062945525, // 0x3F97227ACCAF6B6B
  -0.019766479219826914, -0.019766479219826914, // 0xBF943DA9F73991C9
  0.013246864151416612, 0.013246864151416612, // 0x3F8B212C027069B8
  -0.00705981942314467, -0.00705981942314467, // 0xBF7CEAC1D89BF153
  0.0029356555407821718, 0.0029356555407821718, // 0x3F680C8411478571
  -0.0008689946467032639, -0.0008689946467032639, // 0xBF4C79A7CB433E33
  0.00011948953447448497, 0.00011948953447448497, // 0x3F1F52CE92357DBB
  3.779479112663077e-05, 3.779479112663077e-05, // 0x3F03D0BB22813854
  -2.6352992901386734e-05, -2.6352992901386734e-05, // 0xBEFBA213E1F2C85A
  4.4128209657641085e-06, 4.4128209657641085e-06, // 0x3ED2823AFDA44595
  1.7829932261498218e-06, 1.7829932261498218e-06, // 0x3EBDE9E5C8CE4780
  -1.000590516454894e-06, -1.000590516454894e-06, // 0xBEB0C980E850E84C
  5.30825680244357e-10, 5.30825680244357e-10, // 0x3E023D312AF9C373
  1.338461794453322e-07, 1.338461794453322e-07, // 0x3E81F6EB71EFFEC7
  -2.0514080197819473e-08, -2.0514080197819473e-08, // 0xBE5606DE0FBD2EA5
  -1.686179640185655e-08, -1.686179640185655e-08, // 0xBE521AEF6FF802D7
  2.843058686700158e-09, 2.843058686700158e-09, // 0x3E286BF3C158306F
  2.0019451914184625e-09, 2.0019451914184625e-09, // 0x3E213252F3C76135
  1.552048909154938e-10, 1.552048909154938e-10, // 0x3DE554C960B6988F
], 16);

/** c_i + c_{i + 1} t + t² (c_{i + 2} + c_{i + 3} t), of the coefficients from byte `at`. */
// @ts-ignore: decorator
@inline
function cubic(at: usize, t: v128, t2: v128): v128 {
  const low = f64x2.add(v128.load(at, 0), f64x2.mul(t, v128.load(at, 16)));
  const high = f64x2.add(v128.load(at, 32), f64x2.mul(t, v128.load(at, 48)));
  return f64x2.add(low, f64x2.mul(t2, high));
}

/** m(a) for 0 ≤ a ≤ 39. */
// @ts-ignore: decorator
@inline
function mills(a: v128): v128 {
  const t = f64x2.div(f64x2.sub(a, v128.load(SIX)), f64x2.add(a, v128.load(SIX)));
  const t2 = f64x2.mul(t, t);
  const t4 = f64x2.mul(t2, t2);
  let p = cubic(P + 320, t, t2);
  p = f64x2.add(cubic(P + 256, t, t2), f64x2.mul(t4, p));
  p = f64x2.add(cubic(P + 192, t, t2), f64x2.mul(t4, p));
  p = f64x2.add(cubic(P + 128, t, t2), f64x2.mul(t4, p));
  p = f64x2.add(cubic(P + 64, t, t2), f64x2.mul(t4, p));
  p = f64x2.add(cubic(P, t, t2), f64x2.mul(t4, p));
  return f64x2.div(p, f64x2.add(v128.load(ONE), a));
}

/** |x|, no larger than where all that follows is 0. */
// @ts-ignore: decorator
@inline
export function normalDistance(x: v128): v128 {
  return f64x2.pmin(f64x2.abs(x), v128.load(LARGEST));
}

/** e^{−a²/2} for 0 ≤ a ≤ 39: max error 1.4 ulp. */
// @ts-ignore: decorator
@inline
export function normalKernel(a: v128): v128 {
  const square = f64x2.mul(a, a);
  const high = v128.and(a, v128.load(UPPER));
  const low = f64x2.sub(a, high);
  const cross = f64x2.mul(high, low);
  // a² − square, exactly: (high² − square) + 2 high low + low².
  const rest = f64x2.add(f64x2.add(f64x2.sub(f64x2.mul(high, high), square), f64x2.add(cross, cross)), f64x2.mul(low, low));
  const e = exp(f64x2.mul(v128.load(HALF), f64x2.neg(square)));
  return f64x2.sub(e, f64x2.mul(e, f64x2.mul(v128.load(HALF), rest)));
}

/** Φ(x), from a = normalDistance(x) and normalKernel(a). */
// @ts-ignore: decorator
@inline
export function normalCdfOf(x: v128, a: v128, kernel: v128): v128 {
  const tail = f64x2.mul(kernel, mills(a));
  return v128.bitselect(tail, f64x2.sub(v128.load(ONE), tail), f64x2.lt(x, f64x2.splat(0)));
}

/** Φ(x): max error 4.6 ulp, denormal results included; NaN → NaN, −∞ → 0, +∞ → 1, ±0 → 1/2. */
// @ts-ignore: decorator
@inline
export function normalCdf(x: v128): v128 {
  const a = normalDistance(x);
  return normalCdfOf(x, a, normalKernel(a));
}

const INVERSE_ROOT_2PI: f64 = 0.3989422804014327;

/** m(a) for any a ≥ 0. */
// @ts-ignore: decorator
@inline
function millsAnywhere(a: v128): v128 {
  const one = v128.load(ONE);
  const inverse = f64x2.div(one, a);
  const s = f64x2.mul(inverse, inverse);
  let far = f64x2.add(f64x2.splat(-15), f64x2.mul(s, f64x2.splat(105)));
  far = f64x2.add(f64x2.splat(3), f64x2.mul(s, far));
  far = f64x2.add(one, f64x2.mul(s, f64x2.add(f64x2.splat(-1), f64x2.mul(s, far))));
  far = f64x2.mul(f64x2.mul(inverse, f64x2.splat(INVERSE_ROOT_2PI)), far);
  const near = mills(f64x2.pmin(a, v128.load(LARGEST)));
  return v128.bitselect(far, near, f64x2.gt(a, v128.load(LARGEST)));
}

/** ln Φ(x): error 1e-15 (1 + |ln Φ(x)|); NaN → NaN, −∞ → −∞, +∞ → 0. */
export function normalLogCdf(x: v128): v128 {
  const a = f64x2.abs(x);
  const m = millsAnywhere(a);
  const below = f64x2.sub(log(m), f64x2.mul(v128.load(HALF), f64x2.mul(a, a)));
  const tail = f64x2.mul(normalKernel(f64x2.pmin(a, v128.load(LARGEST))), m);
  return v128.bitselect(below, log1p(f64x2.neg(tail)), f64x2.lt(x, f64x2.splat(0)));
}

/** φ(x) / Φ(x), the derivative of ln Φ. */
export function normalLogCdfSlope(x: v128): v128 {
  const a = f64x2.abs(x);
  const m = millsAnywhere(a);
  const kernel = normalKernel(f64x2.pmin(a, v128.load(LARGEST)));
  const cdf = f64x2.sub(v128.load(ONE), f64x2.mul(kernel, m));
  const density = f64x2.splat(INVERSE_ROOT_2PI);
  const below = f64x2.div(density, m);
  return v128.bitselect(below, f64x2.div(f64x2.mul(density, kernel), cdf), f64x2.lt(x, f64x2.splat(0)));
}
