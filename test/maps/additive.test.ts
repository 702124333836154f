import { expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

// By hand: 3 + 1 and 4 − 2; volume is preserved.
it('gives a number worked by hand, and starts as the identity', () => {
  const flow = new Flow({ base: normal(2), transforms: [elementwise(2, maps.additive())] });
  expect(flow.forward([[3, 4]])).toEqual({ x: Float64Array.of(3, 4), logDet: Float64Array.of(0) });
  flow.setParameters([1, -2]);
  expect(flow.forward([[3, 4]])).toEqual({ x: Float64Array.of(4, 2), logDet: Float64Array.of(0) });
  expect(flow.inverse([[4, 2]]).z).toEqual(Float64Array.of(3, 4));
});
