import { expect, it } from 'vitest';
import { decimal, number } from './algebra.js';
import { gradient } from './dual.js';
import { logGamma } from './gamma.js';

it('ln Γ(½) = ½ ln π, ln Γ(5) = ln 24, ln Γ(1) = ln Γ(2) = 0, to 55 digits', () => {
  const at = (x: number) => logGamma(decimal, decimal.from(x));
  expect(at(0.5).sub(decimal.pi.ln().div(2)).abs().toNumber()).toBeLessThan(1e-55);
  expect(at(5).sub(decimal.from(24).ln()).abs().toNumber()).toBeLessThan(1e-55);
  expect(at(1).abs().toNumber()).toBeLessThan(1e-55);
  expect(at(2).abs().toNumber()).toBeLessThan(1e-55);
  expect(logGamma(number, 5)).toBeCloseTo(Math.log(24), 13);
});

it('ln Γ(x + 1) = ln Γ(x) + ln x across the switch at 40', () => {
  for (const x of [0.1, 3.7, 38.9, 39.5, 40.5, 1e6]) {
    const difference = logGamma(decimal, decimal.from(x).add(1)).sub(logGamma(decimal, decimal.from(x)));
    expect(difference.sub(decimal.from(x).ln()).abs().toNumber()).toBeLessThan(1e-50);
  }
});

it('ψ(1) = −γ = −0.5772156649015329', () => {
  const { gradient: slope } = gradient(decimal, (D, [x]) => logGamma(D, x), [decimal.from(1)]);
  expect(slope[0].toNumber()).toBeCloseTo(-0.5772156649015329, 15);
});
