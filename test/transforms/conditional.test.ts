import { describe, expect, it } from 'vitest';
import {
  affine,
  autoregressive,
  chain,
  conditional,
  type ConditionalOptions,
  coupling,
  Flow,
  invert,
  lu,
  normal,
  permutation,
  planar,
  radial,
  type Transform,
} from '../../src/index.js';
import { Random } from '../reference/random.js';

const flowOf = (transform: Transform, options: ConditionalOptions): Flow =>
  new Flow({ base: normal(transform.dim), transforms: [conditional(transform, options)], seed: 1 });

describe('conditional', () => {
  // By hand: h = max(2 c − 1, 0) = 5 at c = 3; shift = 0.5 h + 1 = 3.5, logScale = 0.1 h − 0.25 = ¼, so x = 3.5 + e^¼ z.
  it('gives a number worked by hand', () => {
    const flow = flowOf(affine(1), { context: 1, hidden: [1] });
    flow.setParameters([2, -1, 0.5, 0.1, 1, -0.25]);
    const { x, logDet } = flow.forward([[2], [2]], { context: [[3], [0]] });
    expect(x[0]).toBeCloseTo(3.5 + 2 * 1.2840254166877414, 14);
    expect(logDet[0]).toBeCloseTo(0.25, 15);
    expect(x[1]).toBeCloseTo(1 + 2 * 0.7788007830714049, 14);
    expect(logDet[1]).toBeCloseTo(-0.25, 15);
  });

  it('starts as the transform does, whatever the context', () => {
    const flow = flowOf(affine(2), { context: 1, hidden: [8, 8] });
    const { x, logDet } = flow.forward([[1, -2], [1, -2]], { context: [[5], [-1e3]] }); // prettier-ignore
    expect([...x]).toEqual([1, -2, 1, -2]);
    expect([...logDet]).toEqual([0, 0]);
  });

  it.each([
    ['planar', planar(3)],
    ['radial', radial(3)],
    ['lu', lu(3)],
    ['inverted planar', invert(planar(3))],
    ['chain', chain([lu(3), planar(3), permutation([2, 0, 1])])],
  ])('%s: a row is what a flow with its parameters makes of it', (_, transform) => {
    const flow = flowOf(transform, { context: 2, hidden: [4], residual: true, activation: 'gelu' });
    flow.setParameters(new Random(1).normals(flow.parameterCount, 0.5));
    const context = Float64Array.from(new Random(2).normals(2 * 5));
    const x = Float64Array.from(new Random(3).normals(3 * 5));
    const together = flow.logProb(x, { context });
    for (let r = 0; r < 5; r++) {
      const alone = flow.logProb(x.slice(3 * r, 3 * r + 3), { context: [context.slice(2 * r, 2 * r + 2)] });
      expect(together[r]).toBe(alone[0]);
    }
    const { worstRoundTrip, worstLogDet } = flow.check(x, { context });
    expect(worstRoundTrip).toBeLessThan(1e-9);
    expect(worstLogDet).toBeLessThan(1e-9);
  });

  it('saves and loads to the bit', () => {
    const flow = flowOf(chain([planar(2), radial(2)]), { context: 2, hidden: [5], activation: 'silu' });
    flow.setParameters(new Random(1).normals(flow.parameterCount, 0.5));
    const [x, context] = [[[0.5, -1], [3, 0]], [[1, 2]]]; // prettier-ignore
    expect(Flow.load(flow.save()).logProb(x, { context })).toEqual(flow.logProb(x, { context }));
  });

  const network = 'conditional: transform must be one without a network, whose weights all rows share; got one with.';
  it.each([
    [coupling(2), { context: 1 }, network],
    [chain([planar(2), invert(autoregressive(2))]), { context: 1 }, network],
    [
      coupling(2, { context: 3 }),
      { context: 1 },
      'conditional: transform must have no context of its own; got one of 3 numbers.',
    ],
    [
      permutation([1, 0]),
      { context: 1 },
      'conditional: transform must have parameters, for the network to give; got one without.',
    ],
    [planar(2), { context: 0 }, /^conditional: context must be .*; got 0\.$/],
    [planar(2), {}, /^conditional: context must be .*; got undefined\.$/],
    [planar(2), { context: 1, width: 3 }, /^conditional: .*width/],
  ])('refuses %#', (transform, options, text) => {
    expect(() => conditional(transform, options as ConditionalOptions)).toThrow(text);
  });

  it('refuses what is no transform', () => {
    expect(() => conditional({} as Transform, { context: 1 })).toThrow(TypeError);
  });

  it('layers of one flow share one context', () => {
    const layers = [conditional(planar(2), { context: 1 }), coupling(2, { context: 2 })];
    expect(() => new Flow({ base: normal(2), transforms: layers })).toThrow(
      'Flow: layers must share one context width; got 1 and 2.',
    );
  });
});
