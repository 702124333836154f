import { expect, it } from 'vitest';
import { affine, Flow, invert, normal, planar, type Transform } from '../../src/index.js';

// By hand: affine's inverse of 7 with shift 1 and scale 2 is 3.
it('invert gives a number worked by hand', () => {
  const flow = new Flow({ base: normal(1), transforms: [invert(affine(1))] });
  flow.setParameters({ 'transforms.0.shift': [1], 'transforms.0.logScale': [Math.LN2] });
  const { x, logDet } = flow.forward([[7]]);
  expect(x[0]).toBeCloseTo(3, 14);
  expect(logDet[0]).toBeCloseTo(-Math.LN2, 15);
});

it('invert has the bits of the other direction, through a file too', () => {
  const seed = 3;
  const flow = new Flow({ base: normal(2), transforms: [planar(2)], seed });
  const turned = Flow.load(new Flow({ base: normal(2), transforms: [invert(planar(2))], seed }).save());
  const { z, logDet } = flow.inverse([[0.5, -1]]);
  expect(turned.forward([[0.5, -1]])).toEqual({ x: z, logDet });
});

it('invert refuses what is no transform', () => {
  expect(() => invert({} as Transform)).toThrow(TypeError);
});
