import { describe, expect, it } from 'vitest';
import { arena } from '../../src/runtime/memory.js';
import { Stream, permutation } from '../../src/runtime/random.js';
import { wasm } from '../../src/runtime/wasm.js';

/** Words 0 and 1 of the counter (i, 0, step, stream), as one number. */
function bits(i: number, step: number, key: [number, number]): bigint {
  const memory = arena();
  const [low, high] = [memory.allocate(64), memory.allocate(64)];
  wasm().kernels.fillWords(low, high, 1, i, 0, step, Stream.Order, ...key);
  const [first, second] = [memory.i32[low / 4] >>> 0, memory.i32[low / 4 + 1] >>> 0];
  memory.free(low);
  memory.free(high);
  return (BigInt(second) << 32n) | BigInt(first);
}

describe('permutation', () => {
  it.each([1, 2, 63, 64, 65, 200])('is that of Fisher and Yates, %d numbers', (count) => {
    const expected = Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i >= 0; i--) {
      const j = Number((BigInt(i + 1) * bits(i, 7, [5, -6])) >> 64n);
      [expected[i], expected[j]] = [expected[j], expected[i]];
    }
    expect([...permutation({ low: 5, high: -6, step: 7 }, Stream.Order, count)]).toEqual(expected);
  });

  it('puts every number everywhere as often, to five standard deviations', () => {
    const [count, draws] = [6, 6000];
    const counts = new Float64Array(count * count);
    for (let step = 0; step < draws; step++) {
      permutation({ low: 1, high: 0, step }, Stream.Order, count).forEach((value, at) => counts[count * at + value]++);
    }
    const expected = draws / count;
    const sd = Math.sqrt(expected * (1 - 1 / count));
    for (const value of counts) expect(Math.abs(value - expected)).toBeLessThan(5 * sd);
  });
});
