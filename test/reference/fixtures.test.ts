import { describe, expect, it } from 'vitest';
import { FIXTURES, type Fixture, type FixtureTensor, loadFixture, rows } from '../fixtures/load.js';
import { type Algebra, decimal, number, toNumbers, vector } from './algebra.js';
import * as chain from './chain.js';
import { gradient } from './dual.js';
import * as normal from './normal.js';
import * as planar from './planar.js';
import * as radial from './radial.js';

/** The references are rounded once, 1.1e-16; ours at 60 digits adds nothing. */
const VALUE_60_DIGITS = 1e-14;
/** 60 digits, less those of |x| = 1e3 and of slopes down to 1e-9 or so. */
const ROUND_TRIP_60_DIGITS = 1e-40;
/** float64, eight layers: a few ulp each, relative to the row. */
const VALUE_FLOAT64 = 1e-12;
/** torch's float64 autograd, relative to the largest entry of a tensor. */
const GRADIENT = 1e-9;

/** How each family's parameters lie in a file, in the order of its `fromVector`. */
const FAMILIES = [
  { family: 'planar', names: FIXTURES.planar, keys: ['u', 'w', 'b'], size: (d: number) => 2 * d + 1, layer: planarLayer },
  { family: 'radial', names: FIXTURES.radial, keys: ['z_0', 'alpha', 'beta'], size: (d: number) => d + 2, layer: radialLayer },
];

function planarLayer<T>(parameters: T[]): chain.Layer<T> {
  return chain.layer<T, planar.Planar<T>>(planar, planar.fromVector(parameters));
}

function radialLayer<T>(parameters: T[]): chain.Layer<T> {
  return chain.layer<T, radial.Radial<T>>(radial, radial.fromVector(parameters));
}

const CASES = FAMILIES.flatMap(({ names, ...family }) => names.map((name) => ({ name, ...family, fixture: loadFixture(name) })));

describe.each(CASES)('$name', ({ fixture, keys, size, layer }) => {
  const { d, K } = fixture.config;
  const names = Array.from({ length: K }, (_, k) => keys.map((key) => `${k}.${key}`)).flat();
  const parameters = flatten(fixture.params);
  const points = rows(fixture.x);

  function flatten(tensors: Record<string, FixtureTensor>): number[] {
    return names.flatMap((name) => tensors[name].data);
  }

  function layers<T>(flat: readonly T[]): chain.Layer<T>[] {
    return Array.from({ length: K }, (_, k) => layer(flat.slice(k * size(d), (k + 1) * size(d))));
  }

  function logProb<T>(A: Algebra<T>, x: readonly T[], flat: readonly T[]): T {
    const { x: y, logDet } = chain.forward(A, x, layers(flat));
    return A.add(normal.logProb(A, y, normal.standard(A, d)), logDet);
  }

  it('agrees with the 60-digit references to 1e-14 in decimal', () => {
    const fixed = layers(vector(decimal, parameters));
    const results = points.map((x) => chain.forward(decimal, vector(decimal, x), fixed));
    expectRelative(
      results.flatMap(({ x }) => toNumbers(decimal, x)),
      fixture.yRef.data,
      VALUE_60_DIGITS,
    );
    expectRelative(
      results.map(({ logDet }) => logDet.toNumber()),
      fixture.logabsdetRef.data,
      VALUE_60_DIGITS,
    );
  });

  it('agrees with the 60-digit references to 1e-12 of the row in float64', () => {
    points.forEach((x, row) => {
      const { x: y, logDet } = chain.forward(number, x, layers(parameters));
      const expected = rows(fixture.yRef)[row];
      const scale = Math.max(1, ...expected.map(Math.abs));
      y.forEach((yi, i) => expect(Math.abs(yi - expected[i])).toBeLessThan(VALUE_FLOAT64 * scale));
      const logDetRef = fixture.logabsdetRef.data[row];
      expect(Math.abs(logDet - logDetRef)).toBeLessThan(VALUE_FLOAT64 * Math.max(1, Math.abs(logDetRef)));
    });
  });

  it('comes back through the inverse to 1e-40 in decimal, from every fourth row', () => {
    const fixed = layers(vector(decimal, parameters));
    for (const point of points.filter((_, row) => row % 4 === 0)) {
      const z = vector(decimal, point);
      const there = chain.forward(decimal, z, fixed);
      const back = chain.inverse(decimal, there.x, fixed);
      back.z.forEach((zi, i) => expect(Math.abs(zi.sub(z[i]).toNumber())).toBeLessThan(ROUND_TRIP_60_DIGITS));
      expect(Math.abs(there.logDet.add(back.logDet).toNumber())).toBeLessThan(ROUND_TRIP_60_DIGITS);
    }
  });

  it('agrees with the densities logProb and logQ to 1e-12', () => {
    points.forEach((x, row) => {
      const base = (z: number[]) => normal.logProb(number, z, normal.standard(number, d));
      const { x: y, logDet } = chain.forward(number, x, layers(parameters));
      expectRelative([base(y) + logDet, base(x) - logDet], [fixture.logProb.data[row], fixture.logQ.data[row]], VALUE_FLOAT64);
    });
  });

  it('agrees with the gradients of torch to 1e-9 of the largest entry', () => {
    const { ofX, ofParameters, ofParametersOrdinary } = gradients();
    expectOfLargest(ofX, fixture.gradX.data);
    expectEach(fixture.grad, ofParameters, points.length);
    expectEach(fixture.gradOrdinary, ofParametersOrdinary, fixture.nOrdinary);
  });

  /** Of the mean with respect to x, and of the sums over rows with respect to the parameters; x and they are one vector of variables. */
  function gradients() {
    const ofX: number[] = [];
    const ofParameters = parameters.map(() => 0);
    let ofParametersOrdinary: number[] = [];
    points.forEach((x, row) => {
      if (row === fixture.nOrdinary) ofParametersOrdinary = [...ofParameters];
      const result = gradient(number, (D, v) => logProb(D, v.slice(0, d), v.slice(d)), [...x, ...parameters]).gradient;
      ofX.push(...result.slice(0, d).map((g) => g / points.length));
      result.slice(d).forEach((g, i) => (ofParameters[i] += g));
    });
    return { ofX, ofParameters, ofParametersOrdinary };
  }

  /** Every tensor of a file's gradient, ours being sums over `count` rows. */
  function expectEach(expected: Fixture['grad'], actual: number[], count: number): void {
    let start = 0;
    for (const name of names) {
      const { data } = expected[name];
      const ours = actual.slice(start, start + data.length).map((g) => g / count);
      expectOfLargest(ours, data, name);
      start += data.length;
    }
  }
});

function expectRelative(actual: number[], expected: number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const worst = Math.max(...actual.map((a, i) => (a === expected[i] ? 0 : Math.abs(a - expected[i]) / Math.abs(expected[i]))));
  expect(worst).toBeLessThan(tolerance);
}

function expectOfLargest(actual: number[], expected: number[], name = 'gradX'): void {
  expect(actual.length).toBe(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...actual.map((a, i) => Math.abs(a - expected[i]))) / largest;
  expect(worst, name).toBeLessThan(GRADIENT);
}
