import { describe, expect, it } from 'vitest';
import { affine, Flow, FlowFileError, normal, planar, radial, SafetensorsError, type Transform } from '../../src/index.js';
import { LogDet } from '../../src/program/recorder.js';
import { encodeSafetensors } from '../../src/io/safetensors.js';
import { arena } from '../../src/runtime/memory.js';
import { number } from '../reference/algebra.js';
import * as chain from '../reference/chain.js';
import * as normalReference from '../reference/normal.js';
import { Random } from '../reference/random.js';
import { layersOf, randomCase, transformsOf } from '../laws/cases.js';

const LAW = randomCase('', ['planar', 'radial', 'affine', 'planar'], 3, 5);

function lawFlow(): Flow {
  const flow = new Flow({ base: normal(3), transforms: transformsOf(LAW), seed: 9 });
  flow.setParameters(LAW.parameters.flat());
  return flow;
}

const x = Float64Array.from(new Random(1).normals(60));

const bytesOf = ({ buffer, byteOffset, byteLength }: Float64Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

describe('densities', () => {
  it('logProb is the base density at the origin of x, plus the log-determinant', () => {
    const flow = lawFlow();
    const layers = layersOf(LAW, LAW.parameters.flat());
    const logProb = flow.logProb(x);
    for (let r = 0; r < 20; r++) {
      const expected = chain.logProb(number, [...x.subarray(3 * r, 3 * r + 3)], layers, (z) =>
        normalReference.logProb(number, z, normalReference.standard(number, 3)),
      );
      expect(Math.abs(logProb[r] - expected)).toBeLessThan(1e-10 * Math.max(1, Math.abs(expected)));
    }
  });

  it('takes float32 rows as the doubles that they are', () => {
    const flow = lawFlow();
    const single = Float32Array.from(x);
    expect(flow.logProb(single)).toEqual(flow.logProb(Float64Array.from(single)));
    expect(() => flow.logProb(new Float32Array(4))).toThrow('Flow.logProb: x must hold rows of dim 3; got length 4.');
    expect(() => flow.logProb(new Int32Array(3) as never)).toThrow('must be a Float64Array, a Float32Array or an array of rows');
  });

  it('names the row and the column of a number that is not finite', () => {
    const flow = lawFlow();
    const message = 'Flow.logProb: x must be finite; got NaN in row 1, column 2, counted from 0.';
    for (const rows of [
      [
        [0, 0, 0],
        [0, 0, NaN],
      ],
      Float64Array.of(0, 0, 0, 0, 0, NaN),
      Float32Array.of(0, 0, 0, 0, 0, NaN),
    ])
      // prettier-ignore
      expect(() => flow.logProb(rows)).toThrow(new RangeError(message));
    expect(() => flow.forward([[Infinity, 0, 0]])).toThrow('Flow.forward: z must be finite; got Infinity in row 0, column 0,');
  });

  it('is one density: its integral is 1', () => {
    const flow = new Flow({ base: normal(1), transforms: [planar(1), radial(1), planar(1)], seed: 3 });
    const grid = Float64Array.from({ length: 40_001 }, (_, k) => (k - 20_000) / 1000);
    const integral = flow.logProb(grid).reduce((sum, value) => sum + Math.exp(value) / 1000, 0);
    expect(integral).toBeCloseTo(1, 6); // the radial layer's density has a cusp
  });

  it('sampleAndLogProb gives the density of its samples', () => {
    const flow = lawFlow();
    const { x: samples, logProb } = flow.sampleAndLogProb(500, { seed: 4 });
    flow
      .logProb(samples)
      .forEach((value, r) => expect(Math.abs(value - logProb[r])).toBeLessThan(1e-9 * Math.max(1, Math.abs(value))));
    expect(flow.sample(500, { seed: 4 })).toEqual(samples);
  });

  it('the score is the derivative of logProb, and the parameters follow the weights', () => {
    const flow = lawFlow();
    const weights = Float64Array.from(new Random(2).normals(20));
    const { logProb, dx, dParameters } = flow.logProbAndGradient(x, { weights });
    expect(logProb).toEqual(flow.logProb(x));
    expect(dx).toEqual(flow.logProbAndGradient(x).dx); // weights are for the parameters alone
    const h = 1e-5;
    for (let i = 0; i < 12; i++) {
      const at = (t: number): number => flow.logProb(x.map((value, j) => (j === i ? value + t : value)))[Math.floor(i / 3)];
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - dx[i])).toBeLessThan(1e-6 * Math.max(1, Math.abs(dx[i])));
    }
    const parameters = flow.getParameters();
    const weighted = (): number => flow.logProb(x).reduce((sum, value, r) => sum + weights[r] * value, 0);
    parameters.forEach((_, k) => {
      const at = (t: number): number => {
        flow.setParameters(parameters.map((value, j) => (j === k ? value + t : value)));
        return weighted();
      };
      expect(Math.abs((at(h) - at(-h)) / (2 * h) - dParameters[k])).toBeLessThan(1e-6 * Math.max(1, Math.abs(dParameters[k])));
    });
  });

  it('check is tiny for a right flow, and takes rows of any kind', () => {
    const flow = lawFlow();
    const { worstRoundTrip, worstLogDet, rows } = flow.check(flow.sample(200));
    expect(rows).toBe(200);
    expect(worstRoundTrip).toBeLessThan(1e-11);
    expect(worstLogDet).toBeLessThan(1e-9);
    expect(worstRoundTrip).toBeGreaterThan(0);
    expect(flow.check([[1, 2, 3]]).rows).toBe(1);
    expect(flow.check(new Float64Array(0))).toEqual({ worstRoundTrip: 0, worstLogDet: 0, rows: 0 });
  });

  it('check reports a wrong log-determinant, and a wrong inverse', () => {
    const right = affine(2);
    const withInverse = (recordInverse: Transform['recordInverse']): Flow => {
      const wrong: Transform = {
        dim: 2,
        parameters: right.parameters,
        describe: () => right.describe(),
        initialize: (uniforms) => right.initialize(uniforms),
        validate: (where, values) => right.validate(where, values),
        recordForward: (...all) => right.recordForward(...all),
        recordInverse,
      };
      const flow = new Flow({ base: normal(2), transforms: [planar(2), wrong], seed: 1 });
      flow.setParameters({ 'transforms.1.shift': [1, 2], 'transforms.1.logScale': [0.25, 0.5] });
      return flow;
    };
    const rows = [
      [0.5, -1],
      [2, 3],
    ];
    const same = withInverse((...all) => right.recordInverse(...all)).check(rows);
    expect(same.worstLogDet).toBeLessThan(1e-13);
    expect(same.worstRoundTrip).toBeLessThan(1e-13);

    // Its −Σ logScale goes to a log-determinant that nobody asks for.
    const lost = withInverse((recorder, x, parameters) => right.recordInverse(recorder, x, parameters, new LogDet(recorder)));
    const { worstLogDet, worstRoundTrip } = lost.check(rows);
    expect(worstLogDet).toBeCloseTo(0.75, 12);
    expect(worstRoundTrip).toBeLessThan(1e-13);

    // With the scale for the shift, it maps another point there.
    const moved = withInverse((recorder, x, { logScale }, logDet) =>
      right.recordInverse(recorder, x, { shift: logScale, logScale }, logDet),
    );
    expect(moved.check(rows).worstRoundTrip).toBeGreaterThan(0.7);
  });
});

