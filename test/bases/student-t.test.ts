import { describe, expect, it } from 'vitest';
import { Flow, affine, energies, fitToTarget, studentT, targetFromFunction } from '../../src/index.js';
import { decimal } from '../reference/algebra.js';
import { gradient } from '../reference/dual.js';
import { around, linear } from '../reference/points.js';
import * as reference from '../reference/student-t.js';
import { flowOf } from './cases.js';
import { KOLMOGOROV, column, kolmogorovSmirnov, normalCdf } from './distribution.js';

/** Distribution functions of ν = 1, 2 and 4, and of the limit. */
const CDF: [nu: number, cdf: (t: number) => number][] = [
  [1, (t) => 0.5 + Math.atan(t) / Math.PI],
  [2, (t) => 0.5 + t / (2 * Math.sqrt(2 + t * t))],
  [4, (t) => 0.5 + (3 / 8) * (t / Math.sqrt(1 + (t * t) / 4)) * (1 - (t * t) / (12 * (1 + (t * t) / 4)))],
  [1e13, normalCdf],
];

describe('studentT', () => {
  // ν = 1 is Cauchy's: 1/(π (1 + t²)). ν = 3 at 0: 2/(π √3).
  it('gives numbers worked by hand', () => {
    expect(flowOf(studentT(1, { degreesOfFreedom: 1 })).logProb([[2]])[0]).toBeCloseTo(-Math.log(5 * Math.PI), 14);
    expect(flowOf(studentT(1, { degreesOfFreedom: 3 })).logProb([[0]])[0]).toBeCloseTo(
      Math.log(2 / (Math.PI * Math.sqrt(3))),
      14,
    );
  });

  it('has its normaliser to 4e-15, and the derivative of that, for every ν: relative where ν is large', () => {
    const flow = flowOf(studentT(1, { degreesOfFreedom: 1, trainable: true }));
    for (const logNu of [...linear(1, 60, -29.9, 29.9), ...around([32, 30, 2, 1].map(Math.log))]) {
      flow.setParameters({ 'base.logDegreesOfFreedom': [logNu] });
      const expected = gradient(
        decimal,
        (D, [x]) => reference.logProb(D, [D.from(0)], { location: [D.from(0)], logScale: [D.from(0)], logNu: [x] }),
        [decimal.from(logNu)],
      );
      const { logProb, dParameters } = flow.logProbAndGradient([[0]]);
      const { 'base.logDegreesOfFreedom': slope } = flow.namedParameters(dParameters);
      const value = expected.value.toNumber();
      expect(Math.abs(logProb[0] - value), `at ${logNu}`).toBeLessThanOrEqual(4e-15 * Math.max(1, Math.abs(value)));
      const derivative = expected.gradient[0].toNumber();
      // From ν = 32 = e^3.4657… on, where the series stands alone; its neighbours may round to either side.
      const size = logNu > 3.47 ? Math.abs(derivative) : 1;
      expect(Math.abs(slope[0] - derivative), `slope at ${logNu}`).toBeLessThanOrEqual(4e-15 * size);
    }
  });

  it.each(CDF)('100 000 samples follow the distribution, ν = %d', (nu, cdf) => {
    const base = studentT(2, { degreesOfFreedom: [nu, nu], location: [0, 3], logScale: [0, Math.LN2] });
    const x = flowOf(base).sample(100_000, { seed: 4 });
    const [first, second] = [0, 1].map((j) => column(x, 2, j));
    expect(kolmogorovSmirnov(first, cdf)).toBeLessThan(KOLMOGOROV);
    expect(kolmogorovSmirnov(second, (value) => cdf((value - 3) / 2))).toBeLessThan(KOLMOGOROV);
    // Independent, by the signs and by which are beyond the quartiles: four standard errors.
    const correlation = (f: (t: number) => number): number =>
      first.reduce((sum, value, r) => sum + f(cdf(value)) * f(cdf((second[r] - 3) / 2)), 0) / Math.sqrt(first.length);
    expect(Math.abs(correlation((p) => (p < 0.5 ? -1 : 1)))).toBeLessThan(4);
    expect(Math.abs(correlation((p) => (Math.abs(p - 0.5) < 0.25 ? -1 : 1)))).toBeLessThan(4);
  });

  it('is finite far out, where squares overflow: ln q falls by (ν + 1) ln 10 per decade', () => {
    const flow = flowOf(studentT(1, { degreesOfFreedom: 2.5 }));
    const { logProb, dx } = flow.logProbAndGradient([[1e199], [1e200], [-1e200]]);
    expect(logProb[0] - logProb[1]).toBeCloseTo(3.5 * Math.LN10, 10);
    expect(dx[1] * 1e200).toBeCloseTo(-3.5, 12);
    expect(dx[2]).toBe(-dx[1]);
  });

  it('samples are finite down to ν = 0.06; below they may overflow, to ±∞ with density 0', () => {
    const heavy = flowOf(studentT(1, { degreesOfFreedom: 0.06 })).sampleAndLogProb(10_000, { seed: 1 });
    expect([...heavy.x, ...heavy.logProb].every(Number.isFinite)).toBe(true);
    const { x, logProb } = flowOf(studentT(1, { degreesOfFreedom: 1e-3 })).sampleAndLogProb(1000, { seed: 1 });
    x.forEach((value, r) => expect(Number.isFinite(value)).toBe(logProb[r] > -Infinity));
    expect(x.filter((value) => Math.abs(value) === Infinity).length).toBeGreaterThan(100);
  });

  it('fits the degrees of freedom of a target, through samples', async () => {
    const nu = 4;
    // ln(1 + t²/ν)^(−(ν + 1)/2) and its derivative
    const target = targetFromFunction(1, (x, logProb, gradient) => {
      x.forEach((t, i) => {
        logProb[i] = -0.5 * (nu + 1) * Math.log1p((t * t) / nu);
        gradient[i] = (-(nu + 1) * t) / (nu + t * t);
      });
    });
    const base = studentT(1, { degreesOfFreedom: 30, location: 1, logScale: 0.5, trainable: true });
    const flow = new Flow({ base, transforms: [affine(1)], seed: 1 });
    const fit = await fitToTarget(flow, target, { steps: 1500, batchSize: 512, annealing: 'none' });
    const logZ = 0.5 * Math.log(nu * Math.PI) + Math.log(1 / ((3 * Math.sqrt(Math.PI)) / 4)); // Γ(2) / Γ(5/2) = 1 / (¾ √π)
    expect(Math.abs(fit.freeEnergy + logZ)).toBeLessThan(0.003);
    expect(Math.exp(flow.namedParameters()['base.logDegreesOfFreedom'][0])).toBeGreaterThan(3);
    expect(Math.exp(flow.namedParameters()['base.logDegreesOfFreedom'][0])).toBeLessThan(5.5);
  });

  it('fixed, it fits a target as any base', async () => {
    const flow = flowOf(studentT(2, { degreesOfFreedom: 10 }));
    const fit = await fitToTarget(flow, energies.u1, { steps: 50, batchSize: 64 });
    expect(Number.isFinite(fit.freeEnergy)).toBe(true);
  });

  it('has the same bits fixed and trainable, and after a file', () => {
    const options = { degreesOfFreedom: [0.7, 12], location: 1, logScale: [0.1, -2] };
    const [fixed, trained] = [false, true].map((trainable) => flowOf(studentT(2, { ...options, trainable })));
    expect(fixed.base.parameters).toEqual([]);
    expect(trained.namedParameters()['base.logDegreesOfFreedom'][1]).toBeCloseTo(Math.log(12), 15);
    const { x, logProb } = fixed.sampleAndLogProb(100, { seed: 3 });
    for (const flow of [trained, Flow.load(trained.save()), Flow.load(fixed.save())]) {
      expect(flow.sampleAndLogProb(100, { seed: 3 })).toEqual({ x, logProb });
    }
  });

  it('refuses other values', () => {
    expect(() => studentT(2, { degreesOfFreedom: 0 })).toThrow(
      /^studentT: degreesOfFreedom must lie in \[1e-13, 10000000000000\]; got 0\.$/,
    );
    expect(() => studentT(2, { degreesOfFreedom: [1] })).toThrow(/^studentT: degreesOfFreedom must be a number or have length 2/);
    expect(() => studentT(2, {} as never)).toThrow(RangeError);
    expect(() => studentT(1, { degreesOfFreedom: 1, logScale: 701 })).toThrow(
      /^studentT: logScale must lie in \[-700, 700\]; got 701\.$/,
    );
    expect(() => studentT(1, { degreesOfFreedom: 1, scale: 1 } as never)).toThrow(TypeError);
    const flow = flowOf(studentT(1, { degreesOfFreedom: 1, trainable: true }));
    expect(() => flow.setParameters({ 'base.logDegreesOfFreedom': [31] })).toThrow(
      /base: logDegreesOfFreedom must lie in \[−30, 30\]; got 31\.$/,
    );
  });
});
