import { describe, expect, it, vi } from 'vitest';
import { autoregressive, type AutoregressiveOptions, Flow, invert, maps, normal } from '../../src/index.js';
import { Random } from '../reference/random.js';

const flowOf = (dim: number, options: AutoregressiveOptions, seed = 1): Flow =>
  new Flow({ base: normal(dim), transforms: [autoregressive(dim, options)], seed });

function randomized(flow: Flow, seed: number): Flow {
  flow.setParameters(new Random(seed).normals(flow.parameterCount, 0.7));
  return flow;
}

/** Of a chain of numbers x that depend each on those before it: which features row i of the Jacobian of `forward` reaches. */
function dependencies(flow: Flow): number[][] {
  const z = new Random(9).normals(flow.dim);
  return z.map((_, i) => {
    const dx = new Float64Array(flow.dim);
    dx[i] = 1;
    return [...flow.forwardVjp(Float64Array.from(z), { dx }).dz].flatMap((value, j) => (value === 0 ? [] : [j]));
  });
}

describe('autoregressive', () => {
  // By hand, d 2, one hidden unit of degree 1: h = max(2 z₀ − 1, 0) = 5 at z₀ = 3. Shift and ln scale of feature 0 are its biases 1 and ½,
  // those of feature 1 are 0.5 h − 1 = 1.5 and 0.1 h − 0.25 = ¼.
  it('gives a number worked by hand', () => {
    const flow = flowOf(2, { hidden: [1], map: maps.affine({ scale: 'exp' }) });
    const masked = 1e6; // the weight of z₁, and those of h for feature 0
    flow.setParameters([2, masked, -1, masked, masked, 0.5, 0.1, 1, 0.5, -1, -0.25]);
    const { x, logDet } = flow.forward([[3, 2]]);
    expect(x[0]).toBeCloseTo(1 + 3 * 1.6487212707001282, 14);
    expect(x[1]).toBeCloseTo(1.5 + 2 * 1.2840254166877414, 14);
    expect(logDet[0]).toBeCloseTo(0.75, 15);
    const { z } = flow.inverse(x);
    expect(z[0]).toBeCloseTo(3, 14);
    expect(z[1]).toBeCloseTo(2, 14);
  });

  it('every feature depends on itself and all before it, in its order', () => {
    const options = { hidden: [8, 8], activation: 'tanh' } as const;
    expect(dependencies(randomized(flowOf(4, options), 1))).toEqual([[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]);
    const ordered = randomized(flowOf(4, { ...options, order: [2, 0, 3, 1] }), 1);
    expect(dependencies(ordered)).toEqual([[0, 2], [0, 1, 2, 3], [2], [0, 2, 3]]); // prettier-ignore
  });

  it('degrees of its own', () => {
    const flow = randomized(flowOf(3, { hidden: [2], activation: 'tanh', degrees: [[0, 1]] }), 1);
    expect(dependencies(flow)).toEqual([[0], [0, 1], [0, 2]]);
  });

  it.each([
    { hidden: [7, 9], degrees: [[1, 1, 2, 2, 3, 4, 4], [0, 1, 1, 2, 3, 3, 4, 4, 4]] }, // prettier-ignore
    { hidden: [5], residual: true, degrees: [[1, 1, 2, 3, 4], [2, 2, 2, 4, 4], [1, 2, 3, 4, 4]] }, // prettier-ignore
    { hidden: [6, 6], residual: true },
    { hidden: [4, 6, 5] },
  ] satisfies AutoregressiveOptions[])('the way back undoes it: %j', (options) => {
    const flow = randomized(flowOf(5, { ...options, activation: 'elu', order: [3, 0, 4, 1, 2] }), 3);
    const y = Float64Array.from(new Random(4).normals(5 * 131));
    const { z, logDet } = flow.inverse(y);
    const again = flow.forward(z);
    again.x.forEach((value, i) => expect(Math.abs(value - y[i])).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(z[i]))));
    logDet.forEach((value, r) => expect(value + again.logDet[r]).toBeCloseTo(0, 9));
  });

  // The naive way back: d passes of the whole network. z_i reaches x_i alone, so that x_i is feature i's shift while z_i is 0, without
  // rounding, once those before it are known.
  it.each([{ hidden: [6, 7] }, { hidden: [5, 5], residual: true }])(
    'the way back, one unit at a time, has the bits of d passes: %j',
    (options) => {
      const dim = 5;
      const order = [3, 0, 4, 1, 2];
      const flow = randomized(flowOf(dim, { ...options, activation: 'softplus', order, map: maps.additive() }), 5);
      for (const rows of [1, 2, 3, 131]) {
        const y = Float64Array.from(new Random(rows).normals(dim * rows, 2));
        const z = new Float64Array(y.length);
        for (const feature of order) {
          const { x } = flow.forward(z); // z is 0 at this feature, and so x the shift
          for (let at = feature; at < z.length; at += dim) z[at] = y[at] - x[at];
        }
        expect(flow.inverse(y).z).toEqual(z);
      }
    },
  );

  it.each([1, 2, 5])('starts as the identity, d %i', (dim) => {
    const z = Float64Array.from({ length: 3 * dim }, (_, i) => i - 2.5);
    const { x, logDet } = flowOf(dim, { hidden: [8, 8], residual: true }).forward(z);
    expect(x).toEqual(z);
    expect([...logDet]).toEqual([0, 0, 0]);
  });

  it('saves and loads to the bit', () => {
    const layer = autoregressive(3, { hidden: [2], order: [1, 2, 0], degrees: [[1, 2]], map: maps.spline({ bins: 3 }) });
    const flow = randomized(new Flow({ base: normal(3), transforms: [layer, invert(layer)], seed: 1 }), 6);
    const rows = [[0.5, -1, 2], [3, 0, -0.25]]; // prettier-ignore
    expect(Flow.load(flow.save()).logProb(rows)).toEqual(flow.logProb(rows));
  });

  it('warns of hidden layers with fewer units than features to see, once a layer', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    autoregressive(5, { hidden: [4, 3] });
    autoregressive(5, { hidden: [4], context: 2 });
    const texts = warn.mock.calls.map(([text]) => text as string);
    warn.mockRestore();
    expect(texts).toEqual([
      'autoregressive: hidden should have at least 4 units a layer, one for each feature to see; got 3. Degrees are spread evenly.',
      'autoregressive: hidden should have at least 5 units a layer, one for each feature to see; got 4. Degrees are spread evenly.',
    ]);
  });

  it.each([
    [{ order: [0, 0, 1] }, 'autoregressive: order must hold each of 0 … 2 once; got 0 at index 1.'],
    [{ order: [1, 0] }, 'autoregressive: order must have length 3; got 2.'],
    [{ hidden: [2], degrees: [] }, /^autoregressive: degrees must hold 1 lists; got/],
    [{ hidden: [2], degrees: [[2, 1]] }, /^autoregressive: degrees\[0\] must hold 2 ascending integers in \[0, 2\]; got/],
    [{ hidden: [2], degrees: [[1, 3]] }, /^autoregressive: degrees\[0\] must hold 2 ascending integers in \[0, 2\]; got/],
    [{ hidden: [2], degrees: [[1]] }, /^autoregressive: degrees\[0\] must hold 2 ascending integers in \[0, 2\]; got/],
    [
      { hidden: [2], residual: true, degrees: [[1, 2], [1, 2], [1, 1]] }, // prettier-ignore
      'autoregressive: degrees[2] must not fall below degrees[0], which its residual block adds to; got 1 below 2 at index 1.',
    ],
    [{ mask: 'odd' }, /^autoregressive: .*mask/],
  ])('refuses %j', (options, text) => {
    expect(() => autoregressive(3, options as unknown as AutoregressiveOptions)).toThrow(text);
  });
});