describe('samples', () => {
  it('follow the flow: a planar flow of one dimension, against its own density', () => {
    const flow = new Flow({ base: normal(1), transforms: [planar(1), planar(1)], seed: 2 });
    const n = 100_000;
    const sorted = flow.sample(n).sort();
    // P(x < q) by the density, at the quantiles of the samples
    const grid = Float64Array.from({ length: 20_001 }, (_, k) => (k - 10_000) / 1000);
    const density = flow.logProb(grid).map(Math.exp);
    let cdf = 0;
    let below = 0;
    let worst = 0;
    grid.forEach((q, k) => {
      if (k > 0) cdf += (density[k - 1] + density[k]) / 2000;
      while (below < n && sorted[below] < q) below++;
      worst = Math.max(worst, Math.abs(cdf - below / n));
    });
    expect(worst * Math.sqrt(n)).toBeLessThan(2.2);
  });

  it('a seed gives the same rows, and fewer rows are a prefix of more', () => {
    const flow = lawFlow();
    const long = flow.sample(1000, { seed: 7 });
    for (const n of [0, 1, 2, 3, 33, 129]) expect(flow.sample(n, { seed: 7 })).toEqual(long.slice(0, 3 * n));
    expect(flow.sample(1000, { seed: 8 })).not.toEqual(long);
    expect(flow.sample(1000, { seed: 7n })).toEqual(long);
    expect(flow.sample(10, { seed: 2n ** 64n - 1n })).toHaveLength(30);
  });

  it('without a seed, successive calls differ, and a flow of the same seed repeats them', () => {
    const [a, b] = [lawFlow(), lawFlow()];
    const first = a.sample(5);
    const second = a.sampleAndLogProb(5).x;
    expect(first).not.toEqual(second);
    expect(b.sample(5)).toEqual(first);
    expect(b.sample(5)).toEqual(second);
  });

  it('streams millions of rows through a bounded memory', () => {
    const flow = new Flow({ base: normal(1), transforms: [planar(1)], seed: 1 });
    const n = 3_000_000;
    flow.sample(1_000_000, { seed: 1 });
    const before = arena().f64.byteLength;
    const long = flow.sample(n, { seed: 1 });
    const { logDet } = flow.inverse(long);
    expect(arena().f64.byteLength).toBe(before);
    for (const r of [0, 1, 999_999, 2_999_998, 2_999_999]) {
      expect(flow.inverse(long.slice(r, r + 1)).logDet[0]).toBe(logDet[r]);
    }
    expect(flow.sample(2, { seed: 1 })).toEqual(long.slice(0, 2));
  });
});

