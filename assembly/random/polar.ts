// Exponentials and cosines: the two parts of Box & Muller's normal, each on its own
//
//   exponential = −ln u,   cosine = cos θ,   u uniform in (0, 1], θ on the circle, as in normal.ts
//
// The values of element j of row r come from counter (r, j, step, stream): words 0 and 1 make u, words 2 and 3 the angle.

import { cosineOf, exponentialOf } from './normal';
import { fillWords } from './philox';

/** Feature-major blocks. Writes up to 7 rows past the last one. */
export function fillPolar(
  exponential: usize, // [dim][stride]
  cosine: usize, // [dim][stride]
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
  for (let j = 0; j < dim; j++) {
    fillWords(exponential, cosine, rows, firstRow, j, step, stream, keyLow, keyHigh);
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(exponential + i, exponentialOf(v128.load(exponential + i)));
      v128.store(cosine + i, cosineOf(v128.load(cosine + i)));
    }
    exponential += stride;
    cosine += stride;
  }
}
