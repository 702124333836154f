import { describe, expect, it } from 'vitest';
import { arena } from '../../src/runtime/memory.js';
import { wasm } from '../../src/runtime/wasm.js';

/** The four words of one counter. */
function philox(counter: number[], key: number[]): string[] {
  const memory = arena();
  const [low, high] = [memory.allocate(64), memory.allocate(64)];
  wasm().kernels.fillWords(low, high, 1, counter[0], counter[1], counter[2], counter[3], key[0], key[1]);
  const words = [low, low + 4, high, high + 4].map((at) => (memory.i32[at / 4] >>> 0).toString(16).padStart(8, '0'));
  memory.free(low);
  memory.free(high);
  return words;
}

describe('Philox4x32-10', () => {
  // Random123 1.14, tests/kat_vectors: philox4x32 10.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[-1, -1, -1, -1], [-1, -1], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ])('counter %j, key %j', (counter, key, words) => {
    expect(philox(counter, key).join(' ')).toBe(words);
  });

  it('counts rows from the first, in every lane and group', () => {
    const memory = arena();
    const [low, high] = [memory.allocate(8 * 24), memory.allocate(8 * 24)];
    wasm().kernels.fillWords(low, high, 17, 1000, 1, 2, 3, 4, 5);
    for (let row = 0; row < 17; row++) {
      const words = [low, low + 4, high, high + 4].map((at) =>
        (memory.i32[at / 4 + 2 * row] >>> 0).toString(16).padStart(8, '0'),
      );
      expect(words).toEqual(philox([1000 + row, 1, 2, 3], [4, 5]));
    }
    memory.free(low);
    memory.free(high);
  });
});
