// Sine and cosine, of radians and of turns
//
//   radians:  x = q π/2 + (r + y),  |r| ≤ π/4.   π/2 in four parts of 33, 33, 33 and 53 bits (Cody & Waite 1980): the first three
//             products with q < 2^20 are exact, and the differences keep their rounding errors, so that r + y holds 100 bits and more.
//   turns:    sin 2π f and cos 2π f for |f| ≤ 1/8 only.
//
//   sin = ±sin r or ±cos r by the last two bits of q.
//
// Source: fdlibm (k_sin.c, k_cos.c, e_rem_pio2.c, Sun Microsystems 1993), polynomials included; those of turns are our own Remez fits.

import { ONE, SHIFTER } from './exp';

const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
const TWO_OVER_PI: usize = memory.data<f64>([0.6366197723675814, 0.6366197723675814], 16); // 0x3FE45F306DC9C883
const HALF_PI: usize = memory.data<f64>([
  1.5707963267341256, 1.5707963267341256, // 0x3FF921FB54400000
  6.077100506303966e-11, 6.077100506303966e-11, // 0x3DD0B4611A600000
  2.0222662487111665e-21, 2.0222662487111665e-21, // 0x3BA3198A2E000000
  8.4784276603689e-32, 8.4784276603689e-32, // 0x397B839A252049C1
], 16);
/** Just above π/4, and the last place of r there: where r and y stop when x is too large to be reduced. */
const LARGEST: usize = memory.data<f64>([
  0.7853982, 0.7853982, -0.7853982, -0.7853982,
  1.1102230246251565e-16, 1.1102230246251565e-16, -1.1102230246251565e-16, -1.1102230246251565e-16,
], 16);
const INTEGER_ONE: usize = memory.data<i64>([1, 1], 16);
const INTEGER_TWO: usize = memory.data<i64>([2, 2], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);

const SIN: usize = memory.data<f64>([
  -1.66666666666666324348e-1, -1.66666666666666324348e-1, // 0xBFC5555555555549
  8.33333333332248946124e-3, 8.33333333332248946124e-3, // 0x3F8111111110F8A6
  -1.98412698298579493134e-4, -1.98412698298579493134e-4, // 0xBF2A01A019C161D5
  2.75573137070700676789e-6, 2.75573137070700676789e-6, // 0x3EC71DE357B1FE7D
  -2.50507602534068634195e-8, -2.50507602534068634195e-8, // 0xBE5AE5E68A2B9CEB
  1.58969099521155010221e-10, 1.58969099521155010221e-10, // 0x3DE5D93A5ACFD57C
], 16);

const COS: usize = memory.data<f64>([
  4.16666666666666019037e-2, 4.16666666666666019037e-2, // 0x3FA555555555554C
  -1.38888888888741095749e-3, -1.38888888888741095749e-3, // 0xBF56C16C16C15177
  2.48015872894767294178e-5, 2.48015872894767294178e-5, // 0x3EFA01A019CB1590
  -2.75573143513906633035e-7, -2.75573143513906633035e-7, // 0xBE927E4F809C52AD
  2.08757232129817482790e-9, 2.08757232129817482790e-9, // 0x3E21EE9EBDB4B1C4
  -1.13596475577881948265e-11, -1.13596475577881948265e-11, // 0xBDA8FAE9BE8838D4
], 16);

/** sin(2π f) = TWO_PI f + f (TWO_PI_LOW + f² …), error 2^-58. */
const SIN_TURNS: usize = memory.data<f64>([
  6.283185307179586, 6.283185307179586, // 0x401921FB54442D18
  2.4492935982947064e-16, 2.4492935982947064e-16, // 0x3CB1A62633145C07
  -41.34170224039968, -41.34170224039968, // 0xC044ABBCE625BE47
  81.60524927596836, 81.60524927596836, // 0x405466BC67758D8E
  -76.70585970881903, -76.70585970881903, // 0xC0532D2CCE333C47
  42.05868551050772, 42.05868551050772, // 0x4045078301BE309B
  -15.09382950369928, -15.09382950369928, // 0xC02E300A6BB3939E
  3.78136957525176, 3.78136957525176, // 0x400E403EB11E5DA3
], 16);

