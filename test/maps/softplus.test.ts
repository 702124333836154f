import { expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.softplus())] });

// By hand, z = ln 3: ln(1 + 3) = ln 4, and ln σ(z) = ln ¾.
it('softplus gives a number worked by hand', () => {
  const { x, logDet } = flow.forward([[Math.log(3)]]);
  expect(x[0]).toBeCloseTo(Math.log(4), 15);
  expect(logDet[0]).toBeCloseTo(Math.log(0.75), 14);
});

it('softplus comes back from both ends to the last digits', () => {
  for (const z of [-700, -300, 300, 1e6]) expect(flow.inverse(flow.forward([[z]]).x).z[0] / z).toBeCloseTo(1, 12);
});
