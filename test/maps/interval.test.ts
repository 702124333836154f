import { describe, expect, it } from 'vitest';
import { elementwise, Flow, maps, normal } from '../../src/index.js';

const flowOf = (...all: Parameters<typeof elementwise>[1][]): Flow =>
  new Flow({ base: normal(1), transforms: all.map((map) => elementwise(1, map)) });

describe('interval', () => {
  // By hand, z = ln 3: σ = 3/4, σ (1 − σ) = 3/16.
  it('gives numbers worked by hand', () => {
    const unit = flowOf(maps.sigmoid()).forward([[Math.log(3)]]);
    expect(unit.x[0]).toBeCloseTo(0.75, 15);
    expect(unit.logDet[0]).toBeCloseTo(Math.log(3 / 16), 14);
    const wide = flowOf(maps.interval({ low: -1, high: 7 })).forward([[Math.log(3)]]);
    expect(wide.x[0]).toBeCloseTo(5, 14);
    expect(wide.logDet[0]).toBeCloseTo(Math.log(1.5), 14);
  });

  it('the logit undoes the sigmoid', () => {
    const { x, logDet } = flowOf(maps.sigmoid(), maps.logit()).forward([[0.3]]);
    expect(x[0]).toBeCloseTo(0.3, 14);
    expect(logDet[0]).toBeCloseTo(0, 14);
  });

  it('keeps what is near to either bound to the last digits, where the bound is 0', () => {
    const flow = flowOf(maps.interval({ low: -3, high: 0 }));
    const { x } = flow.forward([[700]]);
    expect(x[0] / (-3 * Math.exp(-700))).toBeCloseTo(1, 12);
    expect(flow.inverse(x).z[0]).toBeCloseTo(700, 11);
  });
});
