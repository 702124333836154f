import { describe, expect, it } from 'vitest';
import { Flow, normal, planar, supports } from '../../src/index.js';
import { Random } from '../reference/random.js';

const simplexFlow = (size: number): Flow => new Flow({ base: normal(size - 1), transforms: [supports.simplex(size)] });

describe('simplex', () => {
  // By hand: shares 1/3 and 1/2; ln |det| = ln(1/3 · 2/3) + ln(2/3 · 1/4) = ln(1/27), the product of the coordinates.
  it('begins in the middle', () => {
    const { x, logDet } = simplexFlow(3).forward([[0, 0]]);
    for (const value of x) expect(value).toBeCloseTo(1 / 3, 15);
    expect(logDet[0]).toBeCloseTo(-3 * Math.log(3), 14);
  });

  // By hand, z = (ln 2, ln 3): shares ½ and ¾, x = (½, ⅜, ⅛).
  it('gives numbers worked by hand', () => {
    const flow = simplexFlow(3);
    const { x, logDet } = flow.forward([[Math.LN2, Math.log(3)]]);
    [1 / 2, 3 / 8, 1 / 8].forEach((value, k) => expect(x[k]).toBeCloseTo(value, 15));
    expect(logDet[0]).toBeCloseTo(Math.log(3 / 128), 14);
    const back = flow.inverse([[1 / 2, 3 / 8, 1 / 8]]);
    [Math.LN2, Math.log(3)].forEach((value, k) => expect(back.z[k]).toBeCloseTo(value, 14));
  });

  it.each([2, 3, 64])('K = %i: positive, and sums to 1', (size) => {
    const flow = simplexFlow(size);
    const x = flow.sample(200, { seed: 3 });
    for (let r = 0; r < 200; r++) {
      const row = x.subarray(r * size, (r + 1) * size);
      expect(Math.min(...row)).toBeGreaterThan(0);
      expect(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-14);
    }
    const { worstRoundTrip, worstLogDet } = flow.check(x);
    expect(worstRoundTrip).toBeLessThan(1e-14);
    expect(worstLogDet).toBeLessThan(1e-8);
  });

  // 1 − Σ of the first coordinates would be 0, or lose all but three digits.
  it('comes back from far tails to the last digits', () => {
    for (const z of [
      [30, 0, -2],
      [30, 30, 30],
      [-300, 20, 100],
      [200, -5, 300],
    ]) {
      const { z: back } = simplexFlow(4).inverse(simplexFlow(4).forward([z]).x);
      z.forEach((value, k) => expect(Math.abs(back[k] - value)).toBeLessThan(1e-13 * Math.max(1, Math.abs(value))));
    }
  });

  it('K = 64 and y = ±700: a log-determinant, though x underflows', () => {
    const z = Array.from({ length: 63 }, (_, k) => (k % 2 === 0 ? 700 : -700));
    const { x, logDet } = simplexFlow(64).forward([z]);
    expect(logDet[0]).toSatisfy(Number.isFinite);
    expect(x.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 14);
    expect(Math.min(...x)).toBe(0);
    expect(simplexFlow(64).logProb(x)[0]).toBe(-Infinity);
  });

  it.each([
    [[0.5, 0.5, 0]],
    [[0.6, 0.6, -0.2]],
    [[0.2, 0.2, 0.2]],
    [[0.5, 0.3, 0.2 + 2e-9]],
    [[1, 1e-12, 1e-8]],
    [[1e308, 1e308, -1e308]],
  ])('%j is outside: density 0, finite z, no gradient', (row) => {
    const flow = simplexFlow(3);
    const { z, logDet } = flow.inverse([row]);
    expect(logDet[0]).toBe(-Infinity);
    for (const value of z) expect(value).toSatisfy(Number.isFinite);
    const { logProb, dx } = flow.logProbAndGradient([row]);
    expect(logProb[0]).toBe(-Infinity);
    for (const value of dx) expect(Math.abs(value)).toBe(0);
  });

  it('a sum off by less than 1e-9 is rounding', () => {
    expect(simplexFlow(3).logProb([[0.5, 0.3, 0.2 + 5e-10]])[0]).toSatisfy(Number.isFinite);
  });

  it('the gradient by the last coordinate is 0', () => {
    const { dx } = simplexFlow(3).logProbAndGradient([[0.5, 0.3, 0.2]]);
    expect(dx[2]).toBe(0);
    expect(dx[0]).not.toBe(0);
  });

  it('rows have the same bits in any batch', () => {
    const flow = new Flow({ base: normal(4), transforms: [planar(4), supports.simplex(5)], seed: 2 });
    const z = Float64Array.from(new Random(5).normals(4 * 301, 3));
    const { x, logDet } = flow.forward(z);
    const back = flow.inverse(x);
    for (const from of [0, 127, 200, 300]) {
      const alone = flow.forward(z.slice(4 * from, 4 * from + 4));
      expect(alone.x).toEqual(x.slice(5 * from, 5 * from + 5));
      expect(alone.logDet[0]).toBe(logDet[from]);
      expect(flow.inverse(alone.x).z).toEqual(back.z.slice(4 * from, 4 * from + 4));
    }
  });

  it('refuses K = 1, and comes back from a file', () => {
    expect(() => supports.simplex(1)).toThrow(/^supports\.simplex: size must be an integer of at least 2; got 1\.$/);
    const flow = simplexFlow(4);
    const again = Flow.load(flow.save());
    expect(again.dim).toBe(4);
    expect(again.sample(3, { seed: 1 })).toEqual(flow.sample(3, { seed: 1 }));
  });
});
