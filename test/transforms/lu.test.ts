import { describe, expect, it } from 'vitest';
import { Flow, lu, normal } from '../../src/index.js';
import { decimal } from '../reference/algebra.js';
import { dualAlgebra } from '../reference/dual.js';
import * as reference from '../reference/lu.js';
import { Random } from '../reference/random.js';
import { apply, type Direction, vjp } from '../laws/truth.js';

const flowOf = (dim: number): Flow => new Flow({ base: normal(dim), transforms: [lu(dim)], seed: 1 });

describe('lu', () => {
  // By hand, with L = (1 0; 3 1), U = (1 2; 0 1), both diagonals of raw = ln(e^0.999 − 1) = 0.5397424…, x = (5, 7):
  // U x = (19, 7), L U x = (19, 64), and the shift (1, −1) makes it (20, 63).
  it('gives numbers worked by hand', () => {
    const flow = flowOf(2);
    flow.setParameters({ 'transforms.0.lower': [3], 'transforms.0.upper': [2], 'transforms.0.shift': [1, -1] });
    const { z, logDet } = flow.inverse([[5, 7]]);
    expect([...z]).toEqual([20, 63]);
    expect(logDet[0]).toBeCloseTo(0, 15);
    expect([...flow.forward([[20, 63]]).x]).toEqual([5, 7]);
  });

  // By hand: raw = 0 makes a diagonal of ln 2 + 10⁻³ = 0.694147180559945, whose logarithm is −0.365071265…
  it('keeps the diagonal positive: softplus, and a thousandth', () => {
    const flow = flowOf(1);
    flow.setParameters({ 'transforms.0.rawDiagonal': [0] });
    expect(flow.inverse([[1]]).z[0]).toBeCloseTo(Math.LN2 + 1e-3, 15);
    expect(flow.inverse([[1]]).logDet[0]).toBeCloseTo(-0.36507126522542, 14);
    flow.setParameters({ 'transforms.0.rawDiagonal': [-1e9] });
    expect(flow.inverse([[1]]).z[0]).toBe(1e-3);
  });

  it('starts as the identity, to the bit', () => {
    for (const dim of [1, 2, 7]) {
      const x = Float64Array.from({ length: dim }, (_, j) => j + 0.1);
      expect(flowOf(dim).forward(x)).toEqual({ x, logDet: Float64Array.of(-0) });
      expect(flowOf(dim).inverse(x)).toEqual({ z: x, logDet: Float64Array.of(0) });
    }
  });

  // Beyond the dimensions of the laws' table: the derivative along a direction in all inputs and parameters at once.
  it.each(['forward', 'inverse'] as Direction[])('d 64, %s: sixty digits, to 1e-12 of the largest', (direction) => {
    const dim = 64;
    const random = new Random(5);
    const parameters = [...random.normals(dim * (dim - 1), 0.5 / dim), ...random.normals(2 * dim)];
    const row = random.normals(dim);
    const seeds = random.normals(dim + 1);
    const flow = flowOf(dim);
    flow.setParameters(parameters);
    const { output, logDet } = apply(flow, direction, Float64Array.from(row));
    const { dInput, dParameters } = vjp(
      flow,
      direction,
      Float64Array.from(row),
      Float64Array.from(seeds.slice(0, dim)),
      Float64Array.of(seeds[dim]),
    );
    const gradient = [...dInput, ...dParameters];
    for (let k = 0; k < 3; k++) {
      const along = random.normals(gradient.length);
      const variables = [...row, ...parameters].map((value, i) => ({
        value: decimal.from(value),
        tangents: [decimal.from(along[i])],
      }));
      const D = dualAlgebra(decimal);
      const layer = reference.fromVector(variables.slice(dim));
      const result = reference[direction](D, variables.slice(0, dim), layer);
      const outputs = [...('x' in result ? result.x : result.z), result.logDet];
      near([...output, ...logDet], outputs.map(D.toNumber));
      const expected = outputs.reduce((sum, { tangents }, i) => sum + seeds[i] * decimal.toNumber(tangents[0]), 0);
      const scale = gradient.reduce((sum, value, i) => sum + Math.abs(value * along[i]), 0);
      const got = gradient.reduce((sum, value, i) => sum + value * along[i], 0);
      expect(Math.abs(got - expected)).toBeLessThanOrEqual(1e-12 * scale);
    }
  });

  it('refuses dim 0', () => {
    expect(() => lu(0)).toThrow(new RangeError('lu: dim must be an integer of at least 1; got 0.'));
  });

  it('comes back from a file, with triangles of no entry too', () => {
    for (const dim of [1, 3]) {
      const flow = flowOf(dim);
      flow.setParameters(flow.getParameters().map((_, k) => Math.sin(k)));
      const x = Float64Array.from({ length: dim }, (_, j) => Math.cos(j));
      expect(Flow.load(flow.save()).logProb(x)).toEqual(flow.logProb(x));
    }
  });
});

function near(actual: ArrayLike<number>, expected: readonly number[]): void {
  const largest = Math.max(...expected.map(Math.abs));
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(1e-12 * largest));
}
