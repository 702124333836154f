import { describe, expect, it } from 'vitest';
import { decimal, decimalAlgebra, dot, number, vector } from './algebra.js';
import { gradient, jacobian, logAbsDet } from './dual.js';
import * as planar from './planar.js';
import { Random } from './random.js';

type Parameters = planar.Planar<number>;

/** 60 digits, less what the dual Jacobian's elimination cancels: slopes down to 1e-7 here. */
const JACOBIAN = 1e-40;
const ROUND_TRIP = 1e-40;

/** Parameters with a given wᵀu and |w|, and points of the given size. */
function caseOf(dim: number, wu: number, wNorm: number, size: number): { name: string; parameters: Parameters; z: number[] } {
  const random = new Random(100 * dim + Math.round(wu));
  const direction = random.normals(dim);
  const length = Math.sqrt(dot(number, direction, direction));
  const w = direction.map((di) => (di * wNorm) / length);
  const across = random.normals(dim);
  const shift = (wu - dot(number, w, across)) / (wNorm * wNorm);
  const u = across.map((ai, i) => ai + shift * w[i]);
  const [b] = random.normals(1);
  return {
    name: `dim ${dim}, wᵀu = ${wu}, |w| = ${wNorm}, |z| ~ ${size}`,
    parameters: { u, w, b },
    z: random.normals(dim, size),
  };
}

const CASES = [
  caseOf(1, 0.5, 1, 1),
  caseOf(2, -1.5, 2, 1),
  caseOf(3, -40, 1, 1),
  caseOf(3, -800, 1, 3),
  caseOf(3, 40, 5, 1),
  caseOf(2, 600, 1, 100),
  caseOf(5, 1e-8, 1e-5, 30),
  caseOf(8, -3, 3, 1e-9),
];

function lift(parameters: Parameters) {
  return planar.fromVector(vector(decimal, planar.toVector(parameters)));
}

