// The sum of a regression's outcomes, which takes one logarithm for a thousand of them, against the outcomes one by one; and of data times
// parameters, a panel of observations at a time.

import { describe, expect, it } from 'vitest';
import { kernels } from '../../src/program/kernels.js';
import { bernoulliLogit as kernel } from '../../src/model/operations.js';
import { Recorder } from '../../src/program/recorder.js';
import { logDensity, matmul, model, mul, positive, real, reshape, setThreads, slice, sum, type Value } from '../../src/index.js';
import { Random } from '../reference/random.js';

const { bernoulliLogit } = logDensity;

/** Twice what a factor, and a product, are rounded by. */
/** Sums of more elements are computed in slices, which round otherwise. */
const SLICE = 256;
const EPSILON = 2 ** -52;

/** Log densities and gradients of n logits that are the parameters themselves. */
function evaluate(y: number[], rows: Float64Array, density: (y: number[], eta: Value) => Value) {
  const regression = model({ eta: real(y.length) }, ({ eta }, data: { y: number[] }) => density(data.y, eta));
  return regression.bind({ y }).logProbAndGradient(rows);
}

const together = (y: number[], eta: Value): Value => sum(bernoulliLogit(y, eta));
const oneByOne = (y: number[], eta: Value): Value => sum(mul(1, bernoulliLogit(y, eta)));

describe('the sum of outcomes', () => {
  // One logarithm holds 960 factors.
  it.each([2, 3, 959, 960, 961, 1920, 1921, 5000])('%i of them: within n ε of one by one, the gradient within ε', (n) => {
    const random = new Random(n);
    const y = random.normals(n).map((each) => (each > 0 ? 1 : 0));
    for (const [rows, scale] of [
      [1, 1],
      [2, 40],
      [3, 0],
      [33, 3],
      [40, 300],
    ]) {
      const eta = Float64Array.from(random.normals(rows * n, scale));
      const [sums, terms] = [evaluate(y, eta, together), evaluate(y, eta, oneByOne)];
      sums.logProb.forEach((value, row) => {
        const tolerance = n * EPSILON * (1 + Math.abs(terms.logProb[row]));
        expect(Math.abs(value - terms.logProb[row])).toBeLessThanOrEqual(tolerance);
      });
      const apart = sums.dx.reduce((most, slope, i) => Math.max(most, Math.abs(slope - terms.dx[i])), 0);
      expect(apart).toBeLessThanOrEqual(EPSILON);
    }
  });

  it('outcomes that are shares, which the kernel alone takes, and one outcome for all', () => {
    const eta = Float64Array.of(0.5, -2, 3);
    const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
    for (const y of [[0.25, 0.5, 1], 1, 0] as const) {
      const shares: number[] = typeof y === 'number' ? [y, y, y] : [...y];
      const { logProb, dx } = model({ eta: real(3) }, ({ eta }) => sum(kernel(y, eta)))
        .bind({})
        .logProbAndGradient(eta);
      const expected = shares.reduce((all, share, i) => all + share * eta[i] - Math.log1p(Math.exp(eta[i])), 0);
      expect(logProb[0]).toBeCloseTo(expected, 14);
      shares.forEach((share, i) => expect(dx[i]).toBeCloseTo(share - sigma(eta[i]), 15));
    }
  });

  it('holds at the ends: certain outcomes and impossible ones', () => {
    const eta = Float64Array.of(-1e300, -800, -709, 709, 800, 1e300);
    const certain = evaluate([0, 0, 0, 1, 1, 1], eta, together);
    expect(certain.logProb[0]).toBeCloseTo(0, 300);
    expect([...certain.dx.map(Math.abs)].every((slope) => slope < 1e-300)).toBe(true);
    const impossible = evaluate([1, 1, 1, 0, 0, 0], eta, together);
    expect(impossible.logProb[0]).toBe(-2e300);
    expect([...impossible.dx]).toEqual([1, 1, 1, -1, -1, -1]);
  });

  it('logits without a value: −∞, and no gradient', () => {
    const infinite = ({ eta }: { eta: Value }, { x, y }: { x: number[][]; y: number[] }): Value =>
      sum(bernoulliLogit(y, matmul(x, mul(eta, 1e308))));
    const { logProb, dx } = model({ eta: real(2) }, infinite)
      .bind({
        x: [
          [1e10, -1e10],
          [1, 1],
        ],
        y: [1, 0],
      }) // prettier-ignore
      .logProbAndGradient([[10, 10]]);
    expect(logProb[0]).toBe(-Infinity);
    expect([...dx]).toEqual([0, 0]);
  });

  it('sum and elements may both be asked for', () => {
    const y = [1, 0, 1];
    const both = (_: number[], eta: Value): Value => {
      const outcomes = bernoulliLogit(y, eta);
      return sum(outcomes, slice(outcomes, 1, 2), outcomes);
    };
    const eta = Float64Array.of(0.3, -1, 2);
    const [{ logProb, dx }, once] = [evaluate(y, eta, both), evaluate(y, eta, together)];
    const second = -Math.log1p(Math.exp(-1));
    expect(logProb[0]).toBeCloseTo(2 * once.logProb[0] + second, 14);
    expect(dx[0]).toBe(2 * once.dx[0]);
    expect(dx[1]).toBeCloseTo(3 * once.dx[1], 15);
  });

  it('records one kernel, elements only where they are asked for', () => {
    const y = [1, 0, 1];
    const asSum = recorded(3, (eta) => sum(bernoulliLogit(y, eta)));
    expect(asSum).toContain(kernels.bernoulliLogitSum);
    expect(asSum).not.toContain(kernels.bernoulliLogit);
    expect(asSum).not.toContain(kernels.reduce);
    const asElements = recorded(3, (eta) => sum(reshape(bernoulliLogit(y, eta), [3, 1])));
    expect(asElements).not.toContain(kernels.bernoulliLogitSum);
    expect(asElements).toContain(kernels.bernoulliLogit);
  });
});

