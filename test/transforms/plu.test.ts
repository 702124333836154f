import { describe, expect, it } from 'vitest';
import { Flow, normal, plu, type PluOptions } from '../../src/index.js';

const flowOf = (dim: number, options?: PluOptions, seed = 1): Flow =>
  new Flow({ base: normal(dim), transforms: [plu(dim, options)], seed });

describe('plu', () => {
  // By hand, with rows as vectors: P swaps, x P = (7, 5); L = (1 0; 3 1), so (7 + 15, 5); U = (−2 4; 0 1/2), so (−44, 88 + 5/2).
  it('gives numbers worked by hand', () => {
    const flow = flowOf(2, { order: [1, 0], signs: [-1, 1] });
    flow.setParameters([3, 4, Math.LN2, -Math.LN2]);
    const { z, logDet } = flow.inverse([[5, 7]]);
    expect(z[0]).toBeCloseTo(-44, 13);
    expect(z[1]).toBeCloseTo(90.5, 13);
    expect(logDet[0]).toBeCloseTo(0, 15);
    const { x } = flow.forward(z);
    expect(x[0]).toBeCloseTo(5, 13);
    expect(x[1]).toBeCloseTo(7, 13);
  });

  it.each([1, 2, 3, 8, 33])('starts as the permutation times a rotation, d %i', (dim) => {
    for (let seed = 0; seed < 5; seed++) {
      const flow = flowOf(dim, {}, seed);
      const identity = Float64Array.from({ length: dim * dim }, (_, k) => Number(k % (dim + 1) === 0));
      const { z, logDet } = flow.inverse(identity); // the rows of P R
      expect(Math.abs(logDet[0])).toBeLessThan(1e-13);
      for (let i = 0; i < dim; i++) {
        for (let k = 0; k < dim; k++) {
          let product = 0;
          for (let j = 0; j < dim; j++) product += z[i * dim + j] * z[k * dim + j];
          expect(Math.abs(product - Number(i === k))).toBeLessThan(1e-13);
        }
        // cos 74° = 0.28: R's symmetric part is at least that, so it has that on its diagonal, and P has turned the rows.
        expect(z[i * dim + dim - 1 - i]).toBeGreaterThan(0.279);
      }
    }
  });

  it('starts otherwise with another seed', () => {
    expect(flowOf(3, {}, 1).getParameters()).not.toEqual(flowOf(3, {}, 2).getParameters());
  });

  it('refuses settings and parameters that are none', () => {
    expect(() => plu(0)).toThrow(new RangeError('plu: dim must be an integer of at least 1; got 0.'));
    expect(() => plu(2, { order: [0, 2] })).toThrow(new RangeError('plu: order must hold each of 0 … 1 once; got 2 at index 1.'));
    expect(() => plu(2, { order: [0] })).toThrow(new RangeError('plu: order must have length 2; got Array of length 1.'));
    expect(() => plu(2, { signs: [1, 0] })).toThrow(new RangeError('plu: signs must be 1 or -1 each; got 0 at index 1.'));
    expect(() => plu(2, { signs: [1] })).toThrow(new RangeError('plu: signs must have length 2; got Array of length 1.'));
    expect(() => plu(2, { signs: 1 } as unknown as PluOptions)).toThrow(new TypeError('plu: signs must be an array; got 1.'));
    expect(() => plu(2, { sign: [1, 1] } as PluOptions)).toThrow(TypeError);
    expect(() => flowOf(1).setParameters([701])).toThrow(/logDiagonal must lie in \[−700, 700\]; got 701\.$/);
  });

  it('comes back from a file with its settings', () => {
    const flow = flowOf(3, { order: [1, 2, 0], signs: [1, -1, 1] });
    const loaded = Flow.load(flow.save());
    expect(loaded.transforms[0].describe()).toEqual({ type: 'plu', dim: 3, order: [1, 2, 0], signs: [1, -1, 1] });
    expect(loaded.logProb([[1, 2, 3]])).toEqual(flow.logProb([[1, 2, 3]]));
  });
});
