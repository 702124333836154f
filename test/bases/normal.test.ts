import { describe, expect, it } from 'vitest';
import { affine, Flow, normal } from '../../src/index.js';
import { number } from '../reference/algebra.js';
import * as reference from '../reference/normal.js';
import { Random } from '../reference/random.js';

const PLACED = { location: [1, -2, 0.5], logScale: [0.3, -1, 2] };
/** An affine transform that does nothing leaves the base. */
const flowOf = (base: ReturnType<typeof normal>): Flow => new Flow({ base, transforms: [affine(base.dim)], seed: 1 });
const x = Float64Array.from(new Random(1).normals(30, 2));

describe('normal', () => {
  // By hand: −½ (1 + 4) − ln 2π = −4.337877066409345.
  it('gives a number worked by hand', () => {
    expect(flowOf(normal(2)).logProb([[1, 2]])[0]).toBeCloseTo(-4.337877066409345, 14);
  });

  it.each([
    ['standard', normal(3), { location: [0, 0, 0], logScale: [0, 0, 0] }],
    ['placed', normal(3, PLACED), PLACED],
    ['trainable', normal(3, { ...PLACED, trainable: true }), PLACED],
    ['of one scale', normal(3, { logScale: 0.5 }), { location: [0, 0, 0], logScale: [0.5, 0.5, 0.5] }],
  ])('%s: density and samples', (_, base, parameters) => {
    const flow = flowOf(base);
    flow.logProb(x).forEach((value, r) => {
      const expected = reference.logProb(number, [...x.subarray(3 * r, 3 * r + 3)], parameters);
      expect(Math.abs(value - expected)).toBeLessThan(1e-13 * Math.max(1, Math.abs(expected)));
    });
    const { x: samples, logProb } = flow.sampleAndLogProb(20_000, { seed: 3 });
    flow.logProb(samples).forEach((value, r) => expect(Math.abs(value - logProb[r])).toBeLessThan(1e-11));
    for (let j = 0; j < 3; j++) {
      const column = samples.filter((_, i) => i % 3 === j);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      const scale = Math.exp(parameters.logScale[j]);
      expect(Math.abs(mean - parameters.location[j])).toBeLessThan((4 * scale) / Math.sqrt(column.length));
    }
  });

  it('has parameters when trainable, with their gradient', () => {
    expect(normal(3, PLACED).parameters).toEqual([]);
    const flow = flowOf(normal(3, { ...PLACED, trainable: true }));
    expect(Object.keys(flow.namedParameters()).slice(0, 2)).toEqual(['base.location', 'base.logScale']);
    const { dParameters } = flow.logProbAndGradient(x);
    const named = flow.namedParameters(dParameters);
    for (let j = 0; j < 3; j++) {
      let [location, logScale] = [0, 0];
      for (let r = 0; r < 10; r++) {
        const scale = Math.exp(PLACED.logScale[j]);
        const t = (x[3 * r + j] - PLACED.location[j]) / scale;
        location += t / scale; // ∂/∂μ ln N = (x − μ)/σ²
        logScale += t * t - 1; // ∂/∂ln σ ln N = ((x − μ)/σ)² − 1
      }
      expect(named['base.location'][j]).toBeCloseTo(location, 10);
      expect(named['base.logScale'][j]).toBeCloseTo(logScale, 10);
    }
  });

  it('refuses other lengths, values and options', () => {
    expect(() => normal(0)).toThrow(/^normal: dim must be an integer of at least 1; got 0\.$/);
    expect(() => normal(2, { location: [1] })).toThrow(
      /^normal: location must be a number or have length 2; got Array of length 1\.$/,
    );
    expect(() => normal(2, { logScale: NaN })).toThrow(RangeError);
    expect(() => normal(2, { scale: 1 } as never)).toThrow(TypeError);
    expect(() => normal(2, { trainable: 'no' } as never)).toThrow(/^normal: trainable must be true or false; got 'no'\.$/);
    expect(() => normal(1, { location: ['5'] } as never)).toThrow(/^normal: location must hold numbers; got '5' at index 0\.$/);
    expect(() => normal(2, { location: { length: 2 } } as never)).toThrow(RangeError);
  });
});
