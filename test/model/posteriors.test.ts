// The log densities of ten posteriors, their gradients and constrained parameters, at probes computed in Python.

import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import type { BoundModel } from '../../src/index.js';

interface Posterior {
  readonly data: never;
  readonly probes: readonly {
    readonly u: number[];
    readonly logp: number;
    readonly grad: number[];
    readonly constrained: number[];
  }[];
}

const { posteriors, posteriorModels, quantitiesOf } = (await import(
  new URL('../../examples/posteriors/models.mjs', import.meta.url).href
)) as {
  posteriors: Record<string, Posterior>;
  posteriorModels: (nf: typeof library) => Record<string, { bind: (data: never) => BoundModel }>;
  quantitiesOf: (name: string, draws: Readonly<Record<string, Float64Array>>, n: number) => number[][];
};
const models = posteriorModels(library);
const names = Object.keys(posteriors);

it('every posterior has a model', () => expect(Object.keys(models)).toEqual(names));

describe.each(names)('%s', (name) => {
  const { data, probes } = posteriors[name];
  const target = models[name].bind(data);
  const u = probes.map((probe) => probe.u);

  it('log density and gradient to 1e-9', () => {
    const { logProb, dx } = target.logProbAndGradient(u);
    probes.forEach((probe, i) => {
      expect(relative(logProb[i], probe.logp)).toBeLessThan(1e-9);
      const scale = Math.max(...probe.grad.map(Math.abs));
      probe.grad.forEach((expected, j) => {
        expect(Math.abs(dx[i * target.dim + j] - expected)).toBeLessThan(1e-9 * scale);
      });
    });
  });

  // In gp_pois_regr, f = L η: the covariance L Lᵀ, with 1e-10 on its diagonal, has a condition number of about 1e11.
  const tolerance = name === 'gp_pois_regr' ? 1e-9 : 1e-15;
  it(`constrained parameters to ${tolerance}`, () => {
    const rows = quantitiesOf(name, target.constrain(u), u.length);
    probes.forEach(({ constrained }, i) => {
      expect(rows[i]).toHaveLength(constrained.length);
      constrained.forEach((expected, j) =>
        expect(Math.abs(rows[i][j] - expected)).toBeLessThan(tolerance * (1 + Math.abs(expected))),
      );
    });
  });
});

function relative(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected);
}
