import { expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

// By hand: (3, −2) → (3, −½), ln |det| = ln ¼.
it('leakyRelu gives a number worked by hand', () => {
  const flow = new Flow({ base: normal(2), transforms: [elementwise(2, maps.leakyRelu({ slope: 0.25 }))] });
  const { x, logDet } = flow.forward([[3, -2]]);
  expect([...x]).toEqual([3, -0.5]);
  expect(logDet[0]).toBeCloseTo(Math.log(0.25), 15);
  expect([...flow.inverse(x).z]).toEqual([3, -2]);
});

it('leakyRelu takes the slope above at its kink', () => {
  const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.leakyRelu())] });
  expect(flow.forward([[0]]).logDet[0]).toBe(0);
  expect(flow.forwardVjp([[0]], { dx: Float64Array.of(1) }).dz[0]).toBe(1);
  expect(flow.forwardVjp([[-1e-300]], { dx: Float64Array.of(1) }).dz[0]).toBe(0.01);
});
