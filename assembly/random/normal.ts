// Standard normals
//
//   Box & Muller 1958: for u1 in (0, 1] and u2 in [0, 1) independent and uniform, with ρ = √(−2 ln u1),
//     ρ cos(2π u2) and ρ sin(2π u2) are independent standard normals.
//   u2 = n 2^−53 and u1 = 1 − n 2^−53, n of 53 bits: ⌊low / 2^11⌋ below high, of a pair of words (low, high).
//
// The largest is √(2 · 53 ln 2) = 8.57. The value of element j of row r depends on the key, r, j, step and stream only:
// counter (r, ⌊j / 2⌋, step, stream); words 0 and 1 make u1, words 2 and 3 u2; the cosine is the even element.

import { logNormal } from '../math/log';
import { storeCircle } from '../math/trig';
import { M0, M1, mixHigh, ROUNDS, takeLow, W0, W1 } from './philox';

/** High words of doubles: 2^20 (1 + w 2^−52) = 2^20 + w 2^−32, and ½ (1 + w 2^−52) = ½ + w 2^−53. */
const HIGH_BASE: usize = memory.data<u32>([0x41300000, 0x41300000, 0x41300000, 0x41300000], 16);
const LOW_BASE: usize = memory.data<u32>([0x3FE00000, 0x3FE00000, 0x3FE00000, 0x3FE00000], 16);
/** 2^20 + ½, and that plus 1. */
const OFFSET: usize = memory.data<f64>([1048576.5, 1048576.5, 1048577.5, 1048577.5], 16);
const MINUS_TWO: usize = memory.data<f64>([-2.0, -2.0], 16);
const LANES: usize = memory.data<u32>([0, 1, 2, 3], 16);

/** The normals of two rows from their uniforms, as doubles of base + high word, base + low word. */
// @ts-ignore: decorator
@inline
function storeNormals(even: usize, odd: usize, high1: v128, low1: v128, high2: v128, low2: v128): void {
  const u1 = f64x2.sub(f64x2.sub(v128.load(OFFSET, 16), high1), low1);
  const u2 = f64x2.add(f64x2.sub(high2, v128.load(OFFSET, 0)), low2);
  const radius = f64x2.sqrt(f64x2.mul(v128.load(MINUS_TWO), logNormal(u1)));
  storeCircle(odd, even, radius, u2);
}

/** A feature-major block of standard normals. Writes up to 3 rows past the last one. */
export function fillNormal(
  out: usize, // [dim][stride]
  stride: usize, // bytes from one feature to the next
  dim: i32,
  rows: i32,
  firstRow: u32, // number of the block's first row
  keyLo: u32,
  keyHi: u32,
  step: u32,
  stream: u32,
): void {
  for (let j = 0; j < dim; j += 2) {
    const even = out + <usize>j * stride;
    const odd = j + 1 < dim ? even + stride : even; // written first: without an odd feature the even one replaces it
    for (let row = 0; row < rows; row += 4) {
      let c0 = i32x4.add(i32x4.splat(firstRow + row), v128.load(LANES));
      let c1 = i32x4.splat(j >> 1);
      let c2 = i32x4.splat(step);
      let c3 = i32x4.splat(stream);
      let k0 = keyLo;
      let k1 = keyHi;
      for (let round = 0; round < ROUNDS; ++round) {
        const a01 = i64x2.extmul_low_i32x4_u(c0, v128.load(M0));
        const a23 = i64x2.extmul_high_i32x4_u(c0, v128.load(M0));
        const b01 = i64x2.extmul_low_i32x4_u(c2, v128.load(M1));
        const b23 = i64x2.extmul_high_i32x4_u(c2, v128.load(M1));
        c0 = mixHigh(b01, b23, c1, k0);
        c1 = takeLow(b01, b23);
        c2 = mixHigh(a01, a23, c3, k1);
        c3 = takeLow(a01, a23);
        k0 += W0;
        k1 += W1;
      }
      const low1 = i32x4.shr_u(c0, 11);
      const low2 = i32x4.shr_u(c2, 11);
      const at = (<usize>row) << 3;
      storeNormals(
        even + at,
        odd + at,
        v128.shuffle<i32>(c1, v128.load(HIGH_BASE), 0, 4, 1, 5),
        v128.shuffle<i32>(low1, v128.load(LOW_BASE), 0, 4, 1, 5),
        v128.shuffle<i32>(c3, v128.load(HIGH_BASE), 0, 4, 1, 5),
        v128.shuffle<i32>(low2, v128.load(LOW_BASE), 0, 4, 1, 5),
      );
      storeNormals(
        even + at + 16,
        odd + at + 16,
        v128.shuffle<i32>(c1, v128.load(HIGH_BASE), 2, 6, 3, 7),
        v128.shuffle<i32>(low1, v128.load(LOW_BASE), 2, 6, 3, 7),
        v128.shuffle<i32>(c3, v128.load(HIGH_BASE), 2, 6, 3, 7),
        v128.shuffle<i32>(low2, v128.load(LOW_BASE), 2, 6, 3, 7),
      );
    }
  }
}
