import { describe, expect, it } from 'vitest';
import { Flow, fullNormal, normal } from '../../src/index.js';
import { flowOf } from './cases.js';
import { column, mean } from './distribution.js';

const COVARIANCE = [
  [4, 1.2, -0.4],
  [1.2, 1, 0.3],
  [-0.4, 0.3, 0.5],
];
const LOCATION = [1, -2, 0.5];

describe('fullNormal', () => {
  // By hand: L = ((2, 0), (1, 1)), so ε = (½, 1 − ½) for z = (1, 1): −½ (¼ + ¼) − ln 2 − ln 2π.
  it('gives a number worked by hand', () => {
    const expected = -0.25 - Math.LN2 - Math.log(2 * Math.PI);
    expect(flowOf(fullNormal(2, { choleskyFactor: [2, 0, 1, 1] })).logProb([[1, 1]])[0]).toBeCloseTo(expected, 14);
    const covariance = [
      [4, 2],
      [2, 2],
    ];
    expect(flowOf(fullNormal(2, { covariance })).logProb([[1, 1]])[0]).toBeCloseTo(expected, 14);
  });

  it.each([true, false])('100 000 samples have its mean and covariance, trainable %s', (trainable) => {
    const n = 100_000;
    const x = flowOf(fullNormal(3, { location: LOCATION, covariance: COVARIANCE, trainable })).sample(n, { seed: 2 });
    for (let i = 0; i < 3; i++) {
      const xi = column(x, 3, i).map((value) => value - LOCATION[i]);
      expect(Math.abs(mean(xi))).toBeLessThan(4 * Math.sqrt(COVARIANCE[i][i] / n));
      for (let j = 0; j <= i; j++) {
        const xj = column(x, 3, j).map((value) => value - LOCATION[j]);
        const error = Math.sqrt((COVARIANCE[i][i] * COVARIANCE[j][j] + COVARIANCE[i][j] ** 2) / n);
        expect(Math.abs(mean(xi.map((value, r) => value * xj[r])) - COVARIANCE[i][j])).toBeLessThan(4 * error);
      }
    }
  });

  it('is the diagonal normal where the factor is diagonal, to the bit', () => {
    const x = new Flow({ base: normal(2), transforms: flowOf(normal(2)).transforms }).sample(50);
    expect(flowOf(fullNormal(2)).logProb(x)).toEqual(flowOf(normal(2, { trainable: true })).logProb(x));
    const one = { location: 3, trainable: true };
    expect(flowOf(fullNormal(1, one)).sample(9)).toEqual(flowOf(normal(1, one)).sample(9));
  });

  it('has the same bits fixed and trainable, and after a file', () => {
    const options = { location: LOCATION, covariance: COVARIANCE };
    const [fixed, trained] = [false, true].map((trainable) => flowOf(fullNormal(3, { ...options, trainable })));
    expect(Object.keys(trained.namedParameters()).slice(0, 3)).toEqual(['base.location', 'base.logScale', 'base.lower']);
    expect(fixed.base.parameters).toEqual([]);
    const { x, logProb } = fixed.sampleAndLogProb(100, { seed: 3 });
    for (const flow of [trained, Flow.load(trained.save()), Flow.load(fixed.save())]) {
      expect(flow.sampleAndLogProb(100, { seed: 3 })).toEqual({ x, logProb });
      expect(flow.logProb(x)).toEqual(fixed.logProb(x));
    }
  });

  it.each<[string, () => unknown, string]>([
    [
      'a factor of another size',
      () => fullNormal(2, { choleskyFactor: [1] }),
      'choleskyFactor must be 2 × 2; got Array of length 1.',
    ],
    [
      'a short row',
      () => fullNormal(2, { choleskyFactor: [[1, 0], [1]] }),
      'choleskyFactor must be 2 × 2; got Array of length 1 in row 1.',
    ],
    [
      'an upper triangle',
      () => fullNormal(2, { choleskyFactor: [1, 2, 0, 1] }),
      'choleskyFactor must be lower triangular; got 2 at row 0, column 1.',
    ],
    [
      'a diagonal of 0',
      () => fullNormal(1, { choleskyFactor: [0] }),
      'must have a diagonal in [1e-304, 1e+304]; got 0 at row 0,',
    ],
    [
      'an overflow beside the diagonal',
      () => fullNormal(2, { choleskyFactor: [1, 0, 1e10, 1e-300] }),
      'by its diagonal, must be finite; got Infinity at index 0.',
    ],
    [
      'no symmetry',
      () => fullNormal(2, { covariance: [1, 0.5, 0.4, 1] }),
      'covariance must be symmetric; got 0.4 at row 1, column 0 and 0.5 across.',
    ],
    [
      'a covariance that is none',
      () => fullNormal(2, { covariance: [1, 2, 2, 1] }),
      'covariance must be positive definite; got a pivot of -3 in row 1.',
    ],
    ['NaN', () => fullNormal(1, { covariance: [NaN] }), 'covariance must be finite; got NaN at index 0.'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(RangeError);
    expect(make).toThrow(`fullNormal: `);
    expect(make).toThrow(message);
  });

  it('refuses a factor and a covariance', () => {
    expect(() => fullNormal(1, { covariance: [1], choleskyFactor: [1] })).toThrow(TypeError);
  });
});
