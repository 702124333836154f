import { describe, expect, it } from 'vitest';
import { coupling, type CouplingOptions, Flow, maps, normal } from '../../src/index.js';

const flowOf = (dim: number, options: CouplingOptions, seed = 1): Flow =>
  new Flow({ base: normal(dim), transforms: [coupling(dim, options)], seed });

describe('coupling', () => {
  // By hand: h = max(2 z₀ − 1, 0) = 5 at z₀ = 3; shift = 0.5 h + 1 = 3.5, ln scale = 0.1 h − 0.25 = 0.25, so x₁ = 3.5 + e^¼ z₁.
  it('gives a number worked by hand', () => {
    const flow = flowOf(2, { hidden: [1], map: maps.affine({ scale: 'exp' }) });
    flow.setParameters([2, -1, 0.5, 0.1, 1, -0.25]);
    const { x, logDet } = flow.forward([[3, 2]]);
    expect(x[0]).toBe(3);
    expect(x[1]).toBeCloseTo(3.5 + 2 * 1.2840254166877414, 14);
    expect(logDet[0]).toBeCloseTo(0.25, 15);
    const { z, logDet: back } = flow.inverse(x);
    expect(z[0]).toBe(3);
    expect(z[1]).toBeCloseTo(2, 14);
    expect(back[0]).toBeCloseTo(-0.25, 15);
  });

  it('names its parameters by the layers of its network', () => {
    const shapes = Object.entries(flowOf(5, { hidden: [4] }).namedParameters()).map(([name, { length }]) => [name, length]);
    expect(shapes).toEqual([
      ['transforms.0.net.0.weight', 3 * 4],
      ['transforms.0.net.0.bias', 4],
      ['transforms.0.net.1.weight', 4 * 2 * 2],
      ['transforms.0.net.1.bias', 2 * 2],
    ]);
  });

  it.each([1, 2, 5])('starts as the identity, d %i', (dim) => {
    const z = Float64Array.from({ length: 3 * dim }, (_, i) => i - 2.5);
    const { x, logDet } = flowOf(dim, { hidden: [8, 8], residual: true, activation: 'gelu' }).forward(z);
    expect(x).toEqual(z);
    expect([...logDet]).toEqual([0, 0, 0]);
  });

  it.each([
    ['odd', [0, 1, 0, 1, 0]],
    ['even', [1, 0, 1, 0, 1]],
    ['first-half', [1, 1, 1, 0, 0]],
    ['second-half', [0, 0, 0, 1, 1]],
    [
      [false, false, true, false, false],
      [0, 0, 1, 0, 0],
    ],
  ] as const)('mask %s', (mask, moved) => {
    const flow = flowOf(5, { mask, hidden: [1], map: maps.additive() });
    const bias = new Float64Array(moved.filter((moves) => moves === 1).length).fill(1);
    flow.setParameters({ 'transforms.0.net.1.bias': bias });
    expect([...flow.forward([[0, 0, 0, 0, 0]]).x]).toEqual([...moved]);
  });

  it('saves and loads to the bit', () => {
    for (const options of [
      { map: maps.spline({ bins: 4 }), mask: [true, false, true] },
      { residual: true, activation: 'silu' },
    ] as const) {
      const flow = flowOf(3, { hidden: [5, 5], ...options });
      flow.setParameters(flow.getParameters().map((value, k) => value + ((k % 7) - 3) / 10));
      const rows = [[0.5, -1, 2], [3, 0, -0.25]]; // prettier-ignore
      expect(Flow.load(flow.save()).logProb(rows)).toEqual(flow.logProb(rows));
    }
    const one = flowOf(1, { hidden: [2] });
    expect(Flow.load(one.save()).logProb([[0.5]])).toEqual(one.logProb([[0.5]]));
  });

  it.each([
    [{ mask: [false, false] }, 'coupling: mask must move at least one feature; got one that moves none.'],
    [
      { mask: [true, true] },
      'coupling: mask must let at least one feature pass, for the network to see; got one that moves all.',
    ],
    [{ mask: [true] }, /^coupling: mask must be among odd, even, first-half, second-half, or hold 2 booleans; got/],
    [{ mask: 'toString' }, /^coupling: mask must be among/],
    [{ hidden: [] }, /^coupling: hidden must hold at least one width; got/],
    [{ hidden: [3, 4], residual: true }, 'coupling: hidden must hold one width for all residual blocks; got 3, 4.'],
    [{ hidden: [0] }, /^coupling: hidden\[0\] must be .*; got 0\.$/],
    [{ activation: 'swish' }, /^coupling: activation must be .*gelu.*; got 'swish'\.$/],
    [{ map: {} }, /^coupling: map must be an element-wise map, such as maps\.affine\(\); got/],
    [{ context: -1 }, /^coupling: context must be .*; got -1\.$/],
    [{ widths: [3] }, /^coupling: .*widths/],
  ])('refuses %j', (options, text) => {
    expect(() => coupling(2, options as unknown as CouplingOptions)).toThrow(text);
  });

  it('moves all features where a context stands for what passes', () => {
    const flow = flowOf(2, { mask: [true, true], context: 1, hidden: [3] });
    expect([...flow.forward([[1, 2]], { context: [[0]] }).x]).toEqual([1, 2]);
  });
});