/** cos(2π f) = 1 − (2π² f² − f⁴ …), error 2^-64. */
const COS_TURNS: usize = memory.data<f64>([
  19.739208802178716, 19.739208802178716, // 0x4033BD3CC9BE45DE
  64.93939402266818, 64.93939402266818, // 0x40503C1F081B5ABC
  -85.456817206603, -85.456817206603, // 0xC0555D3C7E3CA70A
  60.24464134250138, 60.24464134250138, // 0x404E1F506852A580
  -26.426252114899743, -26.426252114899743, // 0xC03A6D1EDBCD5861
  7.90314519915776, 7.90314519915776, // 0x401F9CD21857B01D
  -1.6977898279313541, -1.6977898279313541, // 0xBFFB2A25AAA72569
], 16);

/** sin x: max error 0.8 ulp for |x| ≤ 1e6; beyond, the error grows to a few spacings of x, within [−1, 1]. NaN, ±∞ → NaN, ±0 → ±0. */
// @ts-ignore: decorator
@inline
export function sin(x: v128): v128 {
  const shifted = f64x2.add(f64x2.mul(x, v128.load(TWO_OVER_PI)), v128.load(SHIFTER));
  const y = sinOfQuadrant(x, shifted, shifted);
  return v128.or(y, v128.andnot(v128.and(x, v128.load(SIGN)), f64x2.ne(x, f64x2.splat(0)))); // −0 stays −0
}

/** cos x: max error 0.8 ulp for |x| ≤ 1e6; beyond, as sin. NaN, ±∞ → NaN. */
// @ts-ignore: decorator
@inline
export function cos(x: v128): v128 {
  const shifted = f64x2.add(f64x2.mul(x, v128.load(TWO_OVER_PI)), v128.load(SHIFTER));
  return sinOfQuadrant(x, shifted, i64x2.add(shifted, v128.load(INTEGER_ONE)));
}

/** ±sin r or ±cos r by the last two bits of quadrant, where x = q π/2 + r and shifted = q + SHIFTER. */
// @ts-ignore: decorator
@inline
function sinOfQuadrant(x: v128, shifted: v128, quadrant: v128): v128 {
  const q = f64x2.sub(shifted, v128.load(SHIFTER));
  const a = f64x2.sub(x, f64x2.mul(q, v128.load(HALF_PI, 0)));
  const b = f64x2.mul(q, v128.load(HALF_PI, 16));
  const c = f64x2.mul(q, v128.load(HALF_PI, 32));
  const d = f64x2.mul(q, v128.load(HALF_PI, 48));
  const ab = f64x2.sub(a, b);
  const abc = f64x2.sub(ab, c);
  const lostAb = f64x2.sub(f64x2.sub(a, ab), b);
  const lost = f64x2.add(f64x2.sub(f64x2.sub(ab, abc), c), lostAb);
  const low = f64x2.sub(lost, d);
  const r = f64x2.add(abc, low);
  const y = f64x2.sub(low, f64x2.sub(r, abc));
  const rBounded = f64x2.pmax(f64x2.pmin(r, v128.load(LARGEST, 0)), v128.load(LARGEST, 16));
  const yBounded = f64x2.pmax(f64x2.pmin(y, v128.load(LARGEST, 32)), v128.load(LARGEST, 48));
  return choose(sinReduced(rBounded, yBounded), cosReduced(rBounded, yBounded), quadrant);
}

/** sin(r + y), |r| ≤ π/4, y below the last place of r. */
// @ts-ignore: decorator
@inline
function sinReduced(r: v128, y: v128): v128 {
  const z = f64x2.mul(r, r);
  const z2 = f64x2.mul(z, z);
  const r3 = f64x2.mul(z, r);
  const c1 = f64x2.add(v128.load(SIN, 16), f64x2.mul(z, v128.load(SIN, 32)));
  const c3 = f64x2.add(v128.load(SIN, 48), f64x2.mul(z, v128.load(SIN, 64)));
  const s = f64x2.add(c1, f64x2.mul(z2, f64x2.add(c3, f64x2.mul(z2, v128.load(SIN, 80)))));
  const correction = f64x2.sub(f64x2.mul(z, f64x2.sub(f64x2.mul(v128.load(HALF), y), f64x2.mul(r3, s))), y);
  return f64x2.sub(r, f64x2.sub(correction, f64x2.mul(r3, v128.load(SIN, 0))));
}

