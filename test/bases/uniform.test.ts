import { describe, expect, it } from 'vitest';
import { Flow, affine, energies, fitToTarget, uniform } from '../../src/index.js';
import { flowOf } from './cases.js';
import { KOLMOGOROV, column, kolmogorovSmirnov } from './distribution.js';

const LOW = [-1, 2, 0];
const HIGH = [1, 2.5, 1e-3];
const flow = flowOf(uniform(3, { low: LOW, high: HIGH }));
/** −ln(2 · ½ · 1e-3) */
const INSIDE = 3 * Math.LN10;

describe('uniform', () => {
  it('is constant inside and on the bounds, −∞ outside, with gradient 0', () => {
    const rows = [[0, 2.2, 5e-4], LOW, HIGH, [1.0000000000000002, 2.2, 0], [0, 1.9999999999999998, 0], [0, 2.2, 1]];
    const { logProb, dx, dParameters } = flow.logProbAndGradient(rows);
    for (const value of logProb.subarray(0, 3)) expect(value).toBeCloseTo(INSIDE, 14);
    expect([...logProb.subarray(3)]).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(flow.logProb(rows)).toEqual(logProb);
    expect(dx.every((value) => value === 0)).toBe(true);
    expect(dParameters).toHaveLength(flow.parameterCount);
    expect(flow.base.parameters).toEqual([]);
  });

  it('100 000 samples are uniform, inside, and have the density that they say', () => {
    const { x, logProb } = flow.sampleAndLogProb(100_000, { seed: 6 });
    expect(flow.logProb(x)).toEqual(logProb);
    expect(logProb.every((value) => Math.abs(value - INSIDE) < 1e-14)).toBe(true);
    for (let j = 0; j < 3; j++) {
      const cdf = (value: number): number => (value - LOW[j]) / (HIGH[j] - LOW[j]);
      expect(kolmogorovSmirnov(column(x, 3, j), cdf)).toBeLessThan(KOLMOGOROV);
    }
    expect(flow.sample(33, { seed: 6 })).toEqual(x.slice(0, 99));
  });

  it('stays inside a box of one ulp, and a box as wide as can be', () => {
    for (const [low, high] of [
      [1, 1 + Number.EPSILON],
      [-8e307, 8e307],
      [0, 5e-324],
    ]) {
      const { logProb } = flowOf(uniform(1, { low, high })).sampleAndLogProb(1000, { seed: 1 });
      expect(new Set(logProb).size).toBe(1);
      expect(logProb[0]).toBeGreaterThan(-Infinity);
    }
  });

  it('can be fitted behind an affine transform', async () => {
    const placed = new Flow({ base: uniform(2, { low: -1 }), transforms: [affine(2)], seed: 1 });
    const fit = await fitToTarget(placed, energies.u1, { steps: 100, batchSize: 128 });
    expect(Number.isFinite(fit.freeEnergy)).toBe(true);
    expect(placed.getParameters().some((value) => value !== 0)).toBe(true);
  });

  it('comes back from a file', () => {
    expect(Flow.load(flow.save()).sampleAndLogProb(50, { seed: 2 })).toEqual(flow.sampleAndLogProb(50, { seed: 2 }));
  });

  it('refuses other bounds', () => {
    expect(() => uniform(2, { low: 1, high: [2, 1] })).toThrow(/^uniform: high must be above low, 1; got 1 at index 1\.$/);
    expect(() => uniform(1, { low: -1e308, high: 1e308 })).toThrow(
      /^uniform: high − low must be finite; got -1e\+308 to 1e\+308/,
    );
    expect(() => uniform(1, { high: Infinity })).toThrow(/^uniform: high must be finite/);
    expect(() => uniform(1, { trainable: true } as never)).toThrow(TypeError);
  });
});
