import { describe, expect, it } from 'vitest';
import { Flow, affine, energies, fitToTarget, mixture } from '../../src/index.js';
import { flowOf } from './cases.js';
import { KOLMOGOROV, column, kolmogorovSmirnov, normalCdf } from './distribution.js';

const OPTIONS = {
  components: 3,
  logits: [0, Math.log(3), Math.log(4)],
  locations: [-4, 0, 1, 1, 2, -3],
  logScales: [0, 0, -1, 0.5, 0.5, -0.5],
};
const WEIGHTS = [1 / 8, 3 / 8, 4 / 8];

describe('mixture', () => {
  // By hand: two unit normals at ±1 and z = 0: both have e^−½ / √2π.
  it('gives a number worked by hand', () => {
    const flow = flowOf(mixture(1, { components: 2, locations: [-1, 1] }));
    expect(flow.logProb([[0]])[0]).toBeCloseTo(-0.5 - 0.5 * Math.log(2 * Math.PI), 15);
    expect(flow.logProbAndGradient([[0]]).dx[0]).toBeCloseTo(0, 15);
  });

  it('100 000 samples follow the distribution, in each coordinate', () => {
    const x = flowOf(mixture(2, OPTIONS)).sample(100_000, { seed: 8 });
    for (let j = 0; j < 2; j++) {
      const cdf = (value: number): number =>
        WEIGHTS.reduce((sum, weight, k) => {
          const [location, logScale] = [OPTIONS.locations[2 * k + j], OPTIONS.logScales[2 * k + j]];
          return sum + weight * normalCdf((value - location) / Math.exp(logScale));
        }, 0);
      expect(kolmogorovSmirnov(column(x, 2, j), cdf)).toBeLessThan(KOLMOGOROV);
    }
  });

  it('the component and the noise are independent: components far apart have the weights and moments they should', () => {
    const locations = [-100, 0, 100];
    const flow = flowOf(mixture(1, { components: 3, logits: OPTIONS.logits, locations }));
    const n = 100_000;
    const x = flow.sample(n, { seed: 9 });
    locations.forEach((location, k) => {
      const own = x.filter((value) => Math.abs(value - location) < 50).map((value) => value - location);
      expect(Math.abs(own.length / n - WEIGHTS[k])).toBeLessThan(4 * Math.sqrt((WEIGHTS[k] * (1 - WEIGHTS[k])) / n));
      expect(kolmogorovSmirnov(own, normalCdf)).toBeLessThan(KOLMOGOROV);
    });
  });

  it('is −∞ with gradient 0 where all squares overflow', () => {
    const { logProb, dx } = flowOf(mixture(2, OPTIONS)).logProbAndGradient([[1e200, 0]]);
    expect(logProb[0]).toBe(-Infinity);
    expect([...dx].map(Math.abs)).toEqual([0, 0]);
  });

  it('spreads its components from the seed, where no locations are given', () => {
    const base = mixture(2, { components: 50, trainable: true });
    const locations = (seed: number): Float64Array => flowOf(base, seed).namedParameters()['base.locations'];
    expect(locations(1)).toEqual(locations(1));
    expect(locations(1)).not.toEqual(locations(2));
    expect(new Set(locations(1)).size).toBe(100);
    expect(locations(1).every((value) => Math.abs(value) < Math.sqrt(3))).toBe(true);
    expect(Math.abs(locations(1).reduce((sum, value) => sum + value, 0) / 100)).toBeLessThan(0.4); // four standard errors
  });

  it('trains its weights on data: gradient ascent finds them', () => {
    const data = flowOf(mixture(2, OPTIONS)).sample(4000, { seed: 1 });
    const flow = flowOf(mixture(2, { ...OPTIONS, logits: [0, 0, 0], trainable: true }));
    for (let step = 0; step < 200; step++) {
      const { dParameters } = flow.logProbAndGradient(data);
      const all = flow.getParameters();
      flow.setParameters({ 'base.logits': all.slice(0, 3).map((value, k) => value + (4 * dParameters[k]) / 4000) });
    }
    const logits = flow.namedParameters()['base.logits'].map(Math.exp);
    const sum = logits.reduce((a, b) => a + b);
    WEIGHTS.forEach((weight, k) => expect(Math.abs(logits[k] / sum - weight)).toBeLessThan(0.04)); // four standard errors and more
  });

  it('fits a target with its weights left alone, and refuses to train them through samples', async () => {
    const options = { components: 2, locations: [-1, 0, 1, 0], trainable: true };
    const flow = new Flow({ base: mixture(2, { ...options, trainWeights: false }), transforms: [affine(2)], seed: 1 });
    expect(Object.keys(flow.namedParameters())).not.toContain('base.logits');
    const fit = await fitToTarget(flow, energies.u1, { steps: 1500, batchSize: 256 });
    // u1 has two modes at (±2, 0); one normal of full width leaves more than 0.4 nats.
    const { 'base.locations': locations } = flow.namedParameters();
    expect(locations[0] * locations[2]).toBeLessThan(0);
    expect(fit.freeEnergy).toBeLessThan(-1.6);
    await expect(fitToTarget(flowOf(mixture(2, options)), energies.u1, { steps: 1 })).rejects.toThrow(
      'fitToTarget: base must have parameters that samples move with; got trainable logits, which have no gradient there.',
    );
  });

  it.each([false, true])('has the same bits fixed and trainable, and after a file; weights trained %s', (trainWeights) => {
    const [fixed, trained] = [flowOf(mixture(2, OPTIONS)), flowOf(mixture(2, { ...OPTIONS, trainable: true, trainWeights }))];
    const { x, logProb } = fixed.sampleAndLogProb(100, { seed: 3 });
    for (const flow of [trained, Flow.load(trained.save()), Flow.load(fixed.save())]) {
      expect(flow.sampleAndLogProb(100, { seed: 3 })).toEqual({ x, logProb });
    }
    const spread = flowOf(mixture(2, { components: 4, trainable: true, trainWeights }));
    expect(Flow.load(spread.save()).getParameters()).toEqual(spread.getParameters());
  });

  it.each<[string, () => unknown, string]>([
    ['no components', () => mixture(1, { components: 0, locations: [] }), 'components must be an integer of at least 1; got 0.'],
    ['nowhere to be', () => mixture(1, { components: 2 }), 'locations must be given unless trainable is true; got undefined.'],
    [
      'locations of another length',
      () => mixture(2, { components: 2, locations: [1, 2, 3] }),
      'locations must have length 4; got Array of length 3.',
    ],
    [
      'a logit beyond its limit',
      () => mixture(1, { components: 1, locations: [0], logits: [601] }),
      'logits must lie in [-600, 600]; got 601.',
    ],
    [
      'a scale beyond its limit',
      () => mixture(1, { components: 1, locations: [0], logScales: -701 }),
      'logScales must lie in [-700, 700]; got -701.',
    ],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(`mixture: ${message}`);
  });

  it('refuses weights to train where nothing is', () => {
    expect(() => mixture(1, { components: 1, locations: [0], trainWeights: true })).toThrow(TypeError);
  });
});
