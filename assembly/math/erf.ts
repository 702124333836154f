// Error function, erf(x) = 2/√π ∫₀ˣ e^−t² dt
//
//   |x| < ½:  2/√π Σ_k (−1)^k x^(2k+1) / (k! (2k + 1)),  to k = 12: the rest is below 2^-62
//   else      ±(1 − 2 Φ(−|x| √2))
//
// Source: Abramowitz & Stegun 1964, 7.1.5 and 7.1.22.

import { ONE } from './exp';
import { normalCdf } from './normal-cdf';

const TWO_OVER_ROOT_PI: f64 = 1.1283791670955126;
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
/** (−1)^k / (k! (2k + 1)), k from 12 down. */
const TERMS: usize = memory.data<f64>([
  8.35070279514724e-11, -1.0892221037148573e-9, 1.3122532963802806e-8, -1.4503852223150468e-7, 1.4589169000933706e-6, -1.3227513227513228e-5,
  1.0683760683760684e-4, -7.575757575757576e-4, 4.62962962962963e-3, -2.3809523809523808e-2, 0.1, -0.3333333333333333, 1.0,
], 16);

/** erf(x): error 3e-16; NaN → NaN, ±∞ → ±1, ±0 → ±0. */
export function erf(x: v128): v128 {
  const square = f64x2.mul(x, x);
  let sum = v128.load64_splat(TERMS);
  for (let at: usize = 8; at < 13 * 8; at += 8) sum = f64x2.add(v128.load64_splat(TERMS + at), f64x2.mul(square, sum));
  const small = f64x2.mul(f64x2.mul(x, f64x2.splat(TWO_OVER_ROOT_PI)), sum);
  const a = f64x2.abs(x);
  const tail = normalCdf(f64x2.neg(f64x2.mul(a, f64x2.splat(1.4142135623730951))));
  const large = f64x2.sub(v128.load(ONE), f64x2.add(tail, tail));
  const signed = v128.or(large, v128.and(x, v128.load(SIGN)));
  return v128.bitselect(small, signed, f64x2.lt(a, f64x2.splat(0.5)));
}
