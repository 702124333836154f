import { describe, expect, it } from 'vitest';
import { elementwise, Flow, maps, normal, type Scale } from '../../src/index.js';

const ln = Math.log;

// By hand, at raw = 0 and, for softclip, at raw = ln 1000, where s = ½ ln 1000; x = 1 + scale · 2.
const BY_HAND: [scale: Scale, raw: number, value: number][] = [
  ['exp', ln(2), 2],
  ['softclip', ln(1000), Math.sqrt(1000)],
  ['sigmoid', -2, 0.5],
  ['sigmoid-reciprocal', -2, 2],
  ['sigmoid-floor', -2, 0.501],
  ['softplus', 0, ln(2) + 1e-3],
  ['softplus-capped', 100, 3],
];

describe.each(BY_HAND)('affine map, %s', (scale, raw, value) => {
  const flow = new Flow({ base: normal(1), transforms: [elementwise(1, maps.affine({ scale }))] });

  it('gives a number worked by hand', () => {
    flow.setParameters([1, raw]);
    const { x, logDet } = flow.forward([[2]]);
    expect(x[0]).toBeCloseTo(1 + 2 * value, 12);
    expect(logDet[0]).toBeCloseTo(ln(value), 14);
  });

  it('starts as the identity, or near it', () => {
    const start = new Flow({ base: normal(1), transforms: flow.transforms });
    expect(Math.abs(start.forward([[2]]).x[0] - 2)).toBeLessThan(
      scale.startsWith('sigmoid') && scale !== 'sigmoid-floor' ? 0.02 : 1e-14,
    );
  });
});

it('refuses an unknown scale', () => {
  expect(() => maps.affine({ scale: 'tanh' as Scale })).toThrow(/^maps\.affine: scale must be /);
});
