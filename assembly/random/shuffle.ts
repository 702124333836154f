// Permutations
//
//   Fisher & Yates: for i = count − 1, …, 0, element i changes places with element j_i, which is uniform in 0 … i:
//     j_i = ⌊(i + 1) w 2^−64⌋,   w the 64 bits of words 0 and 1 of the counter (i, 0, step, stream)
//
// It begins with 0, 1, 2, … whatever was there, so that a permutation is a function of the key, the step and the stream. The places are
// even to i 2^−64.

import { Shuffle } from '../opcodes';
import { fillWords } from './philox';

const BLOCK: i32 = 64;

/** The numbers 0 … count − 1 in a random order. */
export function shuffle(
  order: usize, // [count] 32-bit
  scratch: usize, // Shuffle.ScratchBytes
  count: i32,
  keyLow: u32,
  keyHigh: u32,
  step: u32,
  stream: u32,
): void {
  for (let i = 0; i < count; i++) store<i32>(order + (<usize>i << 2), i);
  for (let first = (count - 1) & -BLOCK; first >= 0; first -= BLOCK) {
    const rows = min(BLOCK, count - first);
    fillWords(scratch, scratch + Shuffle.ScratchBytes / 2, rows, first, 0, step, stream, keyLow, keyHigh);
    for (let i = first + rows - 1; i >= first; i--) {
      const from = order + (<usize>below(load<u64>(scratch + (<usize>(i - first) << 3)), i + 1) << 2);
      const to = order + (<usize>i << 2);
      const chosen = load<i32>(from);
      store<i32>(from, load<i32>(to));
      store<i32>(to, chosen);
    }
  }
}

/** ⌊n w 2^−64⌋ */
// @ts-ignore: decorator
@inline
function below(w: u64, n: u64): u32 {
  return <u32>(((w >> 32) * n + (((w & 0xFFFFFFFF) * n) >> 32)) >> 32);
}
