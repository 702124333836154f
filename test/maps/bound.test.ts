import { describe, expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

describe('bounds', () => {
  // By hand, z = ln 2: e^z = 2, low + 2 = 5, high − 2 = −1; ln |det| = ln 2 each.
  it.each([
    ['exp', maps.exp(), 2],
    ['lowerBound', maps.lowerBound({ low: 3 }), 5],
    ['upperBound', maps.upperBound({ high: 1 }), -1],
  ])('%s gives a number worked by hand', (_, map, expected) => {
    const flow = new Flow({ base: normal(1), transforms: [elementwise(1, map)] });
    const { x, logDet } = flow.forward([[Math.LN2]]);
    expect(x[0]).toBeCloseTo(expected, 14);
    expect(logDet[0]).toBe(Math.LN2);
    expect(flow.inverse([[expected]]).z[0]).toBeCloseTo(Math.LN2, 15);
  });

  // The log-normal density: ln p(x) = −ln x − ½ ln 2π − ½ ln² x.
  it('a normal through exp is log-normal', () => {
    const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.exp())] });
    const [x] = [2.5];
    const expected = -Math.log(x) - 0.5 * Math.log(2 * Math.PI) - 0.5 * Math.log(x) ** 2;
    expect(flow.logProb([[x]])[0]).toBeCloseTo(expected, 14);
  });
});
