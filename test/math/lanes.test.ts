import { describe, expect, it } from 'vitest';
import { UnaryFunction } from '../../assembly/functions.js';
import { linear, logarithmic, negative } from '../reference/points.js';
import { map, tanhSech2 } from './kernel.js';

const values = [
  ...[
    NaN,
    Infinity,
    -Infinity,
    0,
    -0,
    1,
    -1,
    5e-324,
    -5e-324,
    1e-310,
    0.3,
    -0.3,
    2,
    -2,
    30,
    -30,
    709.5,
    -720,
    1e5,
    1e300,
    -1e300,
  ],
  ...linear(50, 12, -5, 5),
  ...logarithmic(51, 6, 1e-300, 1e6),
  ...negative(logarithmic(52, 6, 1e-300, 1e6)),
];
const pairs = values.flatMap((a) => values.map((b) => [a, b]));

describe('a lane does not depend on its neighbour', () => {
  const functions = [
    ...Object.values(UnaryFunction)
      .filter((fn) => typeof fn === 'number')
      .map((fn) => ({ name: UnaryFunction[fn], compute: (x: number[]) => map(fn, x) })),
    { name: 'sech2', compute: (x: number[]) => tanhSech2(x)[1] },
  ];
  for (const { name, compute } of functions) {
    it(name, () => {
      const alone = compute(values.flatMap((value) => [value, value]));
      const mixed = compute(pairs.flat());
      pairs.forEach((_, i) => {
        const [a, b] = [Math.floor(i / values.length), i % values.length];
        expect(mixed[2 * i], `${name}(${values[a]}) beside ${values[b]}`).toBe(alone[2 * a]);
        expect(mixed[2 * i + 1], `${name}(${values[b]}) beside ${values[a]}`).toBe(alone[2 * b + 1]);
        expect(alone[2 * a + 1]).toBe(alone[2 * a]);
      });
    });
  }

  it('an odd count writes no more than one element past the end', () => {
    const y = map(UnaryFunction.Exp, [0, 0, 0]);
    expect(y).toEqual([1, 1, 1]);
  });
});
