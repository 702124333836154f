import { expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

// By hand, z = ½ ln 3: tanh z = (3 − 1) / (3 + 1) = ½, sech² z = ¾.
it('tanh gives a number worked by hand', () => {
  const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.tanh())] });
  const { x, logDet } = flow.forward([[Math.log(3) / 2]]);
  expect(x[0]).toBeCloseTo(0.5, 15);
  expect(logDet[0]).toBeCloseTo(Math.log(0.75), 15);
  expect(flow.inverse([[0.5]]).z[0]).toBeCloseTo(Math.log(3) / 2, 15);
});
