import { describe, expect, it } from 'vitest';
import { Flow, normal, planar } from '../../src/index.js';

const flowOf = (dim: number, seed = 1): Flow => new Flow({ base: normal(dim), transforms: [planar(dim)], seed });

describe('planar', () => {
  // By hand, with wᵀu = 0: δ = ln 2 and û = ln 2 − 1 = −0.306852819440054. At z = atanh ½: h = ½, s = ¾, so
  // x = z + û/2 = 0.395879734614028 and ln det = ln(¼ + ¾ ln 2) = −0.261546098210854.
  it('gives a number worked by hand', () => {
    const flow = flowOf(1);
    flow.setParameters({ 'transforms.0.u': [0], 'transforms.0.w': [1], 'transforms.0.b': [0] });
    const { x, logDet } = flow.forward([[Math.atanh(0.5)]]);
    expect(x[0]).toBeCloseTo(0.395879734614028, 14);
    expect(logDet[0]).toBeCloseTo(-0.261546098210854, 14);
    const back = flow.inverse(x);
    expect(back.z[0]).toBeCloseTo(Math.atanh(0.5), 14);
    expect(back.logDet[0]).toBeCloseTo(0.261546098210854, 14);
  });

  it('names its parameters u, w, b', () => {
    const shapes = Object.entries(flowOf(3).namedParameters()).map(([name, { length }]) => [name, length]);
    expect(shapes).toEqual([
      ['transforms.0.u', 3],
      ['transforms.0.w', 3],
      ['transforms.0.b', 1],
    ]);
  });

  it('starts within the ranges it documents, b = 0', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { 'transforms.0.u': u, 'transforms.0.w': w, 'transforms.0.b': b } = flowOf(4, seed).namedParameters();
      expect(Math.max(...u.map(Math.abs))).toBeLessThan(0.1);
      expect(Math.max(...w.map(Math.abs))).toBeLessThan(Math.SQRT1_2);
      expect([...b]).toEqual([0]);
    }
  });

  it('stays invertible, and its determinant positive, for any u', () => {
    const flow = flowOf(1);
    for (const u of [-700, -50, -1, 0, 1, 50, 700]) {
      flow.setParameters({ 'transforms.0.u': [u], 'transforms.0.w': [1], 'transforms.0.b': [0] });
      const z = Float64Array.from({ length: 401 }, (_, k) => (k - 200) / 20);
      const { x, logDet } = flow.forward(z);
      for (let k = 1; k < x.length; k++) expect(x[k]).toBeGreaterThanOrEqual(x[k - 1]);
      for (const value of logDet) expect(value).toBeGreaterThan(-Infinity);
    }
  });

  it.each([0, -1, 1.5, NaN, '2'])('refuses dim %s', (dim) => {
    expect(() => planar(dim as number)).toThrow(/^planar: dim must be an integer of at least 1; got/);
  });

  it('refuses w = 0 before anything is written', () => {
    const flow = flowOf(2);
    const before = flow.getParameters();
    expect(() => flow.setParameters({ 'transforms.0.w': [0, 0], 'transforms.0.b': [5] })).toThrow(RangeError);
    expect(() => flow.setParameters({ 'transforms.0.w': [0, 0] })).toThrow(/w must not be 0/);
    expect(() => flow.setParameters({ 'transforms.0.w': [1e200, 0] })).toThrow(/finite \|w\|²/);
    expect(flow.getParameters()).toEqual(before);
  });

  it.each([
    [[1e160], [1e150]],
    [[-1e160], [1e150]],
    [
      [1e160, -1e160],
      [1e150, 1e150],
    ],
    [[1e152], [1e150]],
  ])('refuses a wᵀu that is not finite, or overflows the determinant: u %j, w %j', (u, w) => {
    const flow = flowOf(u.length);
    const before = flow.getParameters();
    expect(() => flow.setParameters({ 'transforms.0.u': u, 'transforms.0.w': w })).toThrow(
      /^Flow.setParameters: transforms.0: \|wᵀu\| must be at most 2\^1000; got wᵀu = /,
    );
    expect(flow.getParameters()).toEqual(before);
  });

  it('takes the largest wᵀu that it accepts', () => {
    const flow = flowOf(1);
    flow.setParameters({ 'transforms.0.u': [1e151], 'transforms.0.w': [1e150], 'transforms.0.b': [0] });
    expect(flow.forward([[0]]).logDet[0]).toBeCloseTo(301 * Math.LN10, 10); // ln softplus(wᵀu)
  });
});
