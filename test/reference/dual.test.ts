import { describe, expect, it } from 'vitest';
import { type Algebra, decimal, norm, toNumbers, vector } from './algebra.js';
import { gradient, jacobian, logAbsDet } from './dual.js';
import { Random } from './random.js';

const FUNCTIONS = [
  'exp',
  'log',
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
  'neg',
] as const;

describe('dual numbers', () => {
  it.each(FUNCTIONS)('the derivative of %s is its central difference, over 60 digits to 1e-35', (name) => {
    // the difference's own error is h² f‴/6 with h = 1e-20
    const h = decimal.from(1).div('1e20');
    for (const x of vector(decimal, name === 'log' || name === 'log1p' || name === 'sqrt' ? [0.3, 2.5] : [-2.5, 0.3, 2.5])) {
      const difference = decimal[name](x.add(h))
        .sub(decimal[name](x.sub(h)))
        .div(h.mul(2));
      const [derivative] = gradient(decimal, (D, [v]) => D[name](v), [x]).gradient;
      expect(derivative.sub(difference).abs().lt(1e-35), `at ${x}`).toBe(true);
    }
  });

  it('differentiates x y / (x − y) at (3, 2): −y²/(x−y)² = −4 and x²/(x−y)² = 9', () => {
    const f = <T>(A: Algebra<T>, [x, y]: T[]) => A.div(A.mul(x, y), A.sub(x, y));
    const { value, gradient: slopes } = gradient(decimal, f, vector(decimal, [3, 2]));
    expect([value, ...slopes].map(Number)).toEqual([6, -4, 9]);
  });

  it('gives ‖x‖ the gradient x/‖x‖, and 0 at 0', () => {
    expect(toNumbers(decimal, gradient(decimal, norm, vector(decimal, [3, -4])).gradient)).toEqual([0.6, -0.8]);
    expect(toNumbers(decimal, gradient(decimal, norm, vector(decimal, [0, 0])).gradient)).toEqual([0, 0]);
  });

  it('gives a constant no derivative', () => {
    expect(toNumbers(decimal, gradient(decimal, (D, [x]) => D.mul(D.constant(x), x), vector(decimal, [5])).gradient)).toEqual([
      5,
    ]);
  });

  it('lays a Jacobian out as [output][input]', () => {
    const f = <T>(A: Algebra<T>, [x, y]: T[]) => [A.mul(x, y), A.add(x, A.from(1)), A.from(7)];
    expect(jacobian(decimal, f, vector(decimal, [2, 3])).map((row) => toNumbers(decimal, row))).toEqual([
      [3, 2],
      [1, 0],
      [0, 0],
    ]);
  });
});

describe('logAbsDet', () => {
  const PIVOT = [
    [0, 2],
    [-3, 5],
  ];
  const THREE = [
    [2, 0, 1],
    [1, 3, 2],
    [1, 1, 4],
  ];
  const SINGULAR = [
    [1, 2],
    [2, 4],
  ];
  it.each([
    ['of [[0, 2], [−3, 5]], which needs a pivot, is ln 6', PIVOT, Math.log(6)],
    ['of [[2, 0, 1], [1, 3, 2], [1, 1, 4]] is ln(2·10 − 2) = ln 18', THREE, Math.log(18)],
    ['of a singular matrix is −∞', SINGULAR, -Infinity],
  ])('%s', (_, matrix, expected) => {
    const rows = matrix.map((row) => vector(decimal, row));
    expect(logAbsDet(decimal, rows).toNumber()).toBe(expected);
  });

  it('has the gradient tr(M⁻¹ dM): of diag(x, y), (1/x, 1/y)', () => {
    const f = <T>(A: Algebra<T>, [x, y]: T[]) =>
      logAbsDet(A, [
        [x, A.from(0)],
        [A.from(0), y],
      ]);
    expect(toNumbers(decimal, gradient(decimal, f, vector(decimal, [4, -0.5])).gradient)).toEqual([0.25, -2]);
  });

  it('of I + u wᵀ is ln |1 + wᵀu|, to 1e-50', () => {
    const random = new Random(1);
    const [u, w] = [vector(decimal, random.normals(6)), vector(decimal, random.normals(6))];
    const matrix = u.map((ui, i) => w.map((wj, j) => ui.mul(wj).add(i === j ? 1 : 0)));
    const expected = u
      .reduce((sum, ui, i) => sum.add(ui.mul(w[i])), decimal.from(1))
      .abs()
      .ln();
    expect(logAbsDet(decimal, matrix).sub(expected).abs().lt(1e-50)).toBe(true);
  });
});
