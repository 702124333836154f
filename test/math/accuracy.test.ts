import type { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { UnaryFunction } from '../../assembly/functions.js';
import { exact } from '../reference/functions.js';
import { around, linear, logarithmic, negative } from '../reference/points.js';
import { ulpError } from '../reference/ulp.js';
import { map, tanhSech2 } from './kernel.js';

interface Case {
  name: string;
  compute: (x: number[]) => number[];
  exact: (x: number) => Decimal;
  /** What the kernel's comment states, in ulp; found with tens of millions of points against quadruple precision. */
  maxError: number;
  /** Besides random points: where the kernel switches, and the worst points of that search. */
  points: number[];
}

const LN2 = Math.LN2;
const halfPiMultiples = [1, 2, 3, 4, 5, 22, 355, 710, 104348, 416855, 573204, 573205].map((k) => (k * Math.PI) / 2);

const tanhSech2Points = [
  ...linear(21, 1000, -2, 2),
  ...linear(22, 300, -22, 22),
  ...linear(23, 200, -354, 354),
  ...logarithmic(24, 200, 1e-300, 1),
  ...around([LN2 / 4, -LN2 / 4, 0.75 * LN2, -0.75 * LN2, 19.06]),
  -5.915375413782481,
  -1.713687361565981,
];

const cases: Case[] = [
  {
    name: 'exp',
    compute: (x) => map(UnaryFunction.Exp, x),
    exact: exact.exp,
    maxError: 0.9001,
    points: [
      ...linear(1, 400, -708, 709.7),
      ...linear(2, 400, -1, 1),
      ...linear(3, 200, -745.2, -708), // denormal results
      ...logarithmic(4, 50, 1e-300, 1),
      ...around([LN2 / 2, -LN2 / 2, 1.5 * LN2, 709.782712893384, -745.1332191019411, -708.3964185322641, 0]),
      -138.91957707682286,
      0.34685540079507393,
      709.44752161206759,
    ],
  },
  {
    name: 'expm1',
    compute: (x) => map(UnaryFunction.Expm1, x),
    exact: exact.expm1,
    maxError: 1.34,
    points: [
      ...linear(5, 400, -1.5, 1.5),
      ...linear(6, 300, -45, 60),
      ...linear(7, 100, 700, 709.78),
      ...logarithmic(8, 200, 1e-308, 1),
      ...negative(logarithmic(9, 200, 1e-308, 1)),
      ...around([LN2 / 2, -LN2 / 2, -40, 709, 709.782712893384, 53.5 * LN2, 0]),
      0.34658909233194435,
      -0.39894697980954547,
    ],
  },
  {
    name: 'log',
    compute: (x) => map(UnaryFunction.Log, x),
    exact: exact.log,
    maxError: 0.85,
    points: [
      ...linear(10, 400, 0.5, 2),
      ...linear(11, 200, 0.99, 1.01),
      ...logarithmic(12, 400, 5e-324, 1.7e308),
      ...logarithmic(13, 50, 5e-324, 2e-308),
      ...around([1, Math.SQRT1_2, Math.SQRT2, 2 ** -1022, 2 ** -1074, Number.MAX_VALUE]).filter((x) => x > 0 && x < Infinity),
      1.4038417505103837,
    ],
  },
  {
    name: 'log1p',
    compute: (x) => map(UnaryFunction.Log1p, x),
    exact: exact.log1p,
    maxError: 1.43,
    points: [
      ...linear(14, 400, -0.999999, 2),
      ...linear(15, 200, 0.4, 0.45),
      ...logarithmic(16, 300, 1e-310, 1e308),
      ...negative(logarithmic(17, 300, 1e-310, 0.9999999)),
      ...around([Math.SQRT2 - 1, Math.SQRT1_2 - 1, 2 ** 53, 2 ** 52, 0]),
      -1 + 2 ** -53,
      0.41611257282352671,
    ],
  },
  {
    name: 'tanh',
    compute: (x) => map(UnaryFunction.Tanh, x),
    exact: exact.tanh,
    maxError: 1.81,
    points: [
      ...linear(18, 400, -1.2, 1.2),
      ...linear(19, 300, -22, 22),
      ...logarithmic(20, 200, 1e-308, 1),
      ...around([0.25541281188299536, 0.25992, 0.6065, 0, 19.06, 354]),
      0.4917639314434481,
      0.48899116086915484,
      -0.36582348269804366,
    ],
  },
  {
    name: 'tanhSech2, tanh',
    compute: (x) => tanhSech2(x)[0],
    exact: exact.tanh,
    maxError: 3.5,
    points: tanhSech2Points,
  },
  {
    name: 'tanhSech2, sech²',
    compute: (x) => tanhSech2(x)[1],
    exact: exact.sech2,
    maxError: 5.5,
    points: tanhSech2Points.filter((x) => Math.abs(x) <= 354),
  },
  {
    name: 'sigmoid',
    compute: (x) => map(UnaryFunction.Sigmoid, x),
    exact: exact.sigmoid,
    maxError: 1.8,
    points: [
      ...linear(24, 400, -3, 3),
      ...linear(25, 300, -40, 40),
      ...linear(26, 200, -745, -2),
      ...logarithmic(27, 50, 1e-300, 1),
      ...around([0, -LN2 / 2, -708.3964185322641, -745.1]),
      -1.138816619730139,
    ],
  },
  {
    name: 'softplus',
    compute: (x) => map(UnaryFunction.Softplus, x),
    exact: exact.softplus,
    maxError: 1.8,
    points: [
      ...linear(28, 400, -3, 3),
      ...linear(29, 300, -40, 40),
      ...linear(30, 200, -745, -2),
      ...logarithmic(31, 50, 1e-300, 1e300),
      ...around([0, -LN2 / 2, -708.3964185322641, -745.1]),
      -0.45032697862597315,
      -0.45177829275652925,
    ],
  },
  {
    name: 'normalCdf',
    compute: (x) => map(UnaryFunction.NormalCdf, x),
    exact: exact.normalCdf,
    maxError: 4.6,
    points: [
      -1.5807352693968684,
      -0.008456694086780292,
      ...linear(38, 200, -3, 3),
      ...linear(39, 300, -38.6, -2), // denormal results from −37.5
      ...linear(40, 50, 2, 40),
      ...logarithmic(41, 50, 1e-300, 1),
      ...around([0, -6, -10, -37.519, -38.4, 8.3]),
    ],
  },
  {
    name: 'sqrt',
    compute: (x) => map(UnaryFunction.Sqrt, x),
    exact: exact.sqrt,
    maxError: 0.5,
    points: logarithmic(32, 200, 5e-324, 1e308),
  },
  {
    name: 'sin, |x| ≤ 1e6',
    compute: (x) => map(UnaryFunction.Sin, x),
    exact: exact.sin,
    maxError: 0.8,
    points: [
      ...linear(33, 200, -4, 4),
      ...linear(34, 200, -1e6, 1e6),
      ...logarithmic(35, 100, 1e-300, 1e6),
      ...around([...halfPiMultiples, Math.PI / 4, 0, 1e6]),
      -0.81845208499595046,
    ],
  },
  {
    name: 'cos, |x| ≤ 1e6',
    compute: (x) => map(UnaryFunction.Cos, x),
    exact: exact.cos,
    maxError: 0.8,
    points: [
      ...linear(36, 200, -4, 4),
      ...linear(37, 200, -1e6, 1e6),
      ...around([...halfPiMultiples, Math.PI / 4, 0, 1e6]),
      3.8642143818415571,
    ],
  },
  {
    name: 'atan',
    compute: (x) => map(UnaryFunction.Atan, x),
    exact: exact.atan,
    maxError: 2,
    points: [
      ...linear(60, 300, -1.2, 1.2),
      ...linear(61, 200, -20, 20),
      ...logarithmic(62, 200, 1e-300, 1e300),
      ...negative(logarithmic(63, 50, 1e-300, 1e300)),
      ...around([0, 1, Math.SQRT2 - 1, Math.SQRT2 + 1]),
      0.42022753047937306,
    ],
  },
];

describe('accuracy', () => {
  for (const { name, compute, exact, maxError, points } of cases) {
    it(`${name}: at most ${maxError} ulp`, () => {
      const computed = compute(points);
      let worst = { x: NaN, ulp: 0 };
      points.forEach((x, i) => {
        const ulp = ulpError(computed[i], exact(x));
        if (!(ulp <= worst.ulp)) worst = { x, ulp };
      });
      expect(worst.ulp, `at ${worst.x}`).toBeLessThanOrEqual(maxError);
    });
  }
});