describe.each(CASES)('planar, $name', ({ parameters, z }) => {
  const lifted = lift(parameters);
  const point = vector(decimal, z);

  it('logDet is ln |det| of the Jacobian, both ways', () => {
    const forward = planar.forward(decimal, point, lifted);
    const there = jacobian(decimal, (D, v) => planar.forward(D, v, constants(lifted)).x, point);
    expect(forward.logDet.sub(logAbsDet(decimal, there)).abs().toNumber()).toBeLessThan(JACOBIAN);
    const inverse = planar.inverse(decimal, forward.x, lifted);
    const back = jacobian(decimal, (D, v) => planar.inverse(D, v, constants(lifted)).z, forward.x);
    expect(inverse.logDet.sub(logAbsDet(decimal, back)).abs().toNumber()).toBeLessThan(JACOBIAN);
  });

  it('comes back, both ways round', () => {
    const there = planar.forward(decimal, point, lifted);
    const back = planar.inverse(decimal, there.x, lifted);
    expect(farthest(back.z.map((zi, i) => zi.sub(point[i]).toNumber()))).toBeLessThan(ROUND_TRIP);
    expect(there.logDet.add(back.logDet).abs().toNumber()).toBeLessThan(ROUND_TRIP);
    const out = planar.forward(decimal, planar.inverse(decimal, point, lifted).z, lifted);
    expect(farthest(out.x.map((xi, i) => xi.sub(point[i]).toNumber()))).toBeLessThan(ROUND_TRIP);
  });

  it('the gradient of its inverse is that of the inverse function theorem, parameters too', () => {
    // z(x(z, θ), θ) = z for every θ: the total derivative with respect to θ vanishes, and is I with respect to z
    const dim = z.length;
    const total = jacobian(
      decimal,
      (D, v) => {
        const p = planar.fromVector(v.slice(dim));
        return planar.inverse(D, planar.forward(D, v.slice(0, dim), p).x, p).z;
      },
      [...point, ...planar.toVector(lifted)],
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
    const [rounded, exact] = [planar.forward(number, z, parameters), planar.forward(decimal, point, lifted)];
    const scale = farthest([1, ...z, ...rounded.x, ...parameters.u]);
    expect(farthest(rounded.x.map((xi, i) => xi - exact.x[i].toNumber()))).toBeLessThan(1e-12 * scale);
    expect(Math.abs(rounded.logDet - exact.logDet.toNumber())).toBeLessThan(1e-12 * Math.max(1, Math.abs(rounded.logDet)));
  });
});

describe('planar, by hand', () => {
  it('wᵀu = 0 gives wᵀû = m(0) = −1 + ln 2', () => {
    // u = (0, 1), w = (2, 0): û = u + (m − 0) w / 4 = (m/2, 1), with m = ln 2 − 1
    const { uHat, delta } = planar.constrain(number, { u: [0, 1], w: [2, 0], b: 0 });
    expect(uHat).toEqual([(Math.LN2 - 1) / 2, 1]);
    expect(delta).toBe(Math.LN2);
  });

  it('at tanh a = ½, with those, x = z + û/2 and logDet = ln((1 + 3 ln 2) / 4)', () => {
    // a = 2 z₁ = ½ ln 3 gives tanh a = (3 − 1) / (3 + 1) = ½ and 1 − tanh² = ¾: det = 1 + ¾ (ln 2 − 1)
    const z = [Math.log(3) / 4, 10];
    const { x, logDet } = planar.forward(number, z, { u: [0, 1], w: [2, 0], b: 0 });
    expect(x[0]).toBeCloseTo(z[0] + (Math.LN2 - 1) / 4, 15);
    expect(x[1]).toBeCloseTo(10.5, 14);
    expect(logDet).toBeCloseTo(Math.log((1 + 3 * Math.LN2) / 4), 15);
  });

  it('wᵀu = ln(e − 1) gives m = 0: a volume-preserving layer', () => {
    // −1 + ln(1 + (e − 1)) = 0: û is u less its part along w
    const u = [Math.log(Math.E - 1), 3];
    const { x, logDet } = planar.forward(number, [0.7, -0.2], { u, w: [1, 0], b: 0.1 });
    expect(x[0]).toBeCloseTo(0.7, 15);
    expect(x[1]).toBeCloseTo(-0.2 + 3 * Math.tanh(0.8), 14);
    expect(logDet).toBeCloseTo(0, 15);
  });

  it.each([-40, -140, -800])('at a = 0 and wᵀu = %d logDet is ln softplus(wᵀu) = wᵀu', (wu) => {
    // softplus(t) = eᵗ (1 − eᵗ/2 + …)
    const { logDet } = planar.forward(decimal, [decimal.from(0)], lift({ u: [wu], w: [1], b: 0 }));
    expect(logDet.toNumber()).toBe(wu);
  });

  it('the logDet of the paper, written out literally in 500 digits, is the same', () => {
    const A = decimalAlgebra(500);
    for (const { parameters, z } of CASES.slice(2, 5)) {
      const [u, w, b] = [vector(A, parameters.u), vector(A, parameters.w), A.from(parameters.b)];
      const m = A.sub(A.log(A.add(A.from(1), A.exp(dot(A, w, u)))), A.from(1));
      const h = A.tanh(A.add(dot(A, w, vector(A, z)), b));
      const literal = A.log(A.abs(A.add(A.from(1), A.mul(A.sub(A.from(1), A.mul(h, h)), m))));
      const { logDet } = planar.forward(decimal, vector(decimal, z), lift(parameters));
      expect(logDet.sub(literal.toString()).abs().toNumber()).toBeLessThan(1e-50);
    }
  });

  it('keeps digits of the inverse where tanh a ≈ a: c = a − tanh a = a³/3 at a = 1e-100', () => {
    // δ = e⁻⁸⁰⁰ is far below a²/3, so a = ∛(3c) up to a²/5 of itself
    const { z } = planar.inverse(decimal, [decimal.from(1).div('3e300')], lift({ u: [-800], w: [1], b: 0 }));
    expect(z[0].mul('1e100').sub(1).abs().toNumber()).toBeLessThan(1e-50);
  });

  it('its logDet has the gradient of ln(h² + s δ), at a = 0: (δ − 1) · 0, so only δ moves it', () => {
    // d ln δ / du = σ(wᵀu) w / δ: at wᵀu = 0, w = 1: ½ / ln 2
    const { gradient: slopes } = gradient(
      number,
      (D, v) => planar.forward(D, [v[0]], planar.fromVector(v.slice(1))).logDet,
      [0, 0, 1, 0],
    );
    expect(slopes).toEqual([0, 0.5 / Math.LN2, 0, 0]);
  });
});

/** Parameters as constants of a dual algebra. */
function constants<T>({ u, w, b }: planar.Planar<T>) {
  const constant = (value: T) => ({ value, tangents: [] });
  return { u: u.map(constant), w: w.map(constant), b: constant(b) };
}

function farthest(differences: number[]): number {
  return Math.max(...differences.map(Math.abs));
}
