import { describe, expect, it } from 'vitest';
import { elementwise, Flow, maps, normal, type SplineMapOptions } from '../../src/index.js';
import { loadSplineFixture, type SplineParameter } from '../fixtures/load.js';
import { Random } from '../reference/random.js';

function flowOf(options: SplineMapOptions, dim = 1): Flow {
  return new Flow({ base: normal(dim), transforms: [elementwise(dim, maps.spline(options))] });
}

describe('by hand', () => {
  // One bin on [0, 1], s = 1, slopes 2 and ½ at its ends, at ξ = ½: N = ¼ + ½ = ¾, D = ½ + ⅝ = 9/8, so x = ⅔;
  // M = ⅛ + ½ + ½ = 9/8, so the slope is 1 / D = 8/9.
  it('a bounded spline of one bin', () => {
    const raw = (slope: number): number => Math.log(Math.expm1(slope - 1e-3));
    const flow = flowOf({ bins: 1, bound: [0, 1], boundary: 'bounded' });
    flow.setParameters([0, 0, raw(2), raw(0.5)]);
    const { x, logDet } = flow.forward([[0.5]]);
    expect(x[0]).toBeCloseTo(2 / 3, 15);
    expect(logDet[0]).toBeCloseTo(Math.log(8 / 9), 15);
    expect(flow.inverse([[2 / 3]]).z[0]).toBeCloseTo(0.5, 15);
  });

  it.each(['linear', 'bounded', 'circular'] as const)('starts as the identity, %s', (boundary) => {
    const flow = flowOf({ boundary });
    const { x, logDet } = flow.forward([[-3], [-1.25], [0.1], [2.999], [3]]);
    [-3, -1.25, 0.1, 2.999, 3].forEach((value, r) => expect(x[r]).toBeCloseTo(value, 14));
    logDet.forEach((value) => expect(value).toBeCloseTo(0, 14));
  });
});

describe('nflows', () => {
  const fixture = loadSplineFixture('rqs_elementwise');
  const { config, x, params, grad } = fixture;
  const flow = flowOf({ bins: config.bins, bound: config.tail_bound });
  const KEYS: SplineParameter[] = ['unnormalized_widths', 'unnormalized_heights', 'unnormalized_derivatives'];
  const rowOf = (tensors: typeof params, r: number): number[] =>
    KEYS.flatMap((key) => {
      const [, width] = tensors[key].shape;
      return tensors[key].data.slice(r * width, (r + 1) * width);
    });
  const near = (actual: number, expected: number, scale: number): void =>
    expect(Math.abs(actual - expected), `${actual}, ${expected}`).toBeLessThanOrEqual(1e-10 * Math.max(1, scale));

  it.each(x.data.map((value, r) => [r, value]))('row %i, x = %d', (r, value) => {
    flow.setParameters(rowOf(params, r));
    const forward = flow.forward([[value]]);
    near(forward.x[0], fixture.y.data[r], 3);
    near(forward.logDet[0], fixture.logabsdet.data[r], 1);
    const inverse = flow.inverse([[value]]);
    near(inverse.z[0], fixture.invOut.data[r], 3);
    near(inverse.logDet[0], fixture.invLogabsdet.data[r], 1);
    const dx = Float64Array.of(0.5 + r / (x.data.length - 1));
    const { dz, dParameters } = flow.forwardVjp([[value]], { dx, dLogDet: Float64Array.of(1) });
    near(dz[0], fixture.gradX.data[r], Math.abs(fixture.gradX.data[r]));
    const expected = rowOf(grad, r);
    const largest = Math.max(...expected.map(Math.abs));
    expected.forEach((gradient, k) => near(dParameters[k], gradient, largest));
  });
});

