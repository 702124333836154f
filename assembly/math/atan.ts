// Arc tangent, and the arc cotangent that is its complement to π/2
//
//   |x| > 1:     atan x = π/2 − atan(1/x)
//   t > tan π/8: atan t = π/4 + atan((t − 1) / (t + 1))
//   else         atan r = r − r z P(z),   z = r²,   |r| ≤ tan π/8
//
// acot a = atan(1/a) has the same r with the roles of 0 and π/2 exchanged: where a is large it is small, and keeps all its digits.
//
// Source: fdlibm (s_atan.c, Sun Microsystems 1993), P included, with one place to fold at instead of three.

import { ONE } from './exp';

/** tan(π/8) */
const FOLD: f64 = 0.41421356237309503;
const HALF_PI: usize = memory.data<f64>([1.5707963267948966, 1.5707963267948966, 6.123233995736766e-17, 6.123233995736766e-17], 16);
const QUARTER_PI: usize = memory.data<f64>([0.7853981633974483, 0.7853981633974483, 3.061616997868383e-17, 3.061616997868383e-17], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);

const P: usize = memory.data<f64>([
  3.33333333333329318027e-1, 3.33333333333329318027e-1, // 0x3FD555555555550D
  -1.99999999998764832476e-1, -1.99999999998764832476e-1, // 0xBFC999999998EBC4
  1.42857142725034663711e-1, 1.42857142725034663711e-1, // 0x3FC24924920083FF
  -1.11111104054623557880e-1, -1.11111104054623557880e-1, // 0xBFBC71C6FE231671
  9.09088713343650656196e-2, 9.09088713343650656196e-2, // 0x3FB745CDC54C206E
  -7.69187620504482999495e-2, -7.69187620504482999495e-2, // 0xBFB3B0F2AF749A6D
  6.66107313738753120669e-2, 6.66107313738753120669e-2, // 0x3FB10D66A0D03D51
  -5.83357013379057348645e-2, -5.83357013379057348645e-2, // 0xBFADDE2D52DEFD9A
  4.97687799461593236017e-2, 4.97687799461593236017e-2, // 0x3FA97B4B24760DEB
  -3.65315727442169155270e-2, -3.65315727442169155270e-2, // 0xBFA2B4442C6A6C2F
  1.62858201153657823623e-2, 1.62858201153657823623e-2, // 0x3F90AD3AE322DA11
], 16);

/** atan a for a ≥ 0, or where `isComplement` acot a. */
// @ts-ignore: decorator
@inline
function angle(a: v128, isComplement: v128): v128 {
  const one = v128.load(ONE);
  const isLarge = f64x2.gt(a, one);
  const t = v128.bitselect(f64x2.div(one, a), a, isLarge);
  const isFolded = f64x2.gt(t, f64x2.splat(FOLD));
  const r = v128.bitselect(f64x2.div(f64x2.sub(t, one), f64x2.add(t, one)), t, isFolded);
  const z = f64x2.mul(r, r);
  let p = v128.load(P, 160);
  for (let at: usize = 160; at > 0; at -= 16) p = f64x2.add(v128.load(P + at - 16), f64x2.mul(z, p));
  // π/2 − … where one of the two exchanges is made, not both
  const isTurned = v128.xor(isLarge, isComplement);
  const high = v128.bitselect(v128.load(QUARTER_PI, 0), v128.and(v128.load(HALF_PI, 0), isTurned), isFolded);
  const low = v128.bitselect(v128.load(QUARTER_PI, 16), v128.and(v128.load(HALF_PI, 16), isTurned), isFolded);
  const leading = v128.xor(r, v128.and(v128.load(SIGN), isTurned));
  const rest = f64x2.sub(f64x2.mul(leading, f64x2.mul(z, p)), low);
  return f64x2.sub(high, f64x2.sub(rest, leading));
}

/** atan x: max error 2 ulp; NaN → NaN, ±∞ → ±π/2, ±0 → ±0. */
export function atan(x: v128): v128 {
  return v128.or(angle(f64x2.abs(x), f64x2.splat(0)), v128.and(x, v128.load(SIGN)));
}

/** acot a = atan(1/a) for a ≥ 0, exact where it is small; 0 → π/2, ∞ → 0. */
export function acot(a: v128): v128 {
  return angle(a, i64x2.splat(-1));
}
