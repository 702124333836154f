import { describe, expect, it } from 'vitest';
import { decimal, number, toNumbers, vector } from './algebra.js';
import { jacobian, logAbsDet } from './dual.js';
import * as radial from './radial.js';
import { Random } from './random.js';

type Parameters = radial.Radial<number>;

/** 60 digits, less what 1 + β̂ h cancels in the dual Jacobian: m / α down to 1e-17 here. */
const JACOBIAN = 1e-38;
const ROUND_TRIP = 1e-38;

function caseOf(dim: number, alpha: number, beta: number, size: number): { name: string; parameters: Parameters; z: number[] } {
  const random = new Random(100 * dim + Math.round(beta));
  const z0 = random.normals(dim);
  const z = random.normals(dim, size).map((zi, i) => zi + z0[i]);
  return { name: `dim ${dim}, alpha ${alpha}, beta ${beta}, r ~ ${size}`, parameters: { z0, alpha, beta }, z };
}

const CASES = [
  caseOf(1, 1, 0.5, 1),
  caseOf(2, -0.7, -1, 1),
  caseOf(3, 1, -40, 1e-3),
  caseOf(3, 2, 40, 1),
  caseOf(2, 1e-9, 1, 1),
  caseOf(5, 1000, -2, 1000),
  caseOf(8, 0.3, 3, 1e-9),
  caseOf(2, 0.5, 700, 1e3),
];

function lift(parameters: Parameters) {
  return radial.fromVector(vector(decimal, radial.toVector(parameters)));
}

describe.each(CASES)('radial, $name', ({ parameters, z }) => {
  const lifted = lift(parameters);
  const point = vector(decimal, z);

  it('logDet is ln |det| of the Jacobian, both ways', () => {
    const forward = radial.forward(decimal, point, lifted);
    const there = jacobian(decimal, (D, v) => radial.forward(D, v, constants(lifted)).x, point);
    expect(forward.logDet.sub(logAbsDet(decimal, there)).abs().toNumber()).toBeLessThan(JACOBIAN);
    const inverse = radial.inverse(decimal, forward.x, lifted);
    const back = jacobian(decimal, (D, v) => radial.inverse(D, v, constants(lifted)).z, forward.x);
    expect(inverse.logDet.sub(logAbsDet(decimal, back)).abs().toNumber()).toBeLessThan(JACOBIAN);
  });

  it('comes back, both ways round', () => {
    const there = radial.forward(decimal, point, lifted);
    const back = radial.inverse(decimal, there.x, lifted);
    back.z.forEach((zi, i) => expect(zi.sub(point[i]).abs().toNumber()).toBeLessThan(ROUND_TRIP));
    expect(there.logDet.add(back.logDet).abs().toNumber()).toBeLessThan(ROUND_TRIP);
    const out = radial.forward(decimal, radial.inverse(decimal, point, lifted).z, lifted);
    out.x.forEach((xi, i) => expect(xi.sub(point[i]).abs().toNumber()).toBeLessThan(ROUND_TRIP));
  });

  it('the gradient of its inverse is that of the inverse function theorem, parameters too', () => {
    const dim = z.length;
    const total = jacobian(
      decimal,
      (D, v) => {
        const p = radial.fromVector(v.slice(dim));
        return radial.inverse(D, radial.forward(D, v.slice(0, dim), p).x, p).z;
      },
      [...point, ...radial.toVector(lifted)],
    );
    total.forEach((row, i) =>
      row.forEach((t, j) =>
        expect(
          t
            .sub(i === j ? 1 : 0)
            .abs()
            .toNumber(),
        ).toBeLessThan(1e-30),
      ),
    );
  });

  it('float64 agrees with decimal to 1e-12 of the row', () => {
    const [rounded, exact] = [radial.forward(number, z, parameters), radial.forward(decimal, point, lifted)];
    const scale = Math.max(1, ...z.map(Math.abs), ...rounded.x.map(Math.abs));
    rounded.x.forEach((xi, i) => expect(Math.abs(xi - exact.x[i].toNumber())).toBeLessThan(1e-12 * scale));
    expect(Math.abs(rounded.logDet - exact.logDet.toNumber())).toBeLessThan(1e-12 * Math.max(1, Math.abs(rounded.logDet)));
  });
});

describe('radial, by hand', () => {
  // softplus(ln(e³ − 1)) = 3, so with α = 1: β̂ = 2. At z − z₀ = (3, 4): r = 5, h = 1/6, β̂ h = 1/3
  const parameters = { z0: [1, 1], alpha: -1, beta: Math.log(Math.exp(3) - 1) };

  it('x − z₀ = 4/3 (z − z₀), and logDet = ln(4/3) + ln(4/3 − 2·5/36) = ln(38/27)', () => {
    const { x, logDet } = radial.forward(number, [4, 5], parameters);
    expect(x[0]).toBeCloseTo(5, 14);
    expect(x[1]).toBeCloseTo(1 + 16 / 3, 14);
    expect(logDet).toBeCloseTo(Math.log(38 / 27), 14);
  });

  it('back from r′ = 20/3: q = 20/3 − 3 = 11/3, r = (11/3 + √(121/9 + 80/3)) / 2 = (11/3 + 19/3) / 2 = 5', () => {
    const { z, logDet } = radial.inverse(number, [5, 1 + 16 / 3], parameters);
    expect(z[0]).toBeCloseTo(4, 14);
    expect(z[1]).toBeCloseTo(5, 14);
    expect(logDet).toBeCloseTo(-Math.log(38 / 27), 14);
  });

  it('at z₀ it stretches by m/α = 3 in every direction: logDet = d ln 3', () => {
    const { x, logDet } = radial.forward(number, [1, 1], parameters);
    expect(x).toEqual([1, 1]);
    expect(logDet).toBeCloseTo(2 * Math.log(3), 14);
    expect(radial.inverse(number, [1, 1], parameters).z).toEqual([1, 1]);
  });

  it('beta = −800 squeezes z₀ by e⁻⁸⁰⁰ / α: logDet = −800 d', () => {
    const { logDet } = radial.forward(decimal, vector(decimal, [2, 3]), lift({ z0: [2, 3], alpha: 1, beta: -800 }));
    expect(toNumbers(decimal, [logDet])).toEqual([-1600]);
  });
});

function constants<T>({ z0, alpha, beta }: radial.Radial<T>) {
  const constant = (value: T) => ({ value, tangents: [] });
  return { z0: z0.map(constant), alpha: constant(alpha), beta: constant(beta) };
}
