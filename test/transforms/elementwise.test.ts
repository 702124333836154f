import { describe, expect, it } from 'vitest';
import { elementwise, type ElementwiseMap, Flow, maps, normal } from '../../src/index.js';

describe('elementwise', () => {
  // By hand: 1 + 2 · 3 and −1 + ½ · 4; ln 2 + ln ½ = 0.
  it('gives every feature its own parameters', () => {
    const flow = new Flow({ base: normal(2), transforms: [elementwise(2, maps.affine({ scale: 'exp' }))] });
    flow.setParameters({ 'transforms.0.parameters': [1, Math.LN2, -1, -Math.LN2] });
    const { x, logDet } = flow.forward([[3, 4]]);
    expect(x[0]).toBeCloseTo(7, 14);
    expect(x[1]).toBeCloseTo(1, 14);
    expect(logDet[0]).toBeCloseTo(0, 15);
  });

  it('refuses parameters beyond the limit of its map, what is no map, and dim 0', () => {
    const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.affine({ scale: 'exp' }))] });
    expect(() => flow.setParameters([0, 701])).toThrow(/parameters must lie in \[−700, 700\]; got 701 at index 1\.$/);
    expect(() => elementwise(1, {} as ElementwiseMap)).toThrow(/^elementwise: map must be an element-wise map/);
    expect(() => elementwise(0, maps.additive())).toThrow(/^elementwise: dim must be an integer of at least 1; got 0\.$/);
  });
});
