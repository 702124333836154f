import { describe, expect, it } from 'vitest';
import { Flow, normal, radial } from '../../src/index.js';

const flowOf = (dim: number, seed = 1): Flow => new Flow({ base: normal(dim), transforms: [radial(dim)], seed });

describe('radial', () => {
  // By hand, with z₀ = 0, α = 1, beta = 0: m = ln 2, β̂ = ln 2 − 1. At z = (1, 0): r = 1, v = ½, so x = (1 + β̂/2, 0) with
  // 1 + β̂/2 = 0.846573590279973, and ln det = ln((1 + ln 2)/2) + ln((1 + 2 + ln 2)/4) = −0.246373518535472.
  it('gives a number worked by hand', () => {
    const flow = flowOf(2);
    flow.setParameters({ 'transforms.0.z0': [0, 0], 'transforms.0.alpha': [1], 'transforms.0.beta': [0] });
    const { x, logDet } = flow.forward([[1, 0]]);
    expect(x[0]).toBeCloseTo(0.846573590279973, 14);
    expect(x[1]).toBe(0);
    expect(logDet[0]).toBeCloseTo(-0.246373518535472, 14);
    const back = flow.inverse(x);
    expect(back.z[0]).toBeCloseTo(1, 14);
    expect(back.logDet[0]).toBeCloseTo(0.246373518535472, 14);
  });

  it('names its parameters z0, alpha, beta', () => {
    const shapes = Object.entries(flowOf(3).namedParameters()).map(([name, { length }]) => [name, length]);
    expect(shapes).toEqual([
      ['transforms.0.z0', 3],
      ['transforms.0.alpha', 1],
      ['transforms.0.beta', 1],
    ]);
  });

  it('starts within the ranges it documents', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { 'transforms.0.z0': z0, 'transforms.0.alpha': alpha, 'transforms.0.beta': beta } = flowOf(4, seed).namedParameters();
      expect(Math.max(...z0.map(Math.abs))).toBeLessThan(1);
      expect([...alpha]).toEqual([1]);
      expect(Math.abs(beta[0] - Math.log(Math.E - 1))).toBeLessThan(1);
    }
  });

  it('means |alpha|, and the identity where softplus(beta) = |alpha|', () => {
    const flow = flowOf(2);
    for (const alpha of [1, -1]) {
      flow.setParameters({ 'transforms.0.alpha': [alpha], 'transforms.0.beta': [Math.log(Math.E - 1)] });
      const { x, logDet } = flow.forward([[3, -4]]);
      expect(x[0]).toBeCloseTo(3, 14);
      expect(x[1]).toBeCloseTo(-4, 14);
      expect(logDet[0]).toBeCloseTo(0, 14);
    }
  });

  it.each([0, -1, 1.5, NaN, '2'])('refuses dim %s', (dim) => {
    expect(() => radial(dim as number)).toThrow(/^radial: dim must be an integer of at least 1; got/);
  });

  it('refuses alpha = 0 before anything is written', () => {
    const flow = flowOf(2);
    const before = flow.getParameters();
    expect(() => flow.setParameters({ 'transforms.0.z0': [9, 9], 'transforms.0.alpha': [0] })).toThrow(/alpha must not be 0/);
    expect(flow.getParameters()).toEqual(before);
  });
});