describe('data times parameters', () => {
  /** The same density: of the product as it is, of its logits as a block, of its outcomes one by one. */
  const forms: Record<string, (y: number[], x: number[][], beta: Value) => Value> = {
    product: (y, x, beta) => sum(bernoulliLogit(y, matmul(x, beta))),
    logits: (y, x, beta) => sum(bernoulliLogit(y, reshape(matmul(x, beta), [y.length]))),
    outcomes: (y, x, beta) => sum(mul(1, bernoulliLogit(y, matmul(x, beta)))),
  };

  // A panel holds 32 observations, a packed one four.
  it.each([
    [2, 1],
    [5, 2],
    [31, 3],
    [32, 4],
    [33, 5],
    [64, 7],
    [959, 3],
    [960, 4],
    [961, 25],
    [2000, 6],
  ])('%i observations of %i: as their logits, and as their outcomes', (n, k) => {
    const random = new Random(n + k);
    const x = Array.from({ length: n }, () => random.normals(k));
    const y = random.normals(n).map((each) => (each > 0 ? 1 : 0));
    const [product, logits, outcomes] = Object.values(forms).map((form) =>
      model({ beta: real(k) }, ({ beta }, data: { x: number[][]; y: number[] }) => form(data.y, data.x, beta)).bind({ x, y }),
    );
    for (const rows of [1, 3, 40, 300]) {
      const beta = Float64Array.from(random.normals(rows * k, 2));
      const result = product.logProbAndGradient(beta);
      const ofLogits = logits.logProbAndGradient(beta);
      if (n <= SLICE) expect(result).toEqual(ofLogits); // to the bit, for a gradient of 1
      for (const { logProb, dx } of [ofLogits, outcomes.logProbAndGradient(beta)]) {
        result.logProb.forEach((value, i) =>
          expect(Math.abs(value - logProb[i])).toBeLessThanOrEqual(n * EPSILON * (1 + Math.abs(logProb[i]))),
        );
        result.dx.forEach((slope, i) => expect(Math.abs(slope - dx[i])).toBeLessThanOrEqual(n * EPSILON * 4));
      }
    }
  });

  it('counts as often as its sum does, of parameters with others beside them', () => {
    const x = [[1, 2], [0.5, -1], [-2, 0.25]]; // prettier-ignore
    const target = model({ sigma: positive(), beta: real(2) }, ({ sigma, beta }) =>
      sum(mul(sigma, sum(bernoulliLogit([1, 0, 1], matmul(x, beta)))), logDensity.normal(beta, 0, sigma)),
    ).bind({});
    const at = [0.3, 0.7, -0.4];
    const { dx } = target.logProbAndGradient([at]);
    const step = 1e-5;
    at.forEach((_, i) => {
      const [above, below] = [step, -step].map((h) => at.map((each, j) => (i === j ? each + h : each)));
      const [high, low] = target.logProb([above, below]);
      expect(dx[i]).toBeCloseTo((high - low) / (2 * step), 8);
    });
  });

  it('any number of threads gives the same bits', async () => {
    const random = new Random(1);
    const x = Array.from({ length: 500 }, () => random.normals(8));
    const y = random.normals(500).map((each) => (each > 0 ? 1 : 0));
    const target = model({ beta: real(8) }, ({ beta }) => forms.product(y, x, beta)).bind({});
    const beta = Float64Array.from(random.normals(2000 * 8));
    const alone = target.logProbAndGradient(beta);
    await setThreads(2);
    const shared = target.logProbAndGradient(beta);
    await setThreads(1);
    expect(shared).toEqual(alone);
  });

  it('records one kernel, and the logits only where they are asked for', () => {
    const [y, x] = [[1, 0, 1], [[1, 2], [3, 4], [5, 6]]]; // prettier-ignore
    const kernelsOf = (density: (beta: Value) => Value): unknown[] => recorded(2, density);
    const fused = kernelsOf((beta) => forms.product(y, x, beta));
    expect(fused).toContain(kernels.logisticRegression);
    expect(fused).not.toContain(kernels.dense);
    const apart = kernelsOf((beta) => forms.logits(y, x, beta));
    expect(apart).not.toContain(kernels.logisticRegression);
    expect(apart).toContain(kernels.dense);
  });
});

/** The kernels that the density of `dim` parameters is made of. */
function recorded(dim: number, density: (x: Value) => Value): unknown[] {
  const recorder = new Recorder(0, 0);
  const bound = model({ x: real(dim) }, ({ x }) => density(x)).bind({});
  bound.record!(recorder, recorder.load(recorder.batch(dim), dim));
  return recorder.body.map(({ kernel }) => kernel);
}
