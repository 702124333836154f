import { describe, expect, it } from 'vitest';
import { Flow, normal, sylvester, type SylvesterOptions } from '../../src/index.js';
import { number } from '../reference/algebra.js';
import { jacobian, logAbsDet } from '../reference/dual.js';
import { Random } from '../reference/random.js';
import { count, forward, fromVector, inverse, type Shape } from '../reference/sylvester.js';

const flowOf = (dim: number, options: SylvesterOptions, seed = 1): Flow =>
  new Flow({ base: normal(dim), transforms: [sylvester(dim, options)], seed });

describe('sylvester', () => {
  // By hand, with Q = I, R₁ = [[½, 1], [0, −½]], R₂ = [[½, 2], [0, ½]] (½ = tanh(atanh ½)) and b = 0. At z = (−2/10, 1):
  // y = z, a₂ = ½, a₁ = −1/10 + 2 = 1.9; h = tanh a = (0.956237458127739, 0.462117157260010).
  // g₁ = h₁/2 + h₂ = 0.940235886323879, g₂ = −h₂/2 = −0.231058578630005.
  // s = 1 − h² = (0.085609923672, 0.786447732966); ln det = ln(1 + s₁/4) + ln(1 − s₂/4).
  it('gives a number worked by hand', () => {
    const flow = flowOf(2, { kind: 'triangular' });
    const half = Math.atanh(0.5);
    flow.setParameters({ 'transforms.0.r1': [half, 1, -half], 'transforms.0.r2': [half, 2, half], 'transforms.0.b': [0, 0] });
    const { x, logDet } = flow.forward([[-0.2, 1]]);
    expect(x[0]).toBeCloseTo(-0.2 + 0.940235886323879, 14);
    expect(x[1]).toBeCloseTo(1 - 0.231058578630005, 14);
    expect(logDet[0]).toBeCloseTo(HAND_LOG_DET, 14);
    const back = flow.inverse(x);
    expect(back.z[0]).toBeCloseTo(-0.2, 14);
    expect(back.z[1]).toBeCloseTo(1, 14);
    expect(back.logDet[0]).toBeCloseTo(-HAND_LOG_DET, 14);
  });

  it('turns with the first columns of H₁ H₀', () => {
    // v₀ = e₁ − e₂ swaps the two features, v₁ = e₁ changes the first one's sign: Q e₁ = H₁ e₂ = e₂.
    const flow = flowOf(2, { kind: 'householder', reflections: 2 });
    const v = [1, -1, 3, 0];
    flow.setParameters([9, 0, 9, 9, 0, 0, 0, 0, ...v]);
    const { x } = flow.forward([[5, 40]]);
    expect(x[0]).toBeCloseTo(5, 14); // (R₂)₂₂ = 0
    expect(x[1]).toBeCloseTo(41, 6);
  });

  it('names its parameters r1, r2, b, v', () => {
    const shapes = (options: SylvesterOptions): [string, number][] =>
      Object.entries(flowOf(4, options).namedParameters()).map(([name, { length }]) => [
        name.slice('transforms.0.'.length),
        length,
      ]);
    expect(shapes({ kind: 'orthogonal', rank: 2 })).toEqual([
      ['r1', 3],
      ['r2', 3],
      ['b', 2],
      ['v', 8],
    ]);
    expect(shapes({ kind: 'orthogonal' })).toEqual([
      ['r1', 10],
      ['r2', 10],
      ['b', 4],
      ['v', 16],
    ]);
    expect(shapes({ kind: 'householder', reflections: 5 })).toEqual([
      ['r1', 10],
      ['r2', 10],
      ['b', 4],
      ['v', 20],
    ]);
    expect(shapes({ kind: 'triangular' })).toEqual([
      ['r1', 10],
      ['r2', 10],
      ['b', 4],
    ]);
  });

  it('starts within the ranges it documents, b = 0, and near the identity', () => {
    for (let seed = 0; seed < 20; seed++) {
      const flow = flowOf(4, { kind: 'orthogonal', rank: 2 }, seed);
      const { 'transforms.0.r1': r1, 'transforms.0.r2': r2, 'transforms.0.b': b, 'transforms.0.v': v } = flow.namedParameters();
      expect(Math.max(...r1.map(Math.abs))).toBeLessThan(0.1);
      expect(Math.max(...r2.map(Math.abs))).toBeLessThan(1);
      expect(Math.max(...v.map(Math.abs))).toBeLessThan(1);
      expect([...b]).toEqual([0, 0]);
      expect(Math.hypot(...flow.forward([[0.5, -1, 2, 0]]).x.map((value, j) => value - [0.5, -1, 2, 0][j]))).toBeLessThan(0.4);
    }
  });

  // Published implementations take ln |1 + h′ r₁ r₂| literally: with raw diagonals of ±20 that is ln 0 where this is −35.
  it.each([
    [20, -20, Math.log(4) - 40],
    [400, -400, Math.log(4) - 800],
    [-400, 390, Math.log(2) - 780 + Math.log1p(Math.exp(-20))],
  ])('keeps the log-determinant of raw diagonals %d, %d, where 1 + r₁ r₂ is lost', (p, q, expected) => {
    const flow = flowOf(1, { kind: 'triangular' });
    flow.setParameters([p, q, 0]);
    expect(Math.abs(flow.forward([[0]]).logDet[0] / expected - 1)).toBeLessThan(4 * Number.EPSILON);
    expect(Math.abs(flow.inverse([[0]]).logDet[0] / expected + 1)).toBeLessThan(4 * Number.EPSILON);
  });

  it('reverses the features of the triangular kind', () => {
    const [plain, reversed] = [false, true].map((flag) => flowOf(3, { kind: 'triangular', reversed: flag }));
    const parameters = new Random(3).normals(15);
    for (const flow of [plain, reversed]) flow.setParameters(parameters);
    const a = plain.forward([[1, 2, 3]]);
    const b = reversed.forward([[3, 2, 1]]);
    expect([...b.x].reverse()).toEqual([...a.x]);
    expect(b.logDet).toEqual(a.logDet);
  });

  it('survives a file', () => {
    for (const options of [
      { kind: 'orthogonal', rank: 2 },
      { kind: 'householder', reflections: 3 },
      { kind: 'triangular', reversed: true },
    ] as const) {
      const flow = flowOf(3, options, 7);
      expect(Flow.load(flow.save()).forward([[1, 2, 3]])).toEqual(flow.forward([[1, 2, 3]]));
    }
  });

  it('refuses what is no layer', () => {
    const make = (dim: unknown, options: unknown) => () => sylvester(dim as number, options as SylvesterOptions);
    expect(make(0, { kind: 'triangular' })).toThrow(/^sylvester: dim must be an integer of at least 1; got 0/);
    expect(make(2, undefined)).toThrow(/^sylvester: kind must be 'orthogonal', 'householder' or 'triangular'; got undefined/);
    expect(make(2, { kind: 'planar' })).toThrow(/^sylvester: kind must be .*; got 'planar'/);
    expect(make(2, { kind: 'orthogonal', rank: 3 })).toThrow(/^sylvester: rank must be at most dim, 2; got 3/);
    expect(make(2, { kind: 'orthogonal', rank: 0.5 })).toThrow(RangeError);
    expect(make(2, { kind: 'orthogonal', reflections: 2 })).toThrow(
      /^sylvester: options must be among kind, rank; got 'reflections'/,
    );
    expect(make(2, { kind: 'householder', reflections: 0 })).toThrow(RangeError);
    expect(make(2, { kind: 'triangular', reversed: 1 })).toThrow(TypeError);
  });

  it('refuses a reflection without a direction before anything is written', () => {
    const flow = flowOf(2, { kind: 'orthogonal', rank: 1 });
    const before = flow.getParameters();
    expect(() => flow.setParameters([1, 1, 0, 0, 0])).toThrow(/transforms.0: v must hold no row that is 0/);
    expect(() => flow.setParameters([1, 1, 0, 1e-170, 0])).toThrow(/in row 0/);
    expect(() => flow.setParameters([1, 1, 0, 1e160, 0])).toThrow(RangeError);
    expect(flow.getParameters()).toEqual(before);
  });
});

