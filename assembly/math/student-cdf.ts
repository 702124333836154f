// Logarithms of Student's t distribution's functions, with their slopes in ν and t
//
//   J = P(|T| > |t|) = I_x(ν/2, ½),   x = ν / (ν + t²),   1 − J = I_y(½, ν/2),   y = t² / (ν + t²)
//
//   |t| ≥ 1:   ln F(t) = ln J/2 for t < 0, ln(1 − J/2) for t > 0
//   |t| < 1:   ln F(t) = ln(1 ± (1 − J)) − ln 2
//
// With η = ln(x / y) = ln ν − 2 ln|t|:   d/dν = ½ d/da + (1/ν) d/dη,   d/d|t| = −(2/|t|) d/dη. At t = 0 both factors of the slope in t have limits
// only together: |t| is never less than 1e-300, where F is ½ all the same.
//
// Source: Abramowitz & Stegun 1964, 26.7.1.

import { betaSide } from './incomplete-beta';
import { log1pOf, logOf } from './scalar';
import { complement, scaled } from './tail-integral';

const LN_2: f64 = 0.6931471805599453;
const SMALLEST: f64 = 1e-300;

/** ln F(t), or `isWithin` ln P(|T| ≤ |t|), and the slopes in ν and t. NaN unless 0 < ν < ∞. */
export function studentTail(
  value: usize, // [1]
  slopes: usize, // [3], step bytes apart: the third one is scratch
  step: usize,
  nu: f64,
  t: f64,
  isWithin: bool,
): void {
  const size = f64.abs(t);
  const isNowhere = !(nu > 0 && nu < Infinity && t == t);
  if (isNowhere || size == Infinity || (isWithin && size == 0)) {
    const isAll = isWithin ? size > 0 : t > 0;
    f64.store(value, isNowhere ? NaN : isAll ? 0 : -Infinity);
    f64.store(slopes, 0);
    f64.store(slopes + step, isWithin && size == 0 ? Infinity : 0);
    return;
  }
  const isFar = size >= 1;
  side(value, slopes, step, nu, f64.max(size, SMALLEST), isFar);
  if (isWithin) {
    if (isFar && !complement(value, slopes, step, 2)) side(value, slopes, step, nu, size, false);
    f64.store(slopes + step, f64.copysign(1, t) * f64.load(slopes + step));
    return;
  }
  const sign: f64 = t < 0 ? -1 : 1;
  if (!isFar) scaled(value, slopes, step, 2, sign);
  else if (t > 0) scaled(value, slopes, step, 2, -0.5);
  if (!isFar || t < 0) f64.store(value, f64.load(value) - LN_2);
  f64.store(slopes + step, sign * f64.load(slopes + step));
}

/** `isBeyond` ln J, else ln(1 − J), and the slopes in ν and |t|. */
function side(value: usize, slopes: usize, step: usize, nu: f64, size: f64, isBeyond: bool): void {
  const a = 0.5 * nu;
  const u = size / f64.sqrt(nu);
  const isLarge = u > 1;
  const ratio = isLarge ? 1 / u / u : u * u; // the smaller of x and y over the other
  const more = log1pOf(ratio);
  const less = (isLarge ? -2 : 2) * logOf(u) - more;
  const major = 1 / (1 + ratio);
  const minor = ratio / (1 + ratio);
  const x = isLarge ? minor : major;
  const y = isLarge ? major : minor;
  const logX = isLarge ? less : -more;
  const logY = isLarge ? -more : less;
  if (isBeyond) betaSide(value, slopes, step, a, 0.5, x, y, logX, logY);
  else betaSide(value, slopes, step, 0.5, a, y, x, logY, logX);
  const inShape = f64.load(isBeyond ? slopes : slopes + step);
  const inOdds = isBeyond ? f64.load(slopes + 2 * step) : -f64.load(slopes + 2 * step);
  f64.store(slopes, 0.5 * inShape + inOdds / nu);
  f64.store(slopes + step, (-2 * inOdds) / size);
}
