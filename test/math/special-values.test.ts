import { describe, expect, it } from 'vitest';
import { UnaryFunction } from '../../assembly/functions.js';
import { map, tanhSech2 } from './kernel.js';

const { Exp, Expm1, Log, Log1p, Tanh, Sigmoid, Softplus, Sqrt, Sin, Cos, NormalCdf, Atan } = UnaryFunction;
const TINY = 5e-324;

/** As C99, annex F, where it knows the function. */
const table: [name: string, fn: UnaryFunction, values: [x: number, y: number][]][] = [
  ['exp', Exp, [[NaN, NaN], [-Infinity, 0], [Infinity, Infinity], [0, 1], [-0, 1], [710, Infinity], [1e308, Infinity], [-746, 0], [-1e308, 0]]],
  ['expm1', Expm1, [[NaN, NaN], [-Infinity, -1], [Infinity, Infinity], [0, 0], [-0, -0], [TINY, TINY], [-TINY, -TINY], [710, Infinity], [-800, -1]]],
  ['log', Log, [[NaN, NaN], [0, -Infinity], [-0, -Infinity], [1, 0], [Infinity, Infinity], [-1, NaN], [-TINY, NaN], [-Infinity, NaN]]],
  ['log1p', Log1p, [[NaN, NaN], [-1, -Infinity], [0, 0], [-0, -0], [TINY, TINY], [-TINY, -TINY], [Infinity, Infinity], [-2, NaN], [-Infinity, NaN]]],
  ['tanh', Tanh, [[NaN, NaN], [0, 0], [-0, -0], [Infinity, 1], [-Infinity, -1], [TINY, TINY], [-TINY, -TINY], [20, 1], [-1e308, -1]]],
  ['sigmoid', Sigmoid, [[NaN, NaN], [0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [40, 1], [-1e308, 0]]],
  ['softplus', Softplus, [[NaN, NaN], [Infinity, Infinity], [-Infinity, 0], [1e308, 1e308], [-800, 0]]],
  ['normalCdf', NormalCdf, [[NaN, NaN], [0, 0.5], [-0, 0.5], [Infinity, 1], [-Infinity, 0], [-39, 0], [1e308, 1], [-1e308, 0]]],
  ['sqrt', Sqrt, [[NaN, NaN], [0, 0], [-0, -0], [Infinity, Infinity], [-1, NaN], [4, 2]]],
  ['sin', Sin, [[NaN, NaN], [0, 0], [-0, -0], [Infinity, NaN], [-Infinity, NaN], [TINY, TINY], [-TINY, -TINY]]],
  ['atan', Atan, [[NaN, NaN], [Infinity, Math.PI / 2], [-Infinity, -Math.PI / 2], [0, 0], [-0, -0], [TINY, TINY], [-TINY, -TINY], [1, Math.PI / 4]]],
  ['cos', Cos, [[NaN, NaN], [0, 1], [-0, 1], [Infinity, NaN], [-Infinity, NaN], [TINY, 1]]],
]; // prettier-ignore

describe('special values', () => {
  for (const [name, fn, values] of table) {
    it(name, () => {
      const computed = map(fn, values.map(([x]) => x)); // prettier-ignore
      values.forEach(([x, y], i) => expect(computed[i], `${name}(${Object.is(x, -0) ? '-0' : x})`).toBe(y));
    });
  }

  it('tanhSech2', () => {
    const [h, s] = tanhSech2([NaN, 0, -0, Infinity, -Infinity, 1e308]);
    expect(h.map((value) => value + 0)).toEqual([NaN, 0, 0, 1, -1, 1]);
    expect(s.slice(0, 3)).toEqual([NaN, 1, 1]);
    for (const value of s.slice(3)) expect(value).toBe(tanhSech2([354])[1][0]); // positive: its logarithm is finite
    expect(s[3]).toBeGreaterThan(2 ** -1022);
  });

  it('tanh is odd and never beyond ±1', () => {
    const x = Array.from({ length: 4000 }, (_, i) => i / 150);
    const y = map(Tanh, x);
    expect(map(Tanh, x.map((value) => -value))).toEqual(y.map((value) => -value)); // prettier-ignore
    expect(Math.max(...y)).toBe(1);
  });

  it('sin and cos of huge arguments stay within ±1', () => {
    const x = [1e7, 1e9, 1e15, 2 ** 51, 2 ** 52, 2 ** 53, 1e17, 1e100, 1e300, Number.MAX_VALUE, -1e22, -Number.MAX_VALUE];
    for (const fn of [Sin, Cos]) for (const y of map(fn, x)) expect(Math.abs(y)).toBeLessThanOrEqual(1);
  });
});