/** ln(1 + s₁/4) + ln(1 − s₂/4) of the case by hand. */
const HAND_LOG_DET = -0.197740746424554;

// What sixty digits take too long for: against dual numbers in float64, with weights as large as training makes them.
const WEIGHTY: { dim: number; options: SylvesterOptions; weight: number }[] = [
  { dim: 17, options: { kind: 'householder', reflections: 8 }, weight: 1 },
  { dim: 16, options: { kind: 'orthogonal', rank: 16 }, weight: 1 },
  { dim: 8, options: { kind: 'triangular', reversed: true }, weight: 3 },
  { dim: 8, options: { kind: 'orthogonal', rank: 5 }, weight: 5 },
];

function shapeOf(dim: number, options: SylvesterOptions): Shape {
  if (options.kind === 'triangular') return { dim, rank: dim, reflections: 0, reversed: options.reversed };
  if (options.kind === 'householder') return { dim, rank: dim, reflections: options.reflections! };
  return { dim, rank: options.rank!, reflections: options.rank! };
}

describe.each(WEIGHTY)('sylvester, $options.kind, d $dim, weights of $weight', ({ dim, options, weight }) => {
  const shape = shapeOf(dim, options);
  const random = new Random(dim);
  const parameters = random.normals(count(shape), weight);
  const flow = flowOf(dim, options);
  flow.setParameters(parameters);
  const z = random.normals(dim, 2);
  const seed = random.normals(dim + 1);

  it('keeps ln |det J| of its own Jacobian', () => {
    const matrix = jacobian(number, (D, point) => forward(D, point, fromVector(parameters.map(D.from), shape)).x, z);
    const { logDet } = flow.forward([z]);
    expect(Math.abs(logDet[0] - logAbsDet(number, matrix))).toBeLessThanOrEqual(1e-11 * Math.max(1, Math.abs(logDet[0])));
  });

  it('agrees in values and gradients of both directions', () => {
    const { x, logDet } = flow.forward([z]);
    const back = flow.inverse(x);
    near(x, forward(number, z, fromVector(parameters, shape)).x, 1e-12);
    near([logDet[0]], [forward(number, z, fromVector(parameters, shape)).logDet], 1e-11);
    near([back.logDet[0]], [inverse(number, [...x], fromVector(parameters, shape)).logDet], 1e-9);
    near(back.z, z, 1e-10);
    const dLogDet = Float64Array.of(seed[dim]);
    const out = Float64Array.from(seed.slice(0, dim));
    const there = flow.forwardVjp(Float64Array.from(z), { dx: out, dLogDet });
    const expected = pull((D, point, all) => {
      const result = forward(D, point, fromVector(all, shape));
      return [...result.x, result.logDet];
    }, z);
    near(there.dz, expected.slice(0, dim), 1e-10);
    near(there.dParameters, expected.slice(dim), 1e-10);
    const again = flow.inverseVjp(x, { dz: out, dLogDet });
    const expectedBack = pull(
      (D, point, all) => {
        const result = inverse(D, point, fromVector(all, shape));
        return [...result.z, result.logDet];
      },
      [...x],
    );
    near(again.dx, expectedBack.slice(0, dim), 1e-9);
    near(again.dParameters, expectedBack.slice(dim), 1e-9);
  });

  function pull(map: MapOfDuals, point: readonly number[]): number[] {
    const matrix = jacobian(number, (D, all) => map(D, all.slice(0, dim), all.slice(dim)), [...point, ...parameters]);
    return matrix[0].map((_, column) => matrix.reduce((sum, entries, i) => sum + seed[i] * entries[column], 0));
  }
});

type MapOfDuals = <T>(D: Parameters<typeof forward<T>>[0], point: T[], parameters: T[]) => T[];

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance: number): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  expected.forEach((value, i) =>
    expect(Math.abs(actual[i] - value), `${i}: ${actual[i]}, ${value}`).toBeLessThanOrEqual(tolerance * scale),
  );
}
