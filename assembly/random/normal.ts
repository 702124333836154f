// Standard normals
//
//   Box & Muller 1958: for a radius √(−2 ln u), u uniform in (0, 1], and an independent angle θ, uniform on the circle,
//     √(−2 ln u) cos θ and √(−2 ln u) sin θ are independent standard normals.
//   θ is uniform on the quarter circle, mirrored by two random signs. With θ = π/4 + φ, φ = 2π f in [−π/4, π/4):
//     cos θ = (cos φ − sin φ) / √2,   sin θ = (cos φ + sin φ) / √2
//
// so that no quadrant has to be chosen, and √2 goes into the radius: √(−ln u).
//
// The value of element j of row r depends on the key, r, j, step and stream only: counter (r, ⌊j / 2⌋, step, stream). Words 0 and 1 make u,
// words 2 and 3 the angle; the cosine is the even element. Of a pair of words (low, high), n = 2^21 high + (low mod 2^21) has 53 bits:
// u = 1 − n 2^−53, f = n 2^−55 − 1/8, and the two highest bits of low are the signs. The largest is √(2 · 53 ln 2) = 8.57.

import { logNormal } from '../math/log';
import { cosTurns, sinTurns } from '../math/trig';
import { fillWords } from './philox';

const LOW_BITS: usize = memory.data<u64>([0x1FFFFF, 0x1FFFFF], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
const SQRT_HALF: usize = memory.data<f64>([0.7071067811865476, 0.7071067811865476], 16); // 0x3FE6A09E667F3BCD
/** 2^20 (1 + high 2^−52) and ½ (1 + low 2^−52); then the same eighth parts of a quarter; then what both add up to. */
const RADIUS_HIGH: usize = memory.data<f64>([1048576.0, 1048576.0], 16);
const RADIUS_LOW: usize = memory.data<f64>([0.5, 0.5], 16);
const RADIUS_OFFSET: usize = memory.data<f64>([1048577.5, 1048577.5], 16);
const ANGLE_HIGH: usize = memory.data<f64>([262144.0, 262144.0], 16);
const ANGLE_LOW: usize = memory.data<f64>([0.125, 0.125], 16);
const ANGLE_OFFSET: usize = memory.data<f64>([262144.25, 262144.25], 16);

/** A feature-major block of standard normals. Writes up to 7 rows past the last one. */
export function fillNormal(
  out: usize, // [dim][stride]
  spare: usize, // [1][stride] scratch: the partners of an odd last feature
  stride: usize, // bytes from one feature to the next
  dim: i32,
  rows: i32,
  firstRow: u32, // number of the block's first row
  keyLow: u32,
  keyHigh: u32,
  step: u32,
  stream: u32,
): void {
  const bytes = (<usize>rows + 1) >> 1 << 4;
  for (let j = 0; j < dim; j += 2) {
    const even = out + <usize>j * stride;
    const odd = j + 1 < dim ? even + stride : spare;
    fillWords(even, odd, rows, firstRow, j >> 1, step, stream, keyLow, keyHigh);
    radii(even, bytes);
    turn(even, odd, bytes);
  }
}

/** −ln u in place of random bits. The root waits for `turn`, whose chain of operations has room beside it. */
// @ts-ignore: decorator
@inline
function radii(row: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) v128.store(row + i, exponentialOf(v128.load(row + i)));
}

/** −ln u of random bits: exponentially distributed, at most 53 ln 2. */
// @ts-ignore: decorator
@inline
export function exponentialOf(bits: v128): v128 {
  const high = v128.or(i64x2.shr_u(bits, 32), v128.load(RADIUS_HIGH));
  const low = v128.or(v128.and(bits, v128.load(LOW_BITS)), v128.load(RADIUS_LOW));
  const u = f64x2.sub(f64x2.sub(v128.load(RADIUS_OFFSET), high), low);
  return f64x2.neg(logNormal(u));
}

/** f in [−1/8, 1/8) of random bits. */
// @ts-ignore: decorator
@inline
function turnsOf(bits: v128): v128 {
  const high = v128.or(i64x2.shr_u(bits, 32), v128.load(ANGLE_HIGH));
  const low = v128.or(v128.and(bits, v128.load(LOW_BITS)), v128.load(ANGLE_LOW));
  return f64x2.add(f64x2.sub(high, v128.load(ANGLE_OFFSET)), low);
}

/** cos θ of random bits. */
// @ts-ignore: decorator
@inline
export function cosineOf(bits: v128): v128 {
  const f = turnsOf(bits);
  const sign = v128.and(i64x2.shl(bits, 32), v128.load(SIGN));
  return v128.xor(f64x2.mul(v128.load(SQRT_HALF), f64x2.sub(cosTurns(f), sinTurns(f))), sign);
}

/** Normals, from −ln u in `even` and random bits in `odd`. */
// @ts-ignore: decorator
@inline
function turn(even: usize, odd: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const bits = v128.load(odd + i);
    const radius = f64x2.sqrt(v128.load(even + i));
    const f = turnsOf(bits);
    const sine = sinTurns(f);
    const cosine = cosTurns(f);
    const signs = i64x2.shl(bits, 32);
    const signEven = v128.and(signs, v128.load(SIGN));
    const signOdd = v128.and(i64x2.add(signs, signs), v128.load(SIGN));
    v128.store(even + i, v128.xor(f64x2.mul(radius, f64x2.sub(cosine, sine)), signEven));
    v128.store(odd + i, v128.xor(f64x2.mul(radius, f64x2.add(cosine, sine)), signOdd));
  }
}
