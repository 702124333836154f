import { describe, expect, it } from 'vitest';
import { type ElementwiseMap, elementwise, Flow, maps, normal } from '../../src/index.js';
import { Random } from '../reference/random.js';

function flowOf(map: ElementwiseMap, dim = 1): Flow {
  return new Flow({ base: normal(dim), transforms: [elementwise(dim, map)] });
}

/** A map, what it cannot have given, and the edges of its support. */
const SUPPORTS: [name: string, map: ElementwiseMap, outside: number[], inside: number][] = [
  ['exp', maps.exp(), [0, -0, -5e-324, -1, -1e308], 5e-324],
  ['lowerBound', maps.lowerBound({ low: 2 }), [2, 1, -1e308], 2 + 2 ** -51],
  ['upperBound', maps.upperBound({ high: 2 }), [2, 3, 1e300], 2 - 2 ** -52],
  ['softplus', maps.softplus(), [0, -0, -1e-300, -5], 1e-320],
  ['sigmoid', maps.sigmoid(), [0, 1, -1e-300, 1 + 2 ** -52, -1e308, 1e308], 1 - 2 ** -53],
  ['interval', maps.interval({ low: -1, high: 3 }), [-1, 3, -2, 4, 1e308], 3 - 2 ** -51],
  ['tanh', maps.tanh(), [1, -1, 1.5, -1e308], -1 + 2 ** -53],
];

describe.each(SUPPORTS)('outside of the support of %s', (_, map, outside, inside) => {
  const flow = flowOf(map);

  it.each(outside)('the density of %d is 0, z is finite', (x) => {
    const { z, logDet } = flow.inverse([[x]]);
    expect(logDet[0]).toBe(-Infinity);
    expect(z[0]).toSatisfy(Number.isFinite);
    expect(flow.logProb([[x]])[0]).toBe(-Infinity);
  });

  it.each(outside)('the gradients at %d are 0', (x) => {
    expect(Math.abs(flow.inverseVjp([[x]], { dz: Float64Array.of(2) }).dx[0])).toBe(0);
    expect(Math.abs(flow.inverseVjp([[x]], { dLogDet: Float64Array.of(2) }).dx[0])).toBe(0);
    const { logProb, dx } = flow.logProbAndGradient([[x]]);
    expect([logProb[0], Math.abs(dx[0])]).toEqual([-Infinity, 0]);
  });

  it('the last number inside has a density', () => {
    expect(flow.logProb([[inside]])[0]).toSatisfy(Number.isFinite);
  });

  it('a row outside does not touch its neighbours, nor a feature the other', () => {
    const two = flowOf(map, 2);
    const alone = two.logProb([[inside, inside]])[0];
    const all = two.logProb([
      [inside, inside],
      [inside, outside[0]],
      [inside, inside],
    ]);
    expect([...all]).toEqual([alone, -Infinity, alone]);
    const { dx } = two.inverseVjp([[inside, outside[0]]], { dz: Float64Array.of(1, 1) });
    expect(dx[0]).not.toBe(0);
    expect(Math.abs(dx[1])).toBe(0);
  });

  it('−∞ survives other layers, before and after', () => {
    const layers = [elementwise(1, maps.affine()), elementwise(1, map), elementwise(1, maps.affine())];
    const long = new Flow({ base: normal(1), transforms: layers });
    expect(long.logProb([[outside[0]]])[0]).toBe(-Infinity);
  });
});

describe.each(SUPPORTS)('rows of %s', (_, map, outside) => {
  it('have the same bits in any batch, whatever stands beside them', () => {
    const flow = flowOf(map, 3);
    const { x } = flow.forward(Float64Array.from(new Random(4).normals(3 * 301, 3)));
    for (let i = 0; i < x.length; i += 7) x[i] = outside[i % outside.length];
    const seeds = { dz: new Float64Array(3 * 301).fill(1), dLogDet: new Float64Array(301).fill(0.5) };
    const { z, logDet } = flow.inverse(x);
    const { dx } = flow.inverseVjp(x, seeds);
    for (const row of [0, 1, 127, 128, 299, 300]) {
      const part = (values: Float64Array): Float64Array => values.slice(3 * row, 3 * row + 3);
      expect(flow.inverse(part(x))).toEqual({ z: part(z), logDet: logDet.slice(row, row + 1) });
      expect(flow.inverseVjp(part(x), { dz: part(seeds.dz), dLogDet: Float64Array.of(0.5) }).dx).toEqual(part(dx));
    }
  });
});

