import { describe, expect, it } from 'vitest';
import { isPoint, rounded, ticksOf, ticksWithin, widened } from '../../src/plot/scale.js';

const labels = (low: number, high: number, count: number): string[] => ticksOf({ low, high }, count).map(({ label }) => label);

describe('ticks', () => {
  it.each([
    [0, 1, 5, ['0', '0.2', '0.4', '0.6', '0.8', '1.0']],
    [-3.2, 3.2, 3, ['−2', '0', '2']],
    [-61, -29, 6, ['−60', '−55', '−50', '−45', '−40', '−35', '−30']],
    [0, 3000, 6, ['0', '500', '1000', '1500', '2000', '2500', '3000']],
    [0.9994, 1.0006, 3, ['0.9995', '1.0000', '1.0005']],
    [0, 3e6, 3, ['0', '1e6', '2e6', '3e6']],
    [1.05e7, 1.35e7, 3, ['1.1e7', '1.2e7', '1.3e7']],
    [-2e-9, 2e-9, 2, ['−2e−9', '0', '2e−9']],
    [-1e300, 1e300, 2, ['−1e300', '0', '1e300']],
    [0, 9.5, 1, ['0']],
  ])('from %d to %d, about %d', (low, high, count, expected) => expect(labels(low, high, count)).toEqual(expected));

  it('are decimals exactly, not sums of steps', () => {
    expect(ticksOf({ low: 0, high: 1 }, 10).map(({ value }) => value)).toEqual([
      0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]);
  });

  it('are as many as have room', () => {
    const range = { low: 0, high: 0.01 };
    const counts = [400, 200, 100, 60, 30].map((width) => ticksWithin(range, width, 10).length);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(counts[0]).toBe(11);
    expect(counts[4]).toBe(1);
  });
});

describe('ranges', () => {
  it('of one value are widened by a tenth of it, and by 1 at 0', () => {
    expect(widened({ low: 5, high: 5 })).toEqual({ low: 4.5, high: 5.5 });
    expect(widened({ low: 0, high: 0 })).toEqual({ low: -1, high: 1 });
    expect(widened({ low: -5e-324, high: 5e-324 })).toEqual({ low: -1, high: 1 });
    expect(widened({ low: 0, high: 1 })).toEqual({ low: 0, high: 1 });
  });

  it('are points where the ends differ by rounding', () => {
    expect(isPoint({ low: 1e15, high: 1e15 + 1 })).toBe(true);
    expect(isPoint({ low: 1, high: 1 + 1e-9 })).toBe(false);
  });
});

it.each([
  [4.4213, 11, '4.4'],
  [-0.73321, 3, '−0.73'],
  [0, 3, '0'],
  [-0.0001, 3, '0'],
  [1234.5, 100, '1235'],
  [2.5e8, 1e7, '2.500e8'],
  [0.1 + 0.2, 0, '0.3'],
  [-1e-12, 0, '−1e−12'],
])('%d on a scale of %d is written %s', (value, width, expected) => expect(rounded(value, width)).toBe(expected));
