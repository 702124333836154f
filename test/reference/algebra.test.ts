import { describe, expect, it } from 'vitest';
import { type Algebra, decimal, decimalAlgebra, norm, number, vector } from './algebra.js';

const FUNCTIONS = [
  'exp',
  'log1p',
  'tanh',
  'sechSquared',
  'sigmoid',
  'softplus',
  'normalCdf',
  'sin',
  'cos',
  'sqrt',
  'abs',
] as const;
const POINTS = [-700, -40, -1.5, -1e-9, -1e-300, 0, 1e-300, 1e-9, 0.3, 1, 2.5, 40, 700];

describe('decimal', () => {
  it.each([0.1, -1 / 3, 5e-324, 1.7976931348623157e308, 1e23, 2 ** -1074, 123456789.125])('takes all the bits of %d', (x) => {
    expect(decimal.from(x).toNumber()).toBe(x);
    // in binary a double is an integer over a power of 2: an exact product is an integer
    const wide = decimalAlgebra(800);
    expect(wide.mul(wide.from(x), wide.from(2 ** 537).pow(2)).isInteger()).toBe(true);
  });

  it('keeps the sign of zero, and not the decimal that a double is printed as', () => {
    expect(decimal.from(-0).toNumber()).toBe(-0);
    expect(decimal.from(0.1).equals('0.1000000000000000055511151231257827021181583404541015625')).toBe(true);
  });

  it.each(FUNCTIONS)('%s agrees with Math to 1e-14', (name) => {
    const points = POINTS.filter((x) => (name === 'sqrt' ? x >= 0 : name !== 'log1p' || x > -1));
    for (const x of points) {
      const [exact, rounded] = [decimal[name](decimal.from(x)).toNumber(), number[name](x)];
      expect(Math.abs(exact - rounded), `at ${x}`).toBeLessThanOrEqual(1e-14 * Math.abs(exact));
    }
  });

  it.each<[string, (A: typeof decimal) => ReturnType<typeof decimal.from>]>([
    ['softplus(-800)', (A) => A.softplus(A.from(-800))],
    ['sechSquared(1000)', (A) => A.sechSquared(A.from(1000))],
    ['log1p(1e-300)', (A) => A.log1p(A.from(1e-300))],
    ['log1p(1e-40)', (A) => A.log1p(A.from(1e-40))],
    ['tanh(1e-300)', (A) => A.tanh(A.from(1e-300))],
  ])('%s is right to 55 digits: 120 digits say the same', (_, compute) => {
    const [value, check] = [compute(decimal), compute(decimalAlgebra(120))];
    expect(value.sub(check).div(check).abs().lt(1e-55)).toBe(true);
  });

  it('softplus(-800) is e⁻⁸⁰⁰ = 3.667…e-348, and 1 − tanh² 1000 is 4 e⁻²⁰⁰⁰', () => {
    const e = (x: number) => decimal.exp(decimal.from(x));
    expect(decimal.softplus(decimal.from(-800)).div(e(-800)).sub(1).abs().lt(1e-55)).toBe(true);
    expect(decimal.sechSquared(decimal.from(1000)).div(e(-2000)).toNumber()).toBe(4);
  });
});

describe.each([
  ['number', number as Algebra<unknown>],
  ['decimal', decimal as Algebra<unknown>],
])('norm over %s', (_, A) => {
  it.each([
    [[3, 4], 5],
    [[3e200, -4e200], 5e200],
    [[3e-200, 4e-200], 5e-200],
    [[0, 0, 0], 0],
    [[-7], 7],
  ])('of %o is %d', (x, expected) => {
    expect(Math.abs(A.toNumber(norm(A, vector(A, x))) - expected)).toBeLessThanOrEqual(1e-15 * expected);
  });
});
