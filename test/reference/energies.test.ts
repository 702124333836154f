import { describe, expect, it } from 'vitest';
import { decimal, number, toNumbers, vector } from './algebra.js';
import { gradient } from './dual.js';
import * as energies from './energies.js';
import { Random } from './random.js';

const { u1, u2, u3, u4 } = energies;
const square = (x: number) => x * x;

const AT_LN3 = [1 + 0.3 * Math.log(3), Math.sin((Math.PI * (1 + 0.3 * Math.log(3))) / 2) - 2.25];

/** Each value worked out by hand from table 1 of the paper. */
const BY_HAND: [string, typeof u2, number[], number][] = [
  // on the ring, at one well: the other is 4/0.6 standard deviations away, ½ (20/3)² = 200/9
  ['U₁(2, 0) = −ln(1 + exp(−200/9))', u1, [2, 0], -Math.log1p(Math.exp(-200 / 9))],
  // between the wells both are ½ (2/0.6)² = 50/9 away: −ln(2 e^{−50/9})
  ['U₁(0, 2) = 50/9 − ln 2', u1, [0, 2], 50 / 9 - Math.LN2],
  ['U₁(0, 0) = ½ (2/0.4)² + 50/9 − ln 2', u1, [0, 0], 12.5 + 50 / 9 - Math.LN2],
  // w₁ = sin(π/2) = 1
  ['U₂(1, 1) = 0', u2, [1, 1], 0],
  ['U₂(1, 1.8) = ½ (0.8/0.4)² = 2', u2, [1, 1.8], 2],
  // w₁ = sin(−5π/2) = −1; one beyond the envelope: ½ (1/0.4)² = 3.125
  ['U₂(−5, −1) = 3.125', u2, [-5, -1], 3.125],
  // at z₁ = 1, w₂ = 3: midway, e = −1.5, both are ½ (1.5/0.35)² = ½ (30/7)² = 450/49
  ['U₃(1, −0.5) = 450/49 − ln 2', u3, [1, -0.5], 450 / 49 - Math.LN2],
  ['U₃(1, 1) = −ln(1 + exp(−½ (3/0.35)²))', u3, [1, 1], -Math.log1p(Math.exp(-0.5 * square(60 / 7)))],
  // at z₁ = 1.6, w₂ = 3 exp(−½) and w₁ = sin(0.8 π): midway, ½ (½ w₂ / 0.35)² = ½ · 9/4 · e⁻¹ / 0.1225
  [
    'U₃(1.6, w₁ − w₂/2) = 9 / (0.98 e) − ln 2',
    u3,
    [1.6, Math.sin(0.8 * Math.PI) - 1.5 * Math.exp(-0.5)],
    9 / (0.98 * Math.E) - Math.LN2,
  ],
  // at z₁ = 1, w₃ = 3 σ(0) = 1.5
  ['U₄(1, 1) = −ln(1 + exp(−450/49))', u4, [1, 1], -Math.log1p(Math.exp(-450 / 49))],
  // e = −1.5: the second is at its top, the first ½ (1.5/0.4)² = 7.03125 away
  ['U₄(1, −0.5) = −ln(1 + exp(−7.03125))', u4, [1, -0.5], -Math.log1p(Math.exp(-7.03125))],
  // at z₁ = 1 + 0.3 ln 3, w₃ = 3 σ(ln 3) = 9/4: e = −9/4 is ½ (2.25/0.4)² = 15.8203125 from the first
  ['U₄(1 + 0.3 ln 3, w₁ − 9/4) = −ln(1 + exp(−15.8203125))', u4, AT_LN3, -Math.log1p(Math.exp(-15.8203125))],
];

describe('energies, by hand', () => {
  it.each(BY_HAND)('%s', (_, u, z, expected) => {
    expect(u(decimal, vector(decimal, z)).toNumber()).toBeCloseTo(expected, 13);
    expect(u(number, z)).toBeCloseTo(expected, 13);
  });

  it('without the envelope U₂(−5, −1) = 0', () => {
    expect(u2(decimal, vector(decimal, [-5, -1]), { envelope: false }).toNumber()).toBe(0);
  });

  it('∇U₁ = 0 at the origin: the wells are symmetric and ∇‖z‖ = 0', () => {
    expect(toNumbers(decimal, gradient(decimal, u1, vector(decimal, [0, 0])).gradient)).toEqual([0, 0]);
  });

  it('∇U₁(0, 2): half of each well’s pull, which cancel', () => {
    expect(toNumbers(decimal, gradient(decimal, u1, vector(decimal, [0, 2])).gradient)).toEqual([0, 0]);
  });

  it('∇U₂(2, 0.8) = e/0.16 · (−(π/2) cos π, 1) = (5π/2, 5)', () => {
    const [d1, d2] = toNumbers(decimal, gradient(decimal, (D, z) => u2(D, z), vector(decimal, [2, 0.8])).gradient);
    expect(d1).toBeCloseTo(2.5 * Math.PI, 14);
    expect(d2).toBeCloseTo(5, 14);
  });
});

describe.each(Object.entries(energies))('%s', (_, u) => {
  it('in float64 agrees with decimal to 1e-13, out to where the exponentials underflow', () => {
    const random = new Random(3);
    for (const size of [1, 5, 50]) {
      for (let i = 0; i < 5; i++) {
        const z = random.normals(2, size);
        const exact = u(decimal, vector(decimal, z)).toNumber();
        expect(Number.isFinite(exact)).toBe(true);
        expect(Math.abs(u(number, z) - exact)).toBeLessThan(1e-13 * Math.max(1, Math.abs(exact)));
      }
    }
  });

  it('has the gradient of its central difference, over 60 digits to 1e-30', () => {
    const h = decimal.from(1).div('1e20');
    const z = vector(decimal, [-4.3, 0.7]);
    const slopes = gradient(decimal, (D, v) => u(D, v), z).gradient;
    slopes.forEach((slope, i) => {
      const [up, down] = [z, z].map((point, side) => point.map((zj, j) => (j === i ? zj.add(side ? h.neg() : h) : zj)));
      const difference = u(decimal, up).sub(u(decimal, down)).div(h.mul(2));
      expect(slope.sub(difference).abs().toNumber()).toBeLessThan(1e-30);
    });
  });
});
