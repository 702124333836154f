import { describe, expect, it } from 'vitest';
import { fitPosterior, interval, logDensity, model, real, sum } from '../../src/index.js';
import { RandomSource } from '../../src/posterior/random-source.js';
import { keyOf, splitSeed } from '../../src/runtime/random.js';

const N = 40_000;
const sourceOf = (seed: number): RandomSource => new RandomSource(keyOf(splitSeed('test', seed), 3));

/** Mean and variance of each, known from their textbooks. */
const cases: [name: string, draw: (random: RandomSource) => number, mean: number, variance: number][] = [
  ['uniform(2, 5)', (random) => random.uniform(2, 5), 3.5, 0.75],
  ['normal(1, 2)', (random) => random.normal(1, 2), 1, 4],
  ['lognormal(0, 0.5)', (random) => random.lognormal(0, 0.5), Math.exp(0.125), (Math.exp(0.25) - 1) * Math.exp(0.25)],
  ['exponential(4)', (random) => random.exponential(4), 0.25, 1 / 16],
  ['gamma(0.3, 2)', (random) => random.gamma(0.3, 2), 0.15, 0.075],
  ['gamma(7.5)', (random) => random.gamma(7.5), 7.5, 7.5],
  ['beta(0.5, 3)', (random) => random.beta(0.5, 3), 1 / 7, (0.5 * 3) / (3.5 * 3.5 * 4.5)],
  ['studentT(9, 1, 2)', (random) => random.studentT(9, 1, 2), 1, (4 * 9) / 7],
  ['bernoulli(0.3)', (random) => random.bernoulli(0.3), 0.3, 0.21],
  ['poisson(2.5)', (random) => random.poisson(2.5), 2.5, 2.5],
  ['poisson(123.4)', (random) => random.poisson(123.4), 123.4, 123.4],
  ['binomial(12, 0.2)', (random) => random.binomial(12, 0.2), 2.4, 1.92],
  ['binomial(1000, 0.9)', (random) => random.binomial(1000, 0.9), 900, 90],
  ['negativeBinomial(6, 3)', (random) => random.negativeBinomial(6, 3), 6, 6 + 36 / 3],
  ['categorical(1, 0, 3)', (random) => random.categorical([1, 0, 3]), 1.5, 0.75],
];

describe('RandomSource', () => {
  it.each(cases)('%s has its mean and variance', (_, draw, mean, variance) => {
    const random = sourceOf(1);
    const values = Array.from({ length: N }, () => draw(random));
    const average = values.reduce((a, b) => a + b, 0) / N;
    const spread = values.reduce((total, value) => total + (value - mean) ** 2, 0) / N;
    const fourth = values.reduce((total, value) => total + (value - mean) ** 4, 0) / N;
    expect(Math.abs(average - mean)).toBeLessThan(4.5 * Math.sqrt(variance / N));
    expect(Math.abs(spread - variance)).toBeLessThan(4.5 * Math.sqrt(fourth / N));
  });

  it('counts like its distribution, on both sides of where the method changes', () => {
    for (const rate of [29, 31]) {
      const random = sourceOf(2);
      const below = Array.from({ length: N }, () => random.poisson(rate)).filter((count) => count <= rate - 5).length / N;
      let [term, expected] = [Math.exp(-rate), 0];
      for (let k = 0; k <= rate - 5; k++) {
        expected += term;
        term *= rate / (k + 1);
      }
      expect(Math.abs(below - expected)).toBeLessThan(4.5 * Math.sqrt((expected * (1 - expected)) / N));
    }
  });

  it('has ends', () => {
    const random = sourceOf(3);
    expect([random.poisson(0), random.binomial(50, 0), random.binomial(50, 1), random.binomial(0, 0.5)]).toEqual([0, 0, 50, 0]);
    expect([random.bernoulli(0), random.bernoulli(1), random.categorical([0, 0, 2])]).toEqual([0, 1, 2]);
  });

  it('refuses what is out of range', () => {
    const random = sourceOf(4);
    const bad = [
      () => random.gamma(0),
      () => random.exponential(-1),
      () => random.bernoulli(1.1),
      () => random.poisson(-1),
      () => random.poisson(Infinity),
      () => random.binomial(2.5, 0.5),
      () => random.binomial(5, NaN),
      () => random.categorical([0, 0]),
      () => random.categorical([1, -1]),
      () => random.negativeBinomial(0, 1),
    ];
    for (const call of bad) expect(call).toThrow(RangeError);
  });
});

describe('generate', () => {
  it('gives each draw numbers of its own, the same each time', async () => {
    const coins = model({ p: interval(0, 1), bias: real(2) }, ({ p, bias }, { heads, n }: { heads: number; n: number }) =>
      sum(logDensity.beta(p, 2, 2), logDensity.binomial(heads, n, p), logDensity.normal(bias, 0, 1)),
    );
    const fit = await fitPosterior(coins, { data: { heads: 7, n: 10 }, restarts: 1, draws: 2000 });
    const predict = () => fit.generate(({ p, bias }, random) => [random.binomial(20, p), p, bias.length], 2000, { seed: 5 });
    const rows = predict();
    expect(predict()).toEqual(rows);
    expect(rows.map(([, p]) => p)).toEqual([...fit.draws(2000, { seed: 5 }).p]);
    expect(rows.every(([, , length]) => length === 2)).toBe(true);
    const mean = rows.reduce((total, [heads]) => total + heads, 0) / rows.length;
    expect(Math.abs(mean - (20 * 9) / 14)).toBeLessThan(0.4); // of the beta-binomial
    expect(fit.generate(() => 1)).toHaveLength(1000);
    expect(() => fit.generate(undefined as never)).toThrow(TypeError);
  });
});
