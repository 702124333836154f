import { describe, expect, it } from 'vitest';
import { affine, Flow, normal } from '../../src/index.js';

describe('affine', () => {
  // By hand: x = (1 + 2 · 3, −1 + ½ · 4), ln det = ln 2 − ln 2.
  it('gives a number worked by hand', () => {
    const flow = new Flow({ base: normal(2), transforms: [affine(2)] });
    flow.setParameters({ 'transforms.0.shift': [1, -1], 'transforms.0.logScale': [Math.LN2, -Math.LN2] });
    const { x, logDet } = flow.forward([[3, 4]]);
    expect(x[0]).toBeCloseTo(7, 14);
    expect(x[1]).toBeCloseTo(1, 14);
    expect(logDet[0]).toBeCloseTo(0, 15);
  });

  it('starts as the identity', () => {
    const flow = new Flow({ base: normal(3), transforms: [affine(3)], seed: 4 });
    expect(flow.forward([[1, 2, 3]])).toEqual({ x: Float64Array.of(1, 2, 3), logDet: Float64Array.of(0) });
  });

  it('refuses a scale that is no normal number, and dim 0', () => {
    const flow = new Flow({ base: normal(1), transforms: [affine(1)] });
    expect(() => flow.setParameters({ 'transforms.0.logScale': [701] })).toThrow(RangeError);
    expect(() => affine(0)).toThrow(/^affine: dim must be an integer of at least 1; got 0\.$/);
  });
});
