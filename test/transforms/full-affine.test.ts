import { describe, expect, it } from 'vitest';
import { Flow, fitToTarget, fullAffine, fullNormal, normal, targetFromFunction } from '../../src/index.js';

const flowOf = (dim: number): Flow => new Flow({ base: normal(dim), transforms: [fullAffine(dim)], seed: 1 });

describe('fullAffine', () => {
  // By hand: M = (1 0; 3 1) takes z = (2, 1) to (2, 7); e^logScale = (1, ½) and the shift (1, −1) make it (3, 2.5); ln det = −ln 2.
  it('gives numbers worked by hand', () => {
    const flow = flowOf(2);
    flow.setParameters({
      'transforms.0.shift': [1, -1],
      'transforms.0.logScale': [0, -Math.LN2],
      'transforms.0.lower': [3],
    });
    const { x, logDet } = flow.forward([[2, 1]]);
    expect([...x]).toEqual([3, 2.5]);
    expect(logDet[0]).toBeCloseTo(-Math.LN2, 15);
    expect([...flow.inverse([[3, 2.5]]).z]).toEqual([2, 1]);
  });

  it('starts as the identity, to the bit', () => {
    for (const dim of [1, 2, 7]) {
      const x = Float64Array.from({ length: dim }, (_, j) => j + 0.1);
      expect(flowOf(dim).forward(x).x).toEqual(x);
      expect(flowOf(dim).inverse(x).z).toEqual(x);
    }
  });

  it('makes a standard normal the normal with that covariance', () => {
    const dim = 5;
    const flow = flowOf(dim);
    flow.setParameters(flow.getParameters().map((_, k) => Math.sin(3 * k)));
    const {
      'transforms.0.shift': location,
      'transforms.0.logScale': logScale,
      'transforms.0.lower': lower,
    } = flow.namedParameters();
    const choleskyFactor = Array.from({ length: dim }, (_, i) =>
      Array.from({ length: dim }, (__, j) => {
        if (j > i) return 0;
        return Math.exp(logScale[i]) * (j === i ? 1 : lower[(i * (i - 1)) / 2 + j]);
      }),
    );
    const same = new Flow({ base: fullNormal(dim, { location, choleskyFactor }), transforms: [fullAffine(dim)] });
    const x = flow.sample(100);
    const expected = same.logProb(x);
    flow.logProb(x).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
  });

  it('stays as it was set where it is not trained', async () => {
    const flow = new Flow({ base: normal(2, { trainable: true }), transforms: [fullAffine(2, { trainable: false })], seed: 1 });
    flow.setParameters({ 'transforms.0.shift': [1, -1], 'transforms.0.lower': [0.5] });
    const target = targetFromFunction(2, (x, logProb, gradient) => {
      logProb.forEach((_, i) => (logProb[i] = -0.5 * (x[2 * i] ** 2 + x[2 * i + 1] ** 2)));
      x.forEach((value, k) => (gradient[k] = -value));
    });
    await fitToTarget(flow, target, { steps: 20 });
    const { 'transforms.0.shift': shift, 'transforms.0.lower': lower, 'base.location': location } = flow.namedParameters();
    expect([...shift, ...lower]).toEqual([1, -1, 0.5]);
    expect(location.every((value) => value !== 0)).toBe(true);
  });

  it('refuses dim 0, what is no boolean, and scales that overflow', () => {
    expect(() => fullAffine(0)).toThrow(new RangeError('fullAffine: dim must be an integer of at least 1; got 0.'));
    expect(() => fullAffine(2, { trainable: 1 as never })).toThrow(TypeError);
    expect(() => flowOf(2).setParameters({ 'transforms.0.logScale': [0, 701] })).toThrow(RangeError);
  });

  it('comes back from a file, trained or not, with a triangle of no entry too', () => {
    for (const dim of [1, 3]) {
      const transforms = [fullAffine(dim), fullAffine(dim, { trainable: false })];
      const flow = new Flow({ base: normal(dim), transforms, seed: 1 });
      flow.setParameters(flow.getParameters().map((_, k) => Math.sin(k)));
      const x = Float64Array.from({ length: dim }, (_, j) => Math.cos(j));
      const again = Flow.load(flow.save());
      expect(again.logProb(x)).toEqual(flow.logProb(x));
      expect(again.transforms.map((transform) => transform.describe())).toEqual(
        transforms.map((transform) => transform.describe()),
      );
    }
  });
});