describe('saturation', () => {
  // σ(40) = 1 − 4e-18 rounds to 1; its log-determinant does not care: −40 − 2 log1p(e^−40).
  it.each([
    ['sigmoid', maps.sigmoid(), 40, 1, -40],
    ['sigmoid', maps.sigmoid(), -800, 0, -800],
    ['tanh', maps.tanh(), 400, 1, 2 * Math.LN2 - 800],
    ['exp', maps.exp(), -800, 0, -800],
    ['softplus', maps.softplus(), -800, 0, -800],
  ])('%s goes forward to the edge, with its log-determinant', (_, map, z, x, logDet) => {
    const result = flowOf(map).forward([[z]]);
    expect(result.x[0]).toBe(x);
    expect(result.logDet[0]).toBeCloseTo(logDet, 10);
  });
});

describe('settings', () => {
  it.each([
    [
      () => maps.interval({ low: 1, high: 1 }),
      RangeError,
      'maps.interval: low must be below high by a finite number; got 1 and 1.',
    ],
    [() => maps.interval({ low: -1e308, high: 1e308 }), RangeError, 'got -1e+308 and 1e+308'],
    [() => maps.interval({ low: NaN, high: 1 }), RangeError, 'maps.interval: low must be finite; got NaN.'],
    [() => maps.interval({} as never), TypeError, 'maps.interval: low must be a number; got undefined.'],
    [() => maps.interval(undefined as never), TypeError, 'options must be an object'],
    [() => maps.lowerBound({ low: '0' } as never), TypeError, "maps.lowerBound: low must be a number; got '0'."],
    [() => maps.upperBound({ high: Infinity }), RangeError, 'maps.upperBound: high must be finite; got Infinity.'],
    [() => maps.leakyRelu({ slope: 0 }), RangeError, 'maps.leakyRelu: slope must be positive, with a finite reciprocal; got 0.'],
    [() => maps.leakyRelu({ slope: -1 }), RangeError, 'got -1'],
    [() => maps.leakyRelu({ slope: 1e-310 }), RangeError, 'got 1e-310'],
    [() => maps.exp({ base: 2 } as never), TypeError, "got 'base'"],
  ])('%s', (make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });

  it.each([
    maps.exp(),
    maps.softplus(),
    maps.sigmoid(),
    maps.tanh(),
    maps.leakyRelu({ slope: 0.2 }),
    maps.interval({ low: -1 / 3, high: 1e-300 }),
    maps.lowerBound({ low: -2.5 }),
    maps.upperBound({ high: 0.1 }),
  ])('%o come back from a file', (map) => {
    const flow = flowOf(map, 2);
    const again = Flow.load(flow.save());
    expect(again.transforms[0].describe()).toEqual(flow.transforms[0].describe());
    expect(again.sample(5, { seed: 1 })).toEqual(flow.sample(5, { seed: 1 }));
  });

  it('are not believed when a file has others', () => {
    const bytes = flowOf(maps.interval({ low: 0, high: 2 })).save();
    const text = new TextDecoder('latin1').decode(bytes);
    const forged = (from: string, to: string): Uint8Array => Uint8Array.from(text.replace(from, to), (c) => c.charCodeAt(0));
    expect(() => Flow.load(forged('\\"high\\":2', '\\"high\\":0'))).toThrow(/maps\.interval: low must be below high/);
    expect(() => Flow.load(forged('\\"high\\"', '\\"hign\\"'))).toThrow(/options must be among low, high; got 'hign'/);
    expect(() => Flow.load(forged('\\"interval\\"', '\\"toString\\"'))).toThrow(/must be of a known type; got 'toString'/);
  });

  it('a dim that nothing in the file vouches for is not believed', () => {
    const bytes = flowOf(maps.exp()).save();
    // Without tensors the file is its header alone: length, then JSON, padded with spaces.
    const text = new TextDecoder('latin1').decode(bytes.subarray(8)).trimEnd();
    const forged = text.replaceAll('\\"dim\\":1', '\\"dim\\":2e9');
    const header = forged.padEnd(Math.ceil(forged.length / 8) * 8);
    const file = new Uint8Array(8 + header.length);
    new DataView(file.buffer).setUint32(0, header.length, true);
    file.set(
      Uint8Array.from(header, (c) => c.charCodeAt(0)),
      8,
    );
    expect(() => Flow.load(file)).toThrow(/dim without parameters must be at most 1048576; got 2000000000/);
  });
});