describe('ends', () => {
  const at = (options: SplineMapOptions): Flow => {
    const flow = flowOf({ bins: 4, ...options });
    flow.setParameters(new Random(3).normals(flow.parameterCount));
    return flow;
  };

  it('linear: the identity outside', () => {
    expect(at({}).forward([[3.5], [-1e300]])).toEqual({ x: Float64Array.of(3.5, -1e300), logDet: Float64Array.of(0, 0) });
  });

  it('bounded: nothing outside', () => {
    const flow = at({ boundary: 'bounded' });
    expect(flow.logProb([[3.5], [-4]])).toEqual(Float64Array.of(-Infinity, -Infinity));
    expect(flow.inverse([[3.5], [-4]]).z).toEqual(Float64Array.of(3, -3));
    expect(flow.forward([[3.5], [-4]])).toEqual({ x: Float64Array.of(3, -3), logDet: Float64Array.of(-Infinity, -Infinity) });
    const seeds = { dz: Float64Array.of(1), dLogDet: Float64Array.of(1) };
    const { dx, dParameters } = flow.inverseVjp([[3.5]], seeds);
    expect([...dx, ...dParameters].every((value) => value === 0)).toBe(true);
    // The density of a standard normal between −3 and 3, moved about: it loses what lies outside, and no more.
    const cells = 20_000;
    const x = Float64Array.from({ length: cells }, (_, i) => -3 + (6 * (i + 0.5)) / cells);
    const mass = flow.logProb(x).reduce((sum, value) => sum + (6 / cells) * Math.exp(value), 0);
    expect(mass).toBeCloseTo(0.9973002039367398, 6);
  });

  it('circular: the same at every turn, and one slope where the ends meet', () => {
    const flow = at({ boundary: 'circular' });
    const [once, again, back] = flow.forward([[1], [7], [-11]]).x;
    expect(again).toBe(once);
    expect(back).toBe(once);
    const { logDet } = flow.forward([[-3], [3]]);
    expect(logDet[0]).toBeCloseTo(logDet[1], 13);
  });

  it('gradients at a knot are those of the bin on its right', () => {
    const flow = flowOf({ bins: 2 });
    flow.setParameters([0, 0, 1, -1, 0.5]); // equal widths: the knot is at 0
    const pull = (z: number): Float64Array => flow.forwardVjp([[z]], { dLogDet: Float64Array.of(1) }).dz;
    expect(pull(0)[0]).toBeCloseTo(pull(1e-9)[0], 6);
    expect(Math.abs(pull(0)[0] - pull(-1e-9)[0])).toBeGreaterThan(0.1);
  });
});

describe('comes back within a hundred roundings times its slope', () => {
  const comesBack = (flow: Flow, z: number): void => {
    const { x, logDet } = flow.forward([[z]]);
    const back = flow.inverse([[x[0]]]).z[0];
    expect(Math.abs(back - z), `z = ${z}`).toBeLessThanOrEqual(100 * Number.EPSILON * 3 * Math.max(1, Math.exp(-logDet[0])));
  };

  it.each([1, 10, 30, 300])('parameters × %i', (size) => {
    const flow = flowOf({ bins: 16 });
    const random = new Random(5);
    for (let k = 0; k < 300; k++) {
      flow.setParameters(random.normals(flow.parameterCount, size));
      comesBack(flow, 6 * random.uniform() - 3);
    }
  });

  it('where logits overflow, were they not taken from the largest', () => {
    const flow = flowOf({ bins: 3 });
    flow.setParameters([700, -700, 0, -900, 900, 0, 800, -800]);
    for (const z of [-2, 0, 2.99]) comesBack(flow, z);
  });
});

it('travels through a file', () => {
  const map = maps.spline({ bins: 3, bound: [-1, 2], boundary: 'bounded', minWidth: 0.1, logitScale: 0.5 });
  const flow = new Flow({ base: normal(2), transforms: [elementwise(2, map)], seed: 3 });
  const again = Flow.load(flow.save());
  expect(again.forward([[0.5, -0.5]])).toEqual(flow.forward([[0.5, -0.5]]));
  expect(again.transforms[0].describe()).toEqual(flow.transforms[0].describe());
});

it.each([
  [{ bins: 0 }, 'maps.spline: bins must be an integer of at least 1; got 0.'],
  [{ bound: 0 }, 'maps.spline: bound must be positive and finite; got 0.'],
  [{ bound: NaN }, 'maps.spline: bound must be positive and finite; got NaN.'],
  [{ bound: [2, 1] }, 'maps.spline: bound must be [low, high] with low below high, both finite; got [2, 1].'],
  [{ minWidth: 0.2, bins: 5 }, 'maps.spline: minWidth times bins must be below 1; got 0.2 · 5 = 1.'],
  [{ minHeight: 0 }, 'maps.spline: minHeight must be positive and finite; got 0.'],
  [{ minDerivative: 0 }, 'maps.spline: minDerivative must be between 0 and 1; got 0.'],
  [{ minDerivative: 1 }, 'maps.spline: minDerivative must be between 0 and 1; got 1.'],
  [{ logitScale: -1 }, 'maps.spline: logitScale must be positive and finite; got -1.'],
] as [SplineMapOptions, string][])('refuses %o', (options, message) => {
  expect(() => maps.spline(options)).toThrow(new RangeError(message));
});

it('refuses bins finer than rounding, another boundary, and options it does not know', () => {
  expect(() => maps.spline({ bound: [1e9, 1e9 + 1e-3] })).toThrow(/^maps\.spline: minWidth must be at least /);
  expect(() => maps.spline({ boundary: 'open' as 'linear' })).toThrow(/^maps\.spline: boundary must be /);
  expect(() => maps.spline({ bound: '3' as unknown as number })).toThrow(TypeError);
  expect(() => maps.spline({ tails: 'linear' } as SplineMapOptions)).toThrow(TypeError);
});
