import { describe, expect, it } from 'vitest';
import { Flow, normal, radial } from '../../src/index.js';
import type { Case } from '../laws/cases.js';
import { truth } from '../laws/truth.js';

/** As in the laws: a hundred roundings. */
const VALUE = 100 * Number.EPSILON;

const flowOf = (dim: number, seed = 1): Flow => new Flow({ base: normal(dim), transforms: [radial(dim)], seed });

describe('radial', () => {
  // By hand, with z₀ = 0, α = 1, beta = 0: m = ln 2, β̂ = ln 2 − 1. At z = (1, 0): r = 1, v = ½, so x = (1 + β̂/2, 0) with
  // 1 + β̂/2 = 0.846573590279973, and ln det = ln((1 + ln 2)/2) + ln((1 + 2 + ln 2)/4) = −0.246373518535472.
  it('gives a number worked by hand', () => {
    const flow = flowOf(2);
    flow.setParameters({ 'transforms.0.z0': [0, 0], 'transforms.0.alpha': [1], 'transforms.0.beta': [0] });
    const { x, logDet } = flow.forward([[1, 0]]);
    expect(x[0]).toBeCloseTo(0.846573590279973, 14);
    expect(x[1]).toBe(0);
    expect(logDet[0]).toBeCloseTo(-0.246373518535472, 14);
    const back = flow.inverse(x);
    expect(back.z[0]).toBeCloseTo(1, 14);
    expect(back.logDet[0]).toBeCloseTo(0.246373518535472, 14);
  });

  it('names its parameters z0, alpha, beta', () => {
    const shapes = Object.entries(flowOf(3).namedParameters()).map(([name, { length }]) => [name, length]);
    expect(shapes).toEqual([
      ['transforms.0.z0', 3],
      ['transforms.0.alpha', 1],
      ['transforms.0.beta', 1],
    ]);
  });

  it('starts within the ranges it documents', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { 'transforms.0.z0': z0, 'transforms.0.alpha': alpha, 'transforms.0.beta': beta } = flowOf(4, seed).namedParameters();
      expect(Math.max(...z0.map(Math.abs))).toBeLessThan(1);
      expect([...alpha]).toEqual([1]);
      expect(Math.abs(beta[0] - Math.log(Math.E - 1))).toBeLessThan(1);
    }
  });

  it('means |alpha|, and the identity where softplus(beta) = |alpha|', () => {
    const flow = flowOf(2);
    for (const alpha of [1, -1]) {
      flow.setParameters({ 'transforms.0.alpha': [alpha], 'transforms.0.beta': [Math.log(Math.E - 1)] });
      const { x, logDet } = flow.forward([[3, -4]]);
      expect(x[0]).toBeCloseTo(3, 14);
      expect(x[1]).toBeCloseTo(-4, 14);
      expect(logDet[0]).toBeCloseTo(0, 14);
    }
  });

  it.each([0, -1, 1.5, NaN, '2'])('refuses dim %s', (dim) => {
    expect(() => radial(dim as number)).toThrow(/^radial: dim must be an integer of at least 1; got/);
  });

  it('refuses alpha = 0 before anything is written', () => {
    const flow = flowOf(2);
    const before = flow.getParameters();
    expect(() => flow.setParameters({ 'transforms.0.z0': [9, 9], 'transforms.0.alpha': [0] })).toThrow(/alpha must not be 0/);
    expect(flow.getParameters()).toEqual(before);
  });

  it.each([-1.1e301, 2 ** 1001])('refuses |alpha| = %s', (alpha) => {
    expect(() => flowOf(2).setParameters({ 'transforms.0.alpha': [alpha] })).toThrow(
      /transforms.0: \|alpha\| must be at most 2\^1000; got/,
    );
  });

  it.each([
    [1e-302, 0],
    [1, 1e302],
    [1e-3, 1e300],
  ])('refuses alpha %s with beta %s, whose determinant may overflow', (alpha, beta) => {
    const parameters = { 'transforms.0.alpha': [alpha], 'transforms.0.beta': [beta] };
    expect(() => flowOf(2).setParameters(parameters)).toThrow(/must be at (least|most) 2\^−?1000/);
  });
});

