// tanh x and sech² x = 1 − tanh² x together, for kernels that need both and can spare some ulp
//
// Near, |x| ≤ 16:   x = k / 16 + r,   u = tanh r,   T = tanh(k / 16) and S = sech²(k / 16) from a table
//   tanh x = (T + u) / (1 + T u),   sech² x = S (1 − u²) / (1 + T u)²        (the addition theorem)
// Far:              e = exp(−2|x|)
//   tanh x = ±(1 − 2e),    sech² x = 4e (1 − 2e)
//
// r = x − k / 16 is exact, one division serves both results, and nothing cancels in sech². u = r + r³ (c₃ + … + c₉ r⁶) interpolates
// tanh at Chebyshev nodes on |r| ≤ 1/32 (error 2^-63 of u). Far, 2|x| is clamped to 708, where sech² is 1.3e-307.
//
// The row version goes over the row twice: in one pass the processor's window holds hardly two iterations of a chain this long. A table
// because a reduction by ln 2 needs a polynomial three times as long (3.3 against 2.15 ns per element). Constants go into locals from
// memory: a literal is made anew at every step of the loop.

import { expNormal, ONE } from './exp';
import { TANH_TABLE } from './tanh-table';

const LOW: usize = memory.data<f64>([-16.0, -16.0], 16);
const HIGH: usize = memory.data<f64>([16.0, 16.0], 16);
/** 1.5 · 2^48: adding it rounds to sixteenths, and leaves their number in the low bits. */
const SHIFTER: usize = memory.data<f64>([422212465065984.0, 422212465065984.0], 16);
const MINUS_TWO: usize = memory.data<f64>([-2.0, -2.0], 16);
const LOWEST: usize = memory.data<f64>([-708.0, -708.0], 16);
const SIGN: usize = memory.data<f64>([-0.0, -0.0], 16);
/** The largest |r|, unless |x| > 16. */
const NEAR: f64 = 0.03125;
/** Where k = 0 is in the table. */
const CENTRE: usize = TANH_TABLE + 256 * 16;
const C: usize = memory.data<f64>([
  -0.33333333333333326, -0.33333333333333326, // 0xBFD5555555555554
  0.13333333333127068, 0.13333333333127068, // 0x3FC11111110FEEC6
  -0.05396824340786617, -0.05396824340786617, // 0xBFABA1B9C0EB304A
  0.02185218521636917, 0.02185218521636917, // 0x3F96606B5366D9D0
], 16);

/** Stores tanh x at h, within 3.5 ulp, and sech² x at s, within 5.5 ulp for |x| ≤ 354; NaN → NaN, ±0 → 0, ±∞ → ±1 and 1.3e-307. */
export function tanhSech2(h: usize, s: usize, x: v128): void {
  const far = v128.any_true(isFar(reduce(h, s, x, v128.load(LOW), v128.load(HIGH), v128.load(SHIFTER))));
  near(h, s, v128.load(C, 0), v128.load(C, 16), v128.load(C, 32), v128.load(C, 48), v128.load(ONE));
  if (far) replaceFar(h, s, x);
}

/** The same over a row of `bytes`, with the same bits; x may be h or s. */
export function tanhSech2Row(h: usize, s: usize, x: usize, bytes: usize): void {
  const low = v128.load(LOW);
  const high = v128.load(HIGH);
  const shifter = v128.load(SHIFTER);
  let largest = f64x2.splat(0);
  for (let i: usize = 0; i < bytes; i += 16) largest = f64x2.pmax(largest, reduce(h + i, s + i, v128.load(x + i), low, high, shifter));
  const c3 = v128.load(C, 0);
  const c5 = v128.load(C, 16);
  const c7 = v128.load(C, 32);
  const c9 = v128.load(C, 48);
  const one = v128.load(ONE);
  if (!v128.any_true(isFar(largest))) {
    for (let i: usize = 0; i < bytes; i += 16) near(h + i, s + i, c3, c5, c7, c9, one);
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const r = v128.load(h + i);
    const multiple = v128.load(s + i);
    near(h + i, s + i, c3, c5, c7, c9, one);
    if (v128.any_true(isFar(f64x2.abs(r)))) replaceFar(h + i, s + i, f64x2.add(r, f64x2.sub(multiple, shifter)));
  }
}

// @ts-ignore: decorator
@inline
function isFar(distance: v128): v128 {
  return f64x2.gt(distance, f64x2.splat(NEAR));
}

/** r to h, k / 16 + SHIFTER to s; returns |r|. A NaN takes the last entry of the table. */
// @ts-ignore: decorator
@inline
function reduce(h: usize, s: usize, x: v128, low: v128, high: v128, shifter: v128): v128 {
  const clamped = f64x2.pmax(low, f64x2.pmin(high, x));
  const multiple = f64x2.add(clamped, shifter);
  const r = f64x2.sub(x, f64x2.sub(multiple, shifter));
  v128.store(h, r);
  v128.store(s, multiple);
  return f64x2.abs(r);
}

/** From what reduce stored to the results. */
// @ts-ignore: decorator
@inline
function near(h: usize, s: usize, c3: v128, c5: v128, c7: v128, c9: v128, one: v128): void {
  const first = v128.load(CENTRE + (<usize>load<i32>(s) << 4));
  const second = v128.load(CENTRE + (<usize>load<i32>(s, 8) << 4));
  const t = v128.shuffle<i64>(first, second, 0, 2);
  const sech2 = v128.shuffle<i64>(first, second, 1, 3);
  const r = v128.load(h);
  const r2 = f64x2.mul(r, r);
  const low = f64x2.add(c3, f64x2.mul(r2, c5));
  const high = f64x2.add(c7, f64x2.mul(r2, c9));
  const c = f64x2.add(low, f64x2.mul(f64x2.mul(r2, r2), high));
  const u = f64x2.add(r, f64x2.mul(r, f64x2.mul(r2, c)));
  const q = f64x2.div(one, f64x2.add(one, f64x2.mul(t, u)));
  v128.store(h, f64x2.mul(f64x2.add(t, u), q));
  v128.store(s, f64x2.mul(f64x2.mul(sech2, f64x2.sub(one, f64x2.mul(u, u))), f64x2.mul(q, q)));
}

/** Replaces what `near` made of the far lanes. 1 − 2e and 4e (1 − 2e) leave out terms in e² < 2^-92. */
// @ts-ignore: decorator
@inline
function replaceFar(h: usize, s: usize, x: v128): void {
  const e = expNormal(f64x2.pmax(v128.load(LOWEST), f64x2.mul(v128.load(MINUS_TWO), f64x2.abs(x))));
  const far = f64x2.gt(f64x2.abs(x), v128.load(HIGH));
  const e2 = f64x2.add(e, e);
  const tanh = f64x2.sub(v128.load(ONE), e2);
  v128.store(h, v128.bitselect(v128.or(tanh, v128.and(x, v128.load(SIGN))), v128.load(h), far));
  v128.store(s, v128.bitselect(f64x2.mul(f64x2.add(e2, e2), tanh), v128.load(s), far));
}
