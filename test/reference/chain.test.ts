import { expect, it } from 'vitest';
import { decimal, vector } from './algebra.js';
import * as chain from './chain.js';
import { jacobian, logAbsDet } from './dual.js';
import * as normal from './normal.js';
import * as planar from './planar.js';
import * as radial from './radial.js';
import { Random } from './random.js';

const DIM = 3;

function layersFrom<T>(parameters: readonly T[]): chain.Layer<T>[] {
  const first = planar.fromVector(parameters.slice(0, 2 * DIM + 1));
  const second = radial.fromVector(parameters.slice(2 * DIM + 1));
  return [chain.layer<T, planar.Planar<T>>(planar, first), chain.layer<T, radial.Radial<T>>(radial, second)];
}

const random = new Random(5);
const parameters = vector(decimal, random.normals(2 * DIM + 1 + DIM + 2));
const z = vector(decimal, random.normals(DIM));

it('applies layers first to last, adds their logDets, and undoes them last to first', () => {
  const { x, logDet } = chain.forward(decimal, z, layersFrom(parameters));
  const matrix = jacobian(
    decimal,
    (D, v) => chain.forward(D, v, layersFrom(parameters.map((value) => ({ value, tangents: [] })))).x,
    z,
  );
  expect(logDet.sub(logAbsDet(decimal, matrix)).abs().toNumber()).toBeLessThan(1e-50);
  const back = chain.inverse(decimal, x, layersFrom(parameters));
  back.z.forEach((zi, i) => expect(zi.sub(z[i]).abs().toNumber()).toBeLessThan(1e-50));
  expect(back.logDet.add(logDet).abs().toNumber()).toBeLessThan(1e-50);
});

it('ln q(x) = ln q₀(z) − logDet', () => {
  const base = (point: typeof z) => normal.logProb(decimal, point, normal.standard(decimal, DIM));
  const { x, logDet } = chain.forward(decimal, z, layersFrom(parameters));
  const logProb = chain.logProb(decimal, x, layersFrom(parameters), base);
  expect(logProb.sub(base(z).sub(logDet)).abs().toNumber()).toBeLessThan(1e-50);
});
