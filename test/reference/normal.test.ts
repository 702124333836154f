import { expect, it } from 'vitest';
import { decimal, number, toNumbers, vector } from './algebra.js';
import { gradient } from './dual.js';
import * as normal from './normal.js';

it('ln N at (1, 2) with μ = 0, σ = (1, 2) is −½ (1 + 1) − ln 2 − ln 2π', () => {
  const logProb = normal.logProb(number, [1, 2], { location: [0, 0], logScale: [0, Math.LN2] });
  expect(logProb).toBeCloseTo(-1 - Math.LN2 - Math.log(2 * Math.PI), 14);
});

it('ln N(0; 0, I) is −d/2 ln 2π = −0.9189385332046727… d', () => {
  expect(normal.logProb(number, [0, 0, 0], normal.standard(number, 3))).toBeCloseTo(-3 * 0.918938533204672742, 14);
});

it('has the gradients −y/σ, y/σ and y² − 1 in x, location and logScale, with y = (x − μ)/σ', () => {
  // x = 3, μ = 1, σ = 1 (logScale 0): y = 2
  const f = gradient(decimal, (D, v) => normal.logProb(D, [v[0]], normal.fromVector(v.slice(1))), vector(decimal, [3, 1, 0]));
  expect(toNumbers(decimal, f.gradient)).toEqual([-2, 2, 3]);
});