/** cos(r + y), |r| ≤ π/4, y below the last place of r. */
// @ts-ignore: decorator
@inline
function cosReduced(r: v128, y: v128): v128 {
  const z = f64x2.mul(r, r);
  const z2 = f64x2.mul(z, z);
  const c0 = f64x2.add(v128.load(COS, 0), f64x2.mul(z, v128.load(COS, 16)));
  const c2 = f64x2.add(v128.load(COS, 32), f64x2.mul(z, v128.load(COS, 48)));
  const c4 = f64x2.add(v128.load(COS, 64), f64x2.mul(z, v128.load(COS, 80)));
  const c = f64x2.mul(z, f64x2.add(c0, f64x2.mul(z2, f64x2.add(c2, f64x2.mul(z2, c4)))));
  const halfSquare = f64x2.mul(v128.load(HALF), z);
  const leading = f64x2.sub(v128.load(ONE), halfSquare);
  const lost = f64x2.sub(f64x2.sub(v128.load(ONE), leading), halfSquare);
  return f64x2.add(leading, f64x2.add(lost, f64x2.sub(f64x2.mul(z, c), f64x2.mul(r, y))));
}

/** The sine, or for an odd quadrant the cosine; negated when its next bit is set. */
// @ts-ignore: decorator
@inline
function choose(sine: v128, cosine: v128, quadrant: v128): v128 {
  const odd = i64x2.eq(v128.and(quadrant, v128.load(INTEGER_ONE)), v128.load(INTEGER_ONE));
  const sign = i64x2.shl(v128.and(quadrant, v128.load(INTEGER_TWO)), 62);
  return v128.xor(v128.bitselect(cosine, sine, odd), sign);
}

/** sin(2π f), |f| ≤ 1/8. */
// @ts-ignore: decorator
@inline
export function sinTurns(f: v128): v128 {
  const z = f64x2.mul(f, f);
  const z2 = f64x2.mul(z, z);
  const c0 = f64x2.add(v128.load(SIN_TURNS, 32), f64x2.mul(z, v128.load(SIN_TURNS, 48)));
  const c2 = f64x2.add(v128.load(SIN_TURNS, 64), f64x2.mul(z, v128.load(SIN_TURNS, 80)));
  const c4 = f64x2.add(v128.load(SIN_TURNS, 96), f64x2.mul(z, v128.load(SIN_TURNS, 112)));
  const c = f64x2.mul(z, f64x2.add(c0, f64x2.mul(z2, f64x2.add(c2, f64x2.mul(z2, c4)))));
  return f64x2.add(f64x2.mul(f, v128.load(SIN_TURNS, 0)), f64x2.mul(f, f64x2.add(v128.load(SIN_TURNS, 16), c)));
}

/** cos(2π f), |f| ≤ 1/8. */
// @ts-ignore: decorator
@inline
export function cosTurns(f: v128): v128 {
  const z = f64x2.mul(f, f);
  const z2 = f64x2.mul(z, z);
  const c0 = f64x2.add(v128.load(COS_TURNS, 16), f64x2.mul(z, v128.load(COS_TURNS, 32)));
  const c2 = f64x2.add(v128.load(COS_TURNS, 48), f64x2.mul(z, v128.load(COS_TURNS, 64)));
  const c4 = f64x2.add(v128.load(COS_TURNS, 80), f64x2.mul(z, v128.load(COS_TURNS, 96)));
  const c = f64x2.mul(z2, f64x2.add(c0, f64x2.mul(z2, f64x2.add(c2, f64x2.mul(z2, c4)))));
  return f64x2.sub(v128.load(ONE), f64x2.sub(f64x2.mul(z, v128.load(COS_TURNS, 0)), c));
}
