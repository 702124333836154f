import { describe, expect, it } from 'vitest';
import { fitPosterior, interval, logDensity, logMix, model, normalLogCdf, positive, real, sum } from '../../src/index.js';

const twoModes = (apart: number) =>
  model({ x: real() }, ({ x }) => logMix(0.25, logDensity.normal(x, -apart, 0.5), logDensity.normal(x, apart, 0.5)));

/** Normalised: ln Z = 0, so that the ELBO is −KL. */
const DENSITIES = {
  normal: model({ x: real() }, ({ x }) => logDensity.normal(x, 3, 2)),
  'gamma(2, 3)': model({ x: positive() }, ({ x }) => logDensity.gamma(x, 2, 3)),
  'gamma(½, 1)': model({ x: positive() }, ({ x }) => logDensity.gamma(x, 0.5, 1)),
  lognormal: model({ x: positive() }, ({ x }) => logDensity.lognormal(x, 0, 1)),
  'inverse gamma': model({ x: positive() }, ({ x }) => logDensity.inverseGamma(x, 3, 2)),
  'beta(2, 5)': model({ x: interval(0, 1) }, ({ x }) => logDensity.beta(x, 2, 5)),
  'beta(½, ½)': model({ x: interval(0, 1) }, ({ x }) => logDensity.beta(x, 0.5, 0.5)),
  Laplace: model({ x: real() }, ({ x }) => logDensity.laplace(x, 0, 1)),
  't(5)': model({ x: real() }, ({ x }) => logDensity.studentT(x, 5, 0, 1)),
  'skew normal': model({ x: real() }, ({ x }) => sum(Math.LN2, logDensity.normal(x, 0, 1), normalLogCdf(x))),
  'two modes that touch': twoModes(1),
};

describe('a posterior of one parameter', () => {
  it.each(Object.entries(DENSITIES))('%s: within 2e-5 nats, and trusted', async (_, density) => {
    for (const seed of [1, 2, 3]) {
      const { elbo, logEvidence, khat, trust } = (await fitPosterior(density, { seed })).summary();
      expect(Math.abs(elbo)).toBeLessThan(2e-5);
      expect(Math.abs(logEvidence)).toBeLessThan(2e-5);
      expect(khat).toBeLessThan(0.7);
      expect(trust).toMatch(/^Trusted/);
    }
  });

  // Between a knot and where the spline becomes linear, a heavy tail bends most: one draw there in a hundred thousand would be seen.
  it('has tails as far as 100 000 draws reach', async () => {
    const heavy = model({ x: real() }, ({ x }) => logDensity.studentT(x, 2, 0, 1));
    for (const seed of [1, 2, 3])
      expect((await fitPosterior(heavy, { seed, draws: 100_000, restarts: 1 })).summary().khat).toBe(0);
  });

  it('has both modes, far apart as they are', async () => {
    const fit = await fitPosterior(twoModes(5), { seed: 1 });
    const { rows, uncorrected, isTrusted } = fit.summary();
    expect(isTrusted).toBe(true);
    for (const [{ mean, sd }] of [rows, uncorrected]) {
      expect(Math.abs(mean - 2.5)).toBeLessThan(0.15);
      expect(Math.abs(sd - Math.sqrt(0.25 + 75 / 4))).toBeLessThan(0.15);
    }
  });

  it('is trained where the density does not fall off, or ends', async () => {
    const endless = model({ x: real() }, ({ x }) => logDensity.studentT(x, 0.3, 0, 1));
    const half = model({ x: real() }, ({ x }) => logDensity.exponential(x, 1));
    for (const density of [endless, half]) {
      const { restarts } = await fitPosterior(density, { restarts: 1, draws: 1000, steps: 100 });
      expect(restarts[0].trace.length).not.toBe(1);
    }
  });

  it('is trained where a flow is asked for', async () => {
    const { restarts } = await fitPosterior(DENSITIES.normal, { flow: 'mean-field', restarts: 1, draws: 1000 });
    expect(restarts[0].trace.length).toBeGreaterThan(1);
  });
});
