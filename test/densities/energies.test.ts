import { describe, expect, it } from 'vitest';
import { energies, energy, type Target } from '../../src/index.js';
import { decimal, toNumbers, vector } from '../reference/algebra.js';
import { gradient } from '../reference/dual.js';
import * as reference from '../reference/energies.js';
import { Random } from '../reference/random.js';

const NAMES = ['u1', 'u2', 'u3', 'u4'] as const;

const random = new Random(1);
const POINTS = [
  ...Array.from({ length: 60 }, () => random.normals(2, 2)),
  ...Array.from({ length: 20 }, () => random.normals(2, 20)),
  [0, 0], // ‖z‖ has no gradient; 0 by convention
  [0, 1.5], // the two bumps of U1 tie
  [0, -3],
  [1, 0],
  [2, 0],
  [-4, 0.5], // where the envelope begins
  [4, 0.5],
  [4.001, -1],
  [-30, 40],
  [1e3, -1e3],
  [1e-150, -1e-150],
];

function check(target: Target, name: (typeof NAMES)[number], envelope: boolean): void {
  const { logProb, dx } = target.logProbAndGradient(POINTS);
  expect(target.logProb(POINTS)).toEqual(logProb);
  POINTS.forEach((point, r) => {
    const exact = gradient(decimal, (D, z) => D.neg(reference[name](D, z, { envelope })), vector(decimal, point));
    const value = decimal.toNumber(exact.value);
    const slope = toNumbers(decimal, exact.gradient);
    // Rounding z alone moves U by |∇U| |z| ε.
    const moved = Math.hypot(...slope) * Math.hypot(...point) * Number.EPSILON;
    expect(Math.abs(logProb[r] - value), `${point}`).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(value)) + 4 * moved);
    const largest = Math.max(1, ...slope.map(Math.abs));
    slope.forEach((entry, j) =>
      expect(Math.abs(dx[2 * r + j] - entry), `${point}: ${dx[2 * r + j]}, ${entry}`).toBeLessThanOrEqual(
        1e-12 * largest * Math.max(1, Math.hypot(...point) / 10),
      ),
    );
  });
}

describe.each(NAMES)('energies.%s', (name) => {
  const which = (NAMES.indexOf(name) + 1) as 1 | 2 | 3 | 4;

  it('is the reference’s, gradient included', () => check(energies[name], name, true));

  it('without the envelope it is the paper’s', () => check(energy(which, { envelope: false }), name, false));

  it('stays a number, and falls, far out', () => {
    let last = Infinity;
    for (const size of [1e2, 1e3, 1e6, 1e50, 1e150]) {
      const { logProb, dx } = energies[name].logProbAndGradient([[size, size]]);
      expect(logProb[0]).toBeLessThan(last);
      expect([...dx].every(Number.isFinite)).toBe(true);
      last = logProb[0];
    }
  });
});

// Where squares overflow or vanish, on both axes and between them, in both directions.
describe.each(NAMES)('%s beyond the range of squares', (name) => {
  const sizes = [1e-200, 1e-160, 1e152, 1e155, 1e200, 1e300];
  const directions = [
    [1, 0],
    [0, 1],
    [0.6, -0.8],
    [-0.6, 0.8],
    [-1, 0],
    [0, -1],
  ];

  it.each(sizes)('at %s', (size) => {
    for (const direction of directions) {
      // Beyond 1e6 sin is a number in [−1, 1], no more: it matters where z₁ is large and z₂ is not.
      if (name !== 'u1' && size > 1 && direction[1] === 0) continue;
      const point = direction.map((value) => size * value);
      const exact = gradient(
        decimal,
        (D, z) => D.neg(reference[name](D, z, { envelope: name !== 'u1' })),
        vector(decimal, point),
      );
      const value = decimal.toNumber(exact.value);
      const slope = toNumbers(decimal, exact.gradient);
      const { logProb, dx } = energies[name].logProbAndGradient([point]);
      if (value === -Infinity) expect(logProb[0]).toBe(value);
      else expect(Math.abs(logProb[0] - value)).toBeLessThanOrEqual(1e-13 * Math.abs(value));
      const largest = Math.max(...slope.map(Math.abs));
      if (size < 1 || name === 'u1') {
        slope.forEach((entry, j) =>
          expect(Math.abs(dx[j] - entry), `${point}: ${dx}, ${slope}`).toBeLessThanOrEqual(1e-12 * largest),
        );
      } else {
        expect(Math.abs(dx[1] - slope[1]), `${point}: ${dx}, ${slope}`).toBeLessThanOrEqual(1e-12 * largest);
        expect(Math.abs(dx[0])).toBeLessThanOrEqual(2 * largest + size / 0.16);
      }
    }
  });

  it.each([1e155, 1e200])('the log density is −∞ and the gradient a number at %s', (size) => {
    for (const [a, b] of [...directions, [1, 1], [1, -1]]) {
      const { logProb, dx } = energies[name].logProbAndGradient([[size * a, size * b]]);
      expect(logProb[0]).toBe(-Infinity);
      expect([...dx].every(Number.isFinite)).toBe(true);
    }
  });
});

// ln ∫ e^−U by the midpoint rule, 800 × 800 cells on [−8, 8]²: what the paper's experiment subtracts.
it.each([
  ['u1', 1.8775],
  ['u2', 2.20017],
  ['u3', 2.75978],
  ['u4', 2.82878],
] as const)('ln Z of %s is %d', (name, expected) => {
  const cells = 800;
  const at = (k: number): number => -8 + (16 * (k + 0.5)) / cells;
  const grid = new Float64Array(2 * cells * cells).map((_, i) =>
    at(i % 2 === 0 ? Math.floor(i / 2 / cells) : Math.floor(i / 2) % cells),
  );
  const sum = energies[name].logProb(grid).reduce((total, value) => total + Math.exp(value), 0);
  expect(Math.log(sum * (16 / cells) ** 2)).toBeCloseTo(expected, 5);
});

it('refuses other numbers, options and rows', () => {
  expect(() => energy(5 as never)).toThrow(/^energy: which must be 1, 2, 3 or 4; got 5\.$/);
  expect(() => energy(2, { envelop: true } as never)).toThrow(TypeError);
  expect(() => energy(2, { envelope: 'x' } as never)).toThrow(/^energy: envelope must be true or false; got 'x'\.$/);
  expect(() => energies.u1.logProb([[1]])).toThrow(RangeError);
  expect(() => energies.u1.logProb([[1, NaN]])).toThrow(RangeError);
});
