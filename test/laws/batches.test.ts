// Rows do not know of each other: the same bits alone and in any batch, and what the naive reference says.

import { describe, expect, it } from 'vitest';
import { Flow, normal } from '../../src/index.js';
import { number } from '../reference/algebra.js';
import { forward } from '../reference/chain.js';
import { Random } from '../reference/random.js';
import { DIMS, layersOf, randomCase, transformsOf, type Type } from './cases.js';

const CHAINS: Record<string, Type[]> = {
  batches: ['planar', 'planar', 'radial', 'affine', 'radial', 'sylvester'],
  linear: ['plu', 'planar', 'permutation', 'lu', 'fullAffine', 'actNorm', 'householder'],
};
/** Of networks as wide as they need be for these dimensions. */
const NETWORKS: Type[] = ['coupling', 'autoregressive', 'couplingGelu', 'invertedAutoregressive', 'autoregressiveResidual'];
const CASES = [
  ...Object.entries(CHAINS).flatMap(([name, types]) => DIMS.map((dim) => ({ name, types, dim }))),
  ...[2, 5].map((dim) => ({ name: 'networks', types: NETWORKS, dim })),
];

describe.each(CASES)('$name, d $dim', ({ types, dim }) => {
  const law = randomCase('', types, dim, 50 + dim);
  const parameters = law.parameters.flat();
  const flow = new Flow({ base: normal(dim), transforms: transformsOf(law), seed: 1 });
  flow.setParameters(parameters);
  const z = Float64Array.from(new Random(dim).normals(1000 * dim, 3));
  const all = flow.forward(z);

  it('agrees with the reference', () => {
    const layers = layersOf(law, parameters);
    for (let r = 0; r < 1000; r++) {
      const expected = forward(number, [...z.subarray(r * dim, (r + 1) * dim)], layers);
      const scale = Math.max(1, ...expected.x.map(Math.abs), ...z.subarray(r * dim, (r + 1) * dim).map(Math.abs));
      expected.x.forEach((value, j) => expect(Math.abs(all.x[r * dim + j] - value)).toBeLessThanOrEqual(1e-11 * scale));
      expect(Math.abs(all.logDet[r] - expected.logDet)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(expected.logDet)));
    }
  });

  it.each([1, 2, 3, 33, 128, 129])('%i rows have the bits of 1000', (rows) => {
    const from = 1000 - rows;
    const { x, logDet } = flow.forward(z.slice(from * dim));
    expect(x).toEqual(all.x.slice(from * dim));
    expect(logDet).toEqual(all.logDet.slice(from));
    const back = flow.inverse(x);
    const backAlone = flow.inverse(x.slice(-dim));
    expect(back.z.slice(-dim)).toEqual(backAlone.z);
    expect(back.logDet.slice(-1)).toEqual(backAlone.logDet);
    const density = flow.logProbAndGradient(x);
    expect(density.dx.slice(-dim)).toEqual(flow.logProbAndGradient(x.slice(-dim)).dx);
  });

  it('gradients of parameters are the sum of the rows', () => {
    const rows = 300;
    const seeds = {
      dx: Float64Array.from(new Random(1).normals(rows * dim)),
      dLogDet: Float64Array.from(new Random(2).normals(rows)),
    };
    const { dParameters } = flow.forwardVjp(z.slice(0, rows * dim), seeds);
    const sum = new Float64Array(dParameters.length);
    const size = new Float64Array(dParameters.length);
    for (let r = 0; r < rows; r++) {
      const one = { dx: seeds.dx.slice(r * dim, (r + 1) * dim), dLogDet: seeds.dLogDet.slice(r, r + 1) };
      flow.forwardVjp(z.slice(r * dim, (r + 1) * dim), one).dParameters.forEach((value, k) => {
        sum[k] += value;
        size[k] += Math.abs(value);
      });
    }
    dParameters.forEach((value, k) => expect(Math.abs(value - sum[k])).toBeLessThanOrEqual(1e-13 * size[k]));
  });
});
