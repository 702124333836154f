import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { normalCdf } from './normal-cdf.js';

describe('normalCdf', () => {
  // Published: Φ(1) to the digits of Abramowitz & Stegun 1964, table 26.1; Φ(−10) = 7.61985302416052606597…e-24.
  it.each([
    [1, 0.841344746068543],
    [-1, 0.158655253931457],
    [-10, 7.61985302416052606597e-24],
    [0, 0.5],
  ])('of %f', (x, expected) => {
    expect(normalCdf(new Decimal(x)).div(expected).sub(1).abs().toNumber()).toBeLessThan(4e-15);
  });

  it('series and fraction meet at ±10, to fifty digits', () => {
    for (const sign of [1, -1]) {
      const [inside, outside] = [new Decimal(10 * sign), new Decimal(10).add('1e-70').mul(sign)];
      expect(normalCdf(inside).div(normalCdf(outside)).sub(1).abs().lt(1e-50)).toBe(true);
    }
  });
});
