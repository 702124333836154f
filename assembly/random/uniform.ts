// Uniforms in the open interval (0, 1)
//
//   u = (n + ½) 2^−52,  n = 2^20 high + (low mod 2^20) of a pair of random words (low, high)
//
// Never 0 or 1, symmetric about ½ (1 − u has the same distribution and is exact), so that log u, log(1 − u) and logit u are finite.
// The value of element j of row r depends on the key, r, j, step and stream only: counter (r, ⌊j / 2⌋, step, stream), words 0 and 1 for
// even j, 2 and 3 for odd j.

import { fillWords } from './philox';

const LOW_BITS: usize = memory.data<u64>([0xFFFFF, 0xFFFFF], 16);
/** 2^20 (1 + high 2^−52) and 1 + low 2^−52; then what both add up to, less half a step. */
const HIGH: usize = memory.data<f64>([1048576.0, 1048576.0], 16);
const LOW: usize = memory.data<f64>([1.0, 1.0], 16);
/** 1 − 2^−53 */
const LOW_OFFSET: usize = memory.data<f64>([0.9999999999999999, 0.9999999999999999], 16);

/** A feature-major block of uniforms in (0, 1). Writes up to 7 rows past the last one. */
export function fillUniform(
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
    toUniforms(even, bytes);
    if (odd != spare) toUniforms(odd, bytes);
  }
}

/** Uniforms in place of random bits. */
export function toUniforms(row: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    const bits = v128.load(row + i);
    const high = v128.or(i64x2.shr_u(bits, 32), v128.load(HIGH));
    const low = v128.or(v128.and(bits, v128.load(LOW_BITS)), v128.load(LOW));
    v128.store(row + i, f64x2.add(f64x2.sub(high, v128.load(HIGH)), f64x2.sub(low, v128.load(LOW_OFFSET))));
  }
}
