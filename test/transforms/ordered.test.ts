import { describe, expect, it } from 'vitest';
import { Flow, normal, supports } from '../../src/index.js';

const flow = new Flow({ base: normal(3), transforms: [supports.ordered(3)] });
const positive = new Flow({ base: normal(3), transforms: [supports.positiveOrdered(3)] });

describe('ordered', () => {
  // By hand: −1, −1 + 2, 1 + 3, ln |det| = ln 2 + ln 3; and ½, ½ + 2, 2½ + 3, ln |det| = −ln 2 + ln 2 + ln 3.
  it('gives numbers worked by hand', () => {
    const free = flow.forward([[-1, Math.LN2, Math.log(3)]]);
    [-1, 1, 4].forEach((value, k) => expect(free.x[k]).toBeCloseTo(value, 14));
    expect(free.logDet[0]).toBeCloseTo(Math.log(6), 14);
    const above = positive.forward([[-Math.LN2, Math.LN2, Math.log(3)]]);
    [0.5, 2.5, 5.5].forEach((value, k) => expect(above.x[k]).toBeCloseTo(value, 14));
    expect(above.logDet[0]).toBeCloseTo(Math.log(3), 14);
  });

  it.each([[[1, 1, 2]], [[1, 2, 1.5]], [[3, 2, 1]]])(
    '%j is out of order: density 0, finite z, no gradient through the steps down',
    (row) => {
      const { z, logDet } = flow.inverse([row]);
      expect(logDet[0]).toBe(-Infinity);
      for (const value of z) expect(value).toSatisfy(Number.isFinite);
      const { logProb, dx } = flow.logProbAndGradient([row]);
      expect(logProb[0]).toBe(-Infinity);
      for (const value of dx) expect(value).toSatisfy(Number.isFinite);
      const { dx: steps } = flow.inverseVjp([[3, 2, 1]], { dz: Float64Array.of(0, 1, 1), dLogDet: Float64Array.of(1) });
      for (const value of steps) expect(Math.abs(value)).toBe(0);
    },
  );

  it('positive ordered rows are positive', () => {
    expect(positive.logProb([[-1, 2, 3]])[0]).toBe(-Infinity);
    expect(positive.logProb([[0, 2, 3]])[0]).toBe(-Infinity);
    expect(positive.logProb([[1e-300, 2, 3]])[0]).toSatisfy(Number.isFinite);
  });

  it('refuses dim 0, and comes back from a file', () => {
    expect(() => supports.ordered(0)).toThrow(/^supports\.ordered: dim must be an integer of at least 1; got 0\.$/);
    expect(() => supports.positiveOrdered(1.5)).toThrow(RangeError);
    for (const each of [flow, positive]) {
      expect(Flow.load(each.save()).transforms[0].describe()).toEqual(each.transforms[0].describe());
    }
  });
});