describe('batches', () => {
  it.each([0, 1, 2, 3, 1000])('%i rows', (n) => {
    const flow = lawFlow();
    const z = Float64Array.from(new Random(n).normals(3 * n));
    const { x: image, logDet } = flow.forward(z);
    expect([image.length, logDet.length, flow.logProb(image).length, flow.sample(n).length]).toEqual([3 * n, n, n, 3 * n]);
    const { dz, dParameters } = flow.forwardVjp(z, { dLogDet: new Float64Array(n).fill(1) });
    expect([dz.length, dParameters.length]).toEqual([3 * n, flow.parameterCount]);
    if (n === 0) expect(dParameters).toEqual(new Float64Array(flow.parameterCount));
  });

  it('takes arrays of rows, typed or not', () => {
    const flow = lawFlow();
    const rows = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const flat = flow.logProb(Float64Array.from(rows.flat()));
    expect(flow.logProb(rows)).toEqual(flat);
    expect(flow.logProb(rows.map((row) => Float32Array.from(row)))).toEqual(flat);
  });

  it('fills `out`, which may be the input', () => {
    const flow = lawFlow();
    const expected = flow.forward(x);
    const out = new Float64Array(60);
    expect(flow.forward(x, { out }).x).toBe(out);
    expect(out).toEqual(expected.x);
    const inPlace = x.slice();
    flow.forward(inPlace, { out: inPlace });
    expect(inPlace).toEqual(expected.x);
    const logProb = new Float64Array(20);
    expect(flow.logProb(x, { out: logProb })).toBe(logProb);
    const samples = new Float64Array(6);
    expect(flow.sampleAndLogProb(2, { out: samples }).x).toBe(samples);
  });

  it('an `out` that overlaps a long input gives what one apart does', () => {
    const flow = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
    const n = 500_000;
    const rows = flow.sample(n, { seed: 1 });
    const expected = flow.forward(rows);
    for (const [from, to] of [
      [0, 2],
      [2, 0],
      [1, 0],
    ]) {
      const buffer = new Float64Array(2 * n + 2);
      buffer.set(rows, from);
      const { x, logDet } = flow.forward(buffer.subarray(from, from + 2 * n), { out: buffer.subarray(to, to + 2 * n) });
      expect(Buffer.compare(bytesOf(x), bytesOf(expected.x))).toBe(0);
      expect(Buffer.compare(bytesOf(logDet), bytesOf(expected.logDet))).toBe(0);
    }
    const density = flow.logProb(rows);
    for (const at of [n, 0, 7]) {
      const buffer = rows.slice();
      const logProb = flow.logProb(buffer, { out: buffer.subarray(at, at + n) });
      expect(Buffer.compare(bytesOf(logProb), bytesOf(density))).toBe(0);
    }
    flow.dispose();
  });

  it('results are the caller’s own', () => {
    const flow = lawFlow();
    const first = flow.forward(x).x;
    const copy = first.slice();
    flow.forward(x.map((value) => value + 1));
    expect(first).toEqual(copy);
  });
});

