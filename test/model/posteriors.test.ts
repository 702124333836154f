// The log densities of ten posteriors, their gradients and constrained parameters, at probes computed in Python.

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { posteriorModels } from './posterior-models.js';

interface Posterior {
  readonly data: never;
  readonly probes: readonly {
    readonly u: number[];
    readonly logp: number;
    readonly grad: number[];
    readonly constrained: number[];
  }[];
}

const folder = 'test/model/posteriors/';
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));

it('every posterior has a model', () => expect(names).toEqual(Object.keys(posteriorModels)));

describe.each(names)('%s', (name) => {
  const { data, probes } = JSON.parse(readFileSync(`${folder}${name}.json`, 'utf8')) as Posterior;
  const target = posteriorModels[name].bind(data);
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
});

function relative(value: number, expected: number): number {
  return Math.abs(value - expected) / Math.abs(expected);
}
