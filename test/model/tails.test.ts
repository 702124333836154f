// What tables of single values do not show of distribution functions: their sums, their ends, and their company.

import { describe, expect, it } from 'vitest';
import { type Numeric, type Value, add, at, logCcdf, logCdf, logDensity, model, real, sum } from '../../src/index.js';

const number = (value: Value): number => (value.content as Float64Array)[0];

/** Arguments inside of the support. */
const inside: Record<keyof typeof logCdf, number[]> = {
  normal: [0.7, 0.2, 1.5],
  lognormal: [0.7, 0.2, 1.5],
  studentT: [0.7, 3.5, 0.2, 1.5],
  cauchy: [0.7, 0.2, 1.5],
  halfNormal: [0.7, 1.5],
  halfCauchy: [0.7, 1.5],
  halfStudentT: [0.7, 3.5, 1.5],
  logistic: [0.7, 0.2, 1.5],
  gamma: [0.7, 1.3, 1.5],
  inverseGamma: [0.7, 1.3, 1.5],
  beta: [0.7, 1.3, 1.5],
  exponential: [0.7, 1.3],
  weibull: [0.7, 1.3, 1.5],
  laplace: [0.7, 0.2, 1.5],
  uniform: [0.7, 0.2, 1.5],
  bernoulli: [0, 0.3],
  bernoulliLogit: [0, 0.3],
  binomial: [4, 11, 0.3],
  binomialLogit: [4, 11, 0.3],
  poisson: [4, 3.3],
  poissonLog: [4, 1.3],
  negativeBinomial: [4, 3.3, 1.7],
};
const names = Object.keys(inside) as (keyof typeof logCdf)[];
const call = (functions: object, name: string, operands: Numeric[]): Value =>
  (functions as Record<string, (...operands: Numeric[]) => Value>)[name](...operands);
const valueOf = (functions: object, name: string, operands: Numeric[]): number => number(call(functions, name, operands));

