import { describe, expect, it } from 'vitest';
import { affine, chain, Flow, normal, planar, radial } from '../../src/index.js';
import { Random } from '../reference/random.js';

describe('chain', () => {
  // By hand, docs/transforms/chain.md: ln 2 + ln(¼ + ¾ ln 2) = 0.431601082349091.
  it('gives a number worked by hand', () => {
    const flow = new Flow({ base: normal(1), transforms: [chain([affine(1), planar(1)])] });
    flow.setParameters({ 'transforms.0.0.logScale': [Math.LN2], 'transforms.0.1.u': [0], 'transforms.0.1.w': [1] });
    expect(flow.forward([[Math.atanh(0.5) / 2]]).logDet[0]).toBeCloseTo(0.431601082349091, 14);
  });

  it('has the bits of its transforms in a list', () => {
    const parts = [planar(3), radial(3), affine(3)];
    const [listed, chained, nested] = [parts, [chain(parts)], [chain([chain(parts.slice(0, 2)), parts[2]])]].map(
      (transforms) => new Flow({ base: normal(3), transforms, seed: 1 }),
    );
    const parameters = new Random(1).normals(listed.parameterCount);
    const z = Float64Array.from(new Random(2).normals(30));
    for (const flow of [listed, chained, nested]) flow.setParameters(parameters);
    for (const flow of [chained, nested]) {
      expect(flow.forward(z)).toEqual(listed.forward(z));
      expect(flow.inverse(z)).toEqual(listed.inverse(z));
      expect(flow.logProbAndGradient(z)).toEqual(listed.logProbAndGradient(z));
    }
  });

  it('names parameters by their place', () => {
    const flow = new Flow({ base: normal(1), transforms: [chain([planar(1), chain([affine(1)])])] });
    expect(Object.keys(flow.namedParameters())).toEqual([
      'transforms.0.0.u',
      'transforms.0.0.w',
      'transforms.0.0.b',
      'transforms.0.1.0.shift',
      'transforms.0.1.0.logScale',
    ]);
  });

  it('a description used twice makes two layers', () => {
    const block = planar(2);
    const flow = new Flow({ base: normal(2), transforms: [block, block], seed: 3 });
    const { 'transforms.0.u': first, 'transforms.1.u': second } = flow.namedParameters();
    expect(first).not.toEqual(second);
  });

  it('refuses nothing, other things, and other dims', () => {
    expect(() => chain([])).toThrow(/^chain: transforms must hold at least one transform; got Array of length 0\.$/);
    expect(() => chain([planar(2), planar(3)])).toThrow(
      /^chain: transforms must have the dim of the one before, 2; got 3 at index 1\.$/,
    );
    expect(() => chain([{} as never])).toThrow(/^chain: transforms must hold transforms; got Object at index 0\.$/);
    expect(() => chain(undefined as never)).toThrow(RangeError);
  });
});
