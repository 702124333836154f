// Uniforms in the open interval (0, 1)
//
//   u = (n + ½) 2^−52,  n of 52 bits: 2^32 · 2^−52 · ⌊low / 2^12⌋ below high, of a pair of words (low, high)
//
// Never 0 or 1, symmetric about ½ (1 − u has the same distribution and is exact), so that log u, log(1 − u) and logit u are finite.
// The value of element j of row r depends on the key, r, j, step and stream only: counter (r, ⌊j / 2⌋, step, stream), words 0 and 1 for even j, 2 and 3
// for odd j.

import { M0, M1, mixHigh, ROUNDS, takeLow, W0, W1 } from './philox';

/** High words of doubles: 2^20 (1 + w 2^−52) = 2^20 + w 2^−32, and 1 + w 2^−52. */
const HIGH_BASE: usize = memory.data<u32>([0x41300000, 0x41300000, 0x41300000, 0x41300000], 16);
const LOW_BASE: usize = memory.data<u32>([0x3FF00000, 0x3FF00000, 0x3FF00000, 0x3FF00000], 16);
/** 2^20, and 1 − 2^−53. */
const OFFSET: usize = memory.data<f64>([1048576.0, 1048576.0, 0.9999999999999999, 0.9999999999999999], 16);
const LANES: usize = memory.data<u32>([0, 1, 2, 3], 16);

/** Stores the uniforms of four rows from their low and high words. */
// @ts-ignore: decorator
@inline
function storeUniforms(out: usize, low: v128, high: v128): void {
  const bits = i32x4.shr_u(low, 12);
  const high01 = f64x2.sub(v128.shuffle<i32>(high, v128.load(HIGH_BASE), 0, 4, 1, 5), v128.load(OFFSET, 0));
  const high23 = f64x2.sub(v128.shuffle<i32>(high, v128.load(HIGH_BASE), 2, 6, 3, 7), v128.load(OFFSET, 0));
  const low01 = f64x2.sub(v128.shuffle<i32>(bits, v128.load(LOW_BASE), 0, 4, 1, 5), v128.load(OFFSET, 16));
  const low23 = f64x2.sub(v128.shuffle<i32>(bits, v128.load(LOW_BASE), 2, 6, 3, 7), v128.load(OFFSET, 16));
  v128.store(out, f64x2.add(high01, low01), 0);
  v128.store(out, f64x2.add(high23, low23), 16);
}

/** A feature-major block of uniforms in (0, 1), each on the grid (n + ½) 2^−52. Writes up to 3 rows past the last one. */
export function fillUniform(
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
      const at = (<usize>row) << 3;
      storeUniforms(odd + at, c2, c3);
      storeUniforms(even + at, c0, c1);
    }
  }
}