describe('distribution functions', () => {
  it.each(names)('%s: below and above add up to 1', (name) => {
    const [below, above] = [logCdf, logCcdf].map((functions) => Math.exp(valueOf(functions, name, inside[name])));
    expect(below + above).toBeCloseTo(1, 14);
    expect(Math.min(below, above)).toBeGreaterThan(0.02);
  });

  it.each(names)('%s: a term of one name', (name) => {
    const [y, ...rest] = inside[name];
    for (const [group, functions] of Object.entries({ logCdf, logCcdf })) {
      const shifted = model({ x: real() }, ({ x }) =>
        sum(x, call(functions, name, [y, ...rest.slice(0, -1), add(x, rest[rest.length - 1])])),
      );
      expect(
        shifted
          .bind({})
          .terms([[0]])
          .map((term) => term.name),
      ).toEqual([`${group}.${name}`]);
    }
  });

  it.each(['binomial', 'binomialLogit', 'poisson', 'poissonLog', 'negativeBinomial', 'bernoulli', 'bernoulliLogit'] as const)(
    '%s: the sum of the probabilities, up to the whole number reached',
    (name) => {
      const [y, ...rest] = inside[name];
      let total = 0;
      for (let k = 0; k <= y; k++) total += Math.exp(valueOf(logDensity, name, [k, ...rest]));
      expect(Math.exp(valueOf(logCdf, name, [y, ...rest]))).toBeCloseTo(total, 14);
      for (const functions of [logCdf, logCcdf])
        expect(valueOf(functions, name, [y + 0.9, ...rest])).toBe(valueOf(functions, name, [y, ...rest]));
    },
  );

  const onPositive = names.filter((name) => !['normal', 'studentT', 'cauchy', 'logistic', 'laplace'].includes(name));
  it.each(onPositive)('%s: nothing is below 0', (name) => {
    const [, ...rest] = inside[name];
    expect(valueOf(logCdf, name, [-0.5, ...rest])).toBe(-Infinity);
    expect(valueOf(logCcdf, name, [-0.5, ...rest])).toBe(0);
  });

  it.each([
    ['beta', 1.5],
    ['uniform', 7],
    ['bernoulli', 1],
    ['bernoulliLogit', 1],
    ['binomial', 11],
    ['binomial', 14],
    ['binomialLogit', 12],
  ] as const)('%s: nothing is above %f', (name, y) => {
    const [, ...rest] = inside[name];
    expect(valueOf(logCdf, name, [y, ...rest])).toBe(0);
    expect(valueOf(logCcdf, name, [y, ...rest])).toBe(-Infinity);
  });

  it('Student’s t with one degree of freedom is a Cauchy, gamma of shape 1 exponential, beta(1, 1) uniform', () => {
    for (const y of [-1e9, -3, -0.5, 0, 0.9, 40])
      expect(valueOf(logCdf, 'studentT', [y, 1, 0.2, 1.5])).toBeCloseTo(valueOf(logCdf, 'cauchy', [y, 0.2, 1.5]), 13);
    expect(number(logCdf.gamma(0.03, 1, 2))).toBeCloseTo(number(logCdf.exponential(0.03, 2)), 14);
    expect(number(logCdf.beta(0.03, 1, 1))).toBeCloseTo(Math.log(0.03), 14);
  });

  it('a shape that is an argument as well has both slopes', () => {
    const twice = (x: number): number[] => {
      const { bind } = model({ x: real() }, ({ x }) =>
        sum(logCdf.gamma(x, x, 1), logCcdf.beta(0.3, x, x), logCdf.studentT(x, x, 0, 1), logCdf.negativeBinomial(3, x, x)),
      );
      const { logProb, dx } = bind({}).logProbAndGradient([[x]]);
      return [logProb[0], dx[0]];
    };
    const h = 1e-5;
    expect(twice(1.7)[1]).toBeCloseTo((twice(1.7 + h)[0] - twice(1.7 - h)[0]) / (2 * h), 8);
  });

  it('of more elements than a slice has', () => {
    const y = Array.from({ length: 1001 }, (_, i) => 0.5 + (i % 97) / 100);
    const { bind } = model({ x: real(2) }, ({ x }, { y }) =>
      sum(
        logCdf.gamma(y, at(x, 0), at(x, 1)),
        logCdf.negativeBinomial(y, at(x, 0), at(x, 1)),
        logCdf.studentT(y, at(x, 0), at(x, 1), 2),
      ),
    );
    const whole = bind({ y }).logProbAndGradient([[0.8, 1.9]]);
    let [value, first, second] = [0, 0, 0];
    for (let from = 0; from < y.length; from += 100) {
      const { logProb, dx } = bind({ y: y.slice(from, from + 100) }).logProbAndGradient([[0.8, 1.9]]);
      [value, first, second] = [value + logProb[0], first + dx[0], second + dx[1]];
    }
    expect(whole.logProb[0] / value).toBeCloseTo(1, 13);
    expect(whole.dx[0] / first).toBeCloseTo(1, 12);
    expect(whole.dx[1] / second).toBeCloseTo(1, 12);
  });

  it('of a vector, with one shape for all: the slopes are summed, and no row sees another', () => {
    const y = [0.1, 1, 9];
    const { bind } = model({ x: real(2) }, ({ x }, { y }) =>
      sum(logCdf.gamma(y, at(x, 0), at(x, 1)), logCcdf.beta(0.2, at(x, 0), y), logCdf.studentT(y, at(x, 0), 0, at(x, 1))),
    );
    const target = bind({ y });
    const single = y.map((each) => bind({ y: [each] }).logProbAndGradient([[0.8, 1.9]]));
    const { logProb, dx } = target.logProbAndGradient([[0.8, 1.9]]);
    const total = (values: number[]): number => values.reduce((a, b) => a + b);
    expect(logProb[0]).toBeCloseTo(total(single.map((each) => each.logProb[0])), 12);
    for (const k of [0, 1]) expect(dx[k]).toBeCloseTo(total(single.map((each) => each.dx[k])), 11);
    const rows = [
      [0.8, 1.9],
      [1e-6, 3],
      [700, 1e-3],
    ];
    const together = target.logProbAndGradient(rows);
    rows.forEach((row, i) => {
      const alone = target.logProbAndGradient([row]);
      expect(together.logProb[i]).toBe(alone.logProb[0]);
      expect([...together.dx.subarray(2 * i, 2 * i + 2)]).toEqual([...alone.dx]);
    });
  });
});