describe.each([
  [1e6, -699.9],
  [1e10, -690],
  [1e6, -695],
  [1, 0],
  [1e5, 5],
  [1e-100, -5],
  [1e290, -30],
  [1e-290, 5],
])('radial, α %s, β %s, at distances whose squares vanish or overflow', (alpha, beta) => {
  describe.each([1, 2, 3])('d %i', (dim) => {
    const parameters = [...new Array<number>(dim).fill(0), alpha, beta];
    const law: Case = { name: '', dim, types: ['radial'], parameters: [parameters], rows: [] };
    const flow = flowOf(dim);
    flow.setParameters(parameters);
    const direction = Float64Array.from({ length: dim }, (_, j) => [0.6, -0.8, 0.5][j]);

    it.each([0, 1e-307, 1e-300, 1e-200, 1e-140, 1e-40, 1, 1e145, 1e155, 1e300])('distance %s, both ways', (size) => {
      const row = direction.map((value) => size * value);
      for (const way of ['forward', 'inverse'] as const) {
        const exact = truth(law, way, [...row], parameters);
        const { logDet, ...rest } = flow[way](row);
        const output = Object.values(rest)[0];
        const largest = Math.max(...exact.output.map(Math.abs), size);
        exact.output.forEach((value, j) => expect(Math.abs(output[j] - value)).toBeLessThanOrEqual(VALUE * largest));
        expect(Math.abs(logDet[0] - exact.logDet)).toBeLessThanOrEqual(VALUE * Math.max(1, Math.abs(exact.logDet)));
      }
    });

    it('farther out says so', () => {
      expect(() => flow.forward(direction.map((value) => 1e302 * value))).toThrow(/row 0 overflowed on the way/);
      expect(() => flow.inverse(direction.map((value) => 1e302 * value))).toThrow(/row 0 overflowed on the way/);
    });
  });
});

// Between the centre and 1e-300 α of it the determinant is below the smallest double.
it.each([
  [1e200, -600, 1e-110],
  [1e200, 0, 1e-105],
  [1e6, -699.9, 0],
  [0.5, -800, 0],
])('the gradient of a minute log-determinant: α %s, β %s, distance %s', (alpha, beta, size) => {
  const parameters = [0, 0, alpha, beta];
  const flow = flowOf(2);
  flow.setParameters(parameters);
  const row = [0.6 * size, -0.8 * size];
  const { derivatives } = truth(
    { name: '', dim: 2, types: ['radial'], parameters: [parameters], rows: [] },
    'forward',
    row,
    parameters,
  );
  const { dz, dParameters } = flow.forwardVjp([row], { dLogDet: Float64Array.of(1) });
  [...dz, ...dParameters].forEach((value, k) => {
    const expected = derivatives[2][k];
    expect(Math.abs(value - expected), `${k}: ${value}, ${expected}`).toBeLessThanOrEqual(VALUE * Math.abs(expected));
  });
});

it('a row far out or near the centre changes no bit of its neighbours, and has the same bits alone', () => {
  const flow = new Flow({ base: normal(2), transforms: [radial(2), radial(2)], seed: 3 });
  flow.setParameters([0, 0, 1.5, 0.3, 0, 0, 0.7, -1]);
  const ordinary = Array.from({ length: 9 }, (_, k) => [0.1 * k - 0.35, 0.2 - 0.07 * k]);
  const rare = [
    [1e-170, 0],
    [0, 0],
    [1e160, -1e160],
    [2 ** -450, 2 ** -451],
  ];
  const mixed = ordinary.flatMap((row, k) => [row, rare[k % rare.length]]);
  for (const way of ['forward', 'inverse'] as const) {
    const { logDet, ...rest } = flow[way](mixed);
    const output = Object.values(rest)[0];
    mixed.forEach((row, r) => {
      const { logDet: alone, ...other } = flow[way]([row]);
      expect(alone[0]).toBe(logDet[r]);
      expect(Object.values(other)[0]).toEqual(output.slice(2 * r, 2 * r + 2));
    });
  }
});
