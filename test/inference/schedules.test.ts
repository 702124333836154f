import { describe, expect, it } from 'vitest';
import { constant, cosineDecay, linearDecay } from '../../src/index.js';
import { annealingSchedule } from '../../src/inference/schedules.js';

describe('learning-rate schedules', () => {
  it('constant', () => expect([constant(0, 10), constant(9, 10)]).toEqual([1, 1]));

  it('linearDecay holds, then falls to 0', () => {
    const schedule = linearDecay(0.5);
    [0, 50, 75, 99, 100]
      .map((step) => schedule(step, 100))
      .forEach((value, k) => expect(value).toBeCloseTo([1, 1, 0.5, 0.02, 0][k], 14));
  });

  it('cosineDecay', () => {
    const schedule = cosineDecay(0.2);
    [0, 20, 60, 100].map((step) => schedule(step, 100)).forEach((value, k) => expect(value).toBeCloseTo([1, 1, 0.5, 0][k], 14));
  });

  it('refuse fractions out of range', () => {
    expect(() => linearDecay(1)).toThrow(/^linearDecay: from must lie in \[0, 1\); got 1\.$/);
    expect(() => cosineDecay(NaN)).toThrow(RangeError);
    expect(() => linearDecay('0.5' as never)).toThrow(/^linearDecay: from must be a number; got '0\.5'\.$/);
  });
});

describe('annealing', () => {
  it('ramp: from 0.01 to 1 at two thirds', () => {
    const ramp = annealingSchedule('ramp')!;
    [0, 300, 600, 899]
      .map((step) => ramp(step, 900))
      .forEach((value, k) => expect(value).toBeCloseTo([0.01, 0.505, 1, 1][k], 14));
  });

  it('paper: min(1, 0.01 + t / 10000)', () => {
    const paper = annealingSchedule('paper')!;
    expect([0, 100, 9900, 50_000].map((step) => paper(step, 60_000))).toEqual([0.01, 0.02, 1, 1]);
  });

  it('none', () => expect(annealingSchedule('none')!(0, 10)).toBe(1));
});