describe('parameters', () => {
  it('go out and in, whole or by name', () => {
    const flow = lawFlow();
    const vector = flow.getParameters();
    expect(vector).toEqual(Float64Array.from(LAW.parameters.flat()));
    vector[0] = 99; // a copy
    expect(flow.getParameters()[0]).not.toBe(99);
    flow.setParameters({ 'transforms.0.b': [0.25], 'transforms.2.shift': Float32Array.of(1, 2, 3) });
    expect(flow.namedParameters()['transforms.0.b']).toEqual(Float64Array.of(0.25));
    expect(flow.namedParameters()['transforms.2.shift']).toEqual(Float64Array.of(1, 2, 3));
    const gradient = flow.logProbAndGradient(x).dParameters;
    expect(Object.values(flow.namedParameters(gradient)).flatMap((part) => [...part])).toEqual([...gradient]);
  });

  it('a call after a change sees the change', () => {
    const flow = lawFlow();
    const before = flow.logProb(x);
    flow.setParameters({ 'transforms.0.u': [1, 1, 1] });
    expect(flow.logProb(x)).not.toEqual(before);
    flow.setParameters(LAW.parameters.flat());
    expect(flow.logProb(x)).toEqual(before);
  });

  it('the seed alone decides the initial ones', () => {
    const make = (seed: number): Float64Array =>
      new Flow({ base: normal(2), transforms: [planar(2), radial(2)], seed }).getParameters();
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });
});

describe('files', () => {
  it('come back exactly', () => {
    const base = normal(3, { location: [1, 2, 3], logScale: -0.5, trainable: true });
    const flow = new Flow({ base, transforms: [...transformsOf(LAW)], seed: 2n ** 63n });
    const again = Flow.load(flow.save());
    expect(again.getParameters()).toEqual(flow.getParameters());
    expect(again.seed).toBe(2n ** 63n);
    expect(again.logProb(x)).toEqual(flow.logProb(x));
    expect(again.sample(3)).toEqual(flow.sample(3));
    expect(again.save()).toEqual(flow.save());
  });

  it('refuses what is not a flow', () => {
    const bytes = lawFlow().save();
    expect(() => Flow.load(new Uint8Array(0))).toThrow(SafetensorsError);
    expect(() => Flow.load(new Uint8Array(0))).toThrow(/^Flow\.load: bytes must be a safetensors file; got: /);
    expect(() => Flow.load(bytes.slice(0, bytes.length - 1))).toThrow(SafetensorsError);
    expect(() => Flow.load(new TextEncoder().encode('not a flow at all'))).toThrow(SafetensorsError);
    expect(() => Flow.load('path.safetensors' as never)).toThrow(TypeError);
    const text = new TextDecoder('latin1').decode(bytes);
    const swap = (from: string, to: string): Uint8Array =>
      Uint8Array.from(text.replace(from, to), (character) => character.charCodeAt(0));
    expect(text).toContain('planar');
    expect(() => Flow.load(swap('planar', 'planet'))).toThrow(FlowFileError);
    expect(() => Flow.load(swap('transforms.0.u', 'transforms.0.v'))).toThrow(FlowFileError);
  });
});

/** What `save` would have written for another architecture, with the tensors of `flow`. */
function fileOf(flow: Flow, base: object, transforms: readonly object[]): Uint8Array {
  const tensors = Object.entries(flow.namedParameters()).map(([name, data]) => [name, { shape: [data.length], data }]);
  const architecture = JSON.stringify({ base, transforms, seed: '1' });
  return encodeSafetensors(Object.fromEntries(tensors), { format: 'normalizing-flows', formatVersion: '1', architecture });
}

