import { describe, expect, it } from 'vitest';
import { actNorm, energies, fitToTarget, Flow, normal, planar, standardize } from '../../src/index.js';
import { decimal, toNumbers, vector } from '../reference/algebra.js';
import { fromData } from '../reference/act-norm.js';
import { Random } from '../reference/random.js';

describe.each([
  { name: 'actNorm', make: actNorm },
  { name: 'standardize', make: standardize },
])('$name', ({ name, make }) => {
  // By hand: z = (2 · 3 + 1, ½ · 4 − 1).
  it('gives numbers worked by hand', () => {
    const flow = new Flow({ base: normal(2), transforms: [make(2)] });
    flow.setParameters([Math.LN2, -Math.LN2, 1, -1, 1]);
    const { z, logDet } = flow.inverse([[3, 4]]);
    expect(z[0]).toBeCloseTo(7, 14);
    expect(z[1]).toBeCloseTo(1, 14);
    expect(logDet[0]).toBeCloseTo(0, 15);
  });

  it('starts as the identity, not initialized', () => {
    const flow = new Flow({ base: normal(2), transforms: [make(2)], seed: 4 });
    expect(flow.forward([[1, 2]])).toEqual({ x: Float64Array.of(1, 2), logDet: Float64Array.of(-0) });
    expect(flow.namedParameters()['transforms.0.initialized']).toEqual(Float64Array.of(0));
  });

  // By hand: column 0 has mean 1 and deviation √2, column 1 mean 20 and deviation 10 √2.
  it('data set it up once: mean 0, variance 1', () => {
    const transform = make(2);
    const flow = new Flow({ base: normal(2), transforms: [transform] });
    const rows = Float64Array.of(0, 10, 2, 30);
    const parameters = transform.initializeFromData(rows, flow.getParameters())!;
    const expected = [-Math.log(2) / 2, -Math.log(200) / 2, -1 / Math.SQRT2, -20 / Math.sqrt(200), 1];
    expected.forEach((value, k) => expect(parameters[k]).toBeCloseTo(value, 14));
    flow.setParameters(parameters);
    flow.inverse(rows).z.forEach((value, k) => expect(value).toBeCloseTo(k < 2 ? -Math.SQRT1_2 : Math.SQRT1_2, 14));
    expect(transform.initializeFromData(rows, parameters)).toBeUndefined();
  });

  it('agrees with sixty digits to 1e-14, far from 0, tiny and huge', () => {
    const random = new Random(3);
    const rows = Array.from({ length: 50 }, () => [
      1e6 + random.normals(1)[0],
      1e-200 * random.uniform(),
      random.normals(1, 1e200)[0],
    ]);
    const exact = fromData(
      decimal,
      rows.map((row) => vector(decimal, row)),
    );
    const initial = make(3).initializeFromData(Float64Array.from(rows.flat()), new Float64Array(7))!;
    [...toNumbers(decimal, exact.logScale), ...toNumbers(decimal, exact.shift)].forEach((value, k) => {
      expect(Math.abs(initial[k] - value)).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(value)));
    });
  });

  it('weights are like repeated rows, to 1e-14; equal ones are none, to the bit', () => {
    const random = new Random(5);
    const rows = Array.from({ length: 20 }, () => [1e3 + random.normals(1)[0], random.uniform()]);
    const set = (rows: number[][], weights?: Float64Array): Float64Array =>
      make(2).initializeFromData(Float64Array.from(rows.flat()), new Float64Array(5), weights)!;
    const counts = Float64Array.from(rows, (_, i) => 1 + (i % 3));
    const expected = set(rows.flatMap((row, i) => Array.from({ length: counts[i] }, () => row)));
    for (const scale of [1, 1e-12, 1e200]) {
      set(
        rows,
        counts.map((count) => scale * count),
      ).forEach((value, k) => {
        expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(expected[k])));
      });
    }
    expect(set(rows, new Float64Array(20).fill(1))).toEqual(set(rows));
  });

  it('refuses data that do not determine it', () => {
    const none = new Float64Array(5);
    expect(() => make(2).initializeFromData(Float64Array.of(1, 0.1, 2, 0.1, 3, 0.1), none)).toThrow(
      new RangeError(`${name}: column 1 must vary; got 0.1 in every row.`),
    );
    expect(() => make(2).initializeFromData(Float64Array.of(1, 2), none)).toThrow(
      new RangeError(`${name}: data must hold at least two rows; got 1.`),
    );
  });

  it('refuses dim 0, a scale that is no normal number, and a half initialized', () => {
    expect(() => make(0)).toThrow(new RangeError(`${name}: dim must be an integer of at least 1; got 0.`));
    const flow = new Flow({ base: normal(1), transforms: [make(1)] });
    expect(() => flow.setParameters([701, 0, 1])).toThrow(/logScale must lie in \[−700, 700\]; got 701\.$/);
    expect(() => flow.setParameters([1, 0, 0.5])).toThrow(/initialized must be 0 or 1; got 0\.5\.$/);
  });

  it('comes back from a file', () => {
    const flow = new Flow({ base: normal(1), transforms: [make(1)] });
    flow.setParameters([0.5, 2, 1]);
    const loaded = Flow.load(flow.save());
    expect(loaded.transforms[0].describe()).toEqual({ type: name, dim: 1 });
    expect(loaded.getParameters()).toEqual(Float64Array.of(0.5, 2, 1));
  });
});

describe('what is trained', () => {
  it.each([
    { make: actNorm, trained: true },
    { make: standardize, trained: false },
  ])('$make.name: $trained', async ({ make, trained }) => {
    const flow = new Flow({ base: normal(2), transforms: [planar(2), make(2)], seed: 1 });
    flow.setParameters({ 'transforms.1.logScale': [0.1, 0.2], 'transforms.1.shift': [1, 2], 'transforms.1.initialized': [1] });
    const before = flow.namedParameters();
    const { dParameters } = flow.logProbAndGradient([[1, 2]]);
    expect(dParameters.subarray(-5, -1).every((value) => value === 0)).toBe(!trained);
    expect(dParameters.at(-1)).toBe(0);
    expect(dParameters.subarray(0, 5).every((value) => value !== 0)).toBe(true);
    await fitToTarget(flow, energies.u1, { steps: 20, batchSize: 64 });
    const after = flow.namedParameters();
    expect(after['transforms.1.initialized']).toEqual(Float64Array.of(1));
    expect(after['transforms.0.w']).not.toEqual(before['transforms.0.w']);
    for (const name of ['transforms.1.logScale', 'transforms.1.shift']) {
      if (trained) expect(after[name]).not.toEqual(before[name]);
      else expect(after[name]).toEqual(before[name]);
    }
  });
});