describe('files that promise more than they hold', () => {
  const small = new Flow({ base: normal(2), transforms: [planar(2), radial(2)], seed: 1 });
  const types = ['planar', 'radial'];
  const layers = (dim: unknown): object[] => types.map((type) => ({ type, dim }));
  const long = { length: 3e8 };

  it('the same file with the right numbers loads', () => {
    const file = fileOf(small, { type: 'normal', dim: 2, location: [1, 2], logScale: [0, 1], trainable: false }, layers(2));
    expect(Flow.load(file).getParameters()).toEqual(small.getParameters());
  });

  it.each<[string, object, object[], RegExp]>([
    [
      'a dim of 50 million',
      { type: 'normal', dim: 5e7 },
      layers(5e7),
      /'transforms.0.u' of length 50000000; got one of length 2\.$/,
    ],
    ['a dim of 300 million', { type: 'normal', dim: 3e8 }, layers(3e8), /'transforms.0.u' of length 300000000; got one of/],
    ['the base alone', { type: 'normal', dim: 3e8 }, layers(2), /base dim must be the transforms', 2; got 300000000\.$/],
    [
      'a chain',
      { type: 'normal', dim: 3e8 },
      [{ type: 'chain', transforms: layers(3e8) }],
      /'transforms.0.0.u' of length 300000000; got none\.$/,
    ],
    ['no transforms', { type: 'normal', dim: 3e8 }, [], /transforms must be an array of at least one; got Array of length 0\.$/],
    [
      'an array-like location',
      { type: 'normal', dim: 2, location: long },
      layers(2),
      /location must be an array of 2 numbers; got Object of/,
    ],
    [
      'a location of one',
      { type: 'normal', dim: 2, logScale: [0] },
      layers(2),
      /logScale must be an array of 2 numbers; got Array of length 1\.$/,
    ],
    ['a location of text', { type: 'normal', dim: 2, location: ['1', '2'] }, layers(2), /location must be an array of 2 numbers/],
    [
      'a word for trainable',
      { type: 'normal', dim: 2, trainable: 'no' },
      layers(2),
      /trainable must be true or false; got 'no'\./,
    ],
  ])('%s', (_, base, transforms, message) => {
    const start = performance.now();
    const load = (): Flow => Flow.load(fileOf(small, base, transforms));
    expect(load).toThrow(FlowFileError);
    expect(load).toThrow(message);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('life', () => {
  it('after dispose every method says so', () => {
    const flow = lawFlow();
    const bytes = flow.save();
    flow.dispose();
    flow.dispose();
    expect(flow.disposed).toBe(true);
    const calls: Record<string, () => unknown> = {
      forward: () => flow.forward(x),
      inverse: () => flow.inverse(x),
      forwardVjp: () => flow.forwardVjp(x, {}),
      inverseVjp: () => flow.inverseVjp(x, {}),
      logProb: () => flow.logProb(x),
      logProbAndGradient: () => flow.logProbAndGradient(x),
      sample: () => flow.sample(1),
      sampleAndLogProb: () => flow.sampleAndLogProb(1),
      check: () => flow.check(x),
      getParameters: () => flow.getParameters(),
      namedParameters: () => flow.namedParameters(),
      setParameters: () => flow.setParameters([]),
      save: () => flow.save(),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call).toThrow(new RegExp(`^Flow\\.${name}: the flow must not be disposed; it is\\.$`));
    }
    expect(Flow.load(bytes).logProb(x)).toHaveLength(20);
  });

  it('`using` disposes', () => {
    let kept: Flow;
    {
      using flow = lawFlow();
      kept = flow;
    }
    expect(kept.disposed).toBe(true);
  });
});

describe('bad input', () => {
  const flow = lawFlow();
  const wide = new Flow({ base: normal(100_000), transforms: [radial(100_000)] });
  const form = /^[\w.]+: .+ must .+; got .+\.$/;

  it.each<[string, () => unknown, typeof RangeError | typeof TypeError]>([
    ['a length that is no multiple of dim', () => flow.logProb(new Float64Array(4)), RangeError],
    ['a row of another dim', () => flow.logProb([[1, 2]]), RangeError],
    ['NaN', () => flow.forward([[1, NaN, 2]]), RangeError],
    ['∞', () => flow.inverse([[1, Infinity, 2]]), RangeError],
    ['a plain array of numbers', () => flow.logProb([1, 2, 3] as never), RangeError],
    ['strings', () => flow.logProb([['1', '2', '3']] as never), TypeError],
    ['holes among the rows', () => flow.logProb([[1, 2, 3], , [4, 5, 6]] as never), RangeError],
    ['nothing but holes', () => flow.forward(new Array(3)), RangeError],
    ['BigInts', () => flow.logProb([[1n, 2n, 3n]] as never), TypeError],
    ['nothing', () => flow.logProb(undefined as never), TypeError],
    ['an `out` of another length', () => flow.forward(x, { out: new Float64Array(59) }), RangeError],
    ['an `out` of another kind', () => flow.forward(x, { out: [] as never }), TypeError],
    ['an unknown option', () => flow.sample(1, { sead: 1 } as never), TypeError],
    ['a negative count', () => flow.sample(-1), RangeError],
    ['half a row', () => flow.sample(1.5), RangeError],
    ['more rows than can be counted', () => flow.sample(1e12), RangeError],
    ['more rows than fit into memory', () => wide.sample(2 ** 31 - 1), RangeError],
    ['and with their densities', () => flow.sampleAndLogProb(1e12), RangeError],
    ['a negative seed', () => flow.sample(1, { seed: -1 }), RangeError],
    ['a seed of 65 bits', () => flow.sample(1, { seed: 2n ** 64n }), RangeError],
    ['weights of another length', () => flow.logProbAndGradient(x, { weights: new Float64Array(3) }), RangeError],
    ['weights of another kind', () => flow.logProbAndGradient(x, { weights: [1] as never }), TypeError],
    ['NaN weights', () => flow.logProbAndGradient(x, { weights: new Float64Array(20).fill(NaN) }), RangeError],
    ['seeds of another length', () => flow.forwardVjp(x, { dx: new Float64Array(3) }), RangeError],
    ['parameters of another length', () => flow.setParameters([1]), RangeError],
    ['NaN parameters', () => flow.setParameters(flow.getParameters().fill(NaN)), RangeError],
    ['BigInt parameters', () => flow.setParameters(new BigInt64Array(flow.parameterCount) as never), TypeError],
    ['parameters that are strings', () => flow.setParameters(new Array(flow.parameterCount).fill('5') as never), TypeError],
    ['parameters that are null', () => flow.setParameters(new Array(flow.parameterCount).fill(null) as never), TypeError],
    ['parameters with holes', () => flow.setParameters(new Array(flow.parameterCount)), TypeError],
    ['a named string', () => flow.setParameters({ 'transforms.0.b': ['5'] as never }), TypeError],
    ['a named null', () => flow.setParameters({ 'transforms.0.b': [null] as never }), TypeError],
    ['a named number', () => flow.setParameters({ 'transforms.0.b': 5 as never }), RangeError],
    ['a named text of the right length', () => flow.setParameters({ 'transforms.0.b': '5' as never }), RangeError],
    ['a name that is not there', () => flow.setParameters({ 'transforms.9.u': [1] }), RangeError],
    ['a named array of another length', () => flow.setParameters({ 'transforms.0.u': [1] }), RangeError],
    ['a gradient of another length', () => flow.namedParameters(new Float64Array(1)), RangeError],
    ['no base', () => new Flow({ transforms: [planar(1)] } as never), TypeError],
    ['no transforms', () => new Flow({ base: normal(1), transforms: [] }), RangeError],
    ['another dim', () => new Flow({ base: normal(1), transforms: [planar(2)] }), RangeError],
    ['an unknown option of the flow', () => new Flow({ base: normal(1), transforms: [planar(1)], sead: 1 } as never), TypeError],
    ['a seed that is no integer', () => new Flow({ base: normal(1), transforms: [planar(1)], seed: 0.5 }), RangeError],
  ])('%s', (_, call, kind) => {
    const before = flow.getParameters();
    let error: unknown;
    try {
      error = call();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(kind);
    expect((error as Error).message).toMatch(form);
    expect(flow.getParameters()).toEqual(before);
  });

  it('an overflow on the way is an error that names the row, not a NaN', () => {
    const planarFlow = new Flow({ base: normal(2), transforms: [planar(2)] });
    planarFlow.setParameters({ 'transforms.0.w': [10, -10] });
    const rows = [
      [0, 0],
      [1e308, 1e308],
    ];
    expect(() => planarFlow.forward(rows)).toThrow(/^Flow\.forward: the result must be a number; row 1 overflowed on the way\./);
    expect(() => planarFlow.logProb(rows)).toThrow(/row 1 overflowed/);
  });
});
