// The path estimator: no noise where the flow is the target, and elsewhere the mean of the total one.

import { describe, expect, it } from 'vitest';
import {
  affine,
  autoregressive,
  coupling,
  energies,
  fitToTarget,
  Flow,
  fullNormal,
  householder,
  invert,
  logDensity,
  lu,
  maps,
  model,
  normal,
  planar,
  radial,
  real,
  sgd,
  studentT,
  sum,
  sylvester,
  targetFromFunction,
  type Base,
  type Estimator,
  type Target,
  type Transform,
} from '../../src/index.js';

const LEARNING_RATE = 1e-6;

/** The gradient of one step, from how far plain descent moves. */
async function gradient(
  flow: Flow,
  target: Target,
  estimator: Estimator,
  batchSize: number,
  seed: number,
): Promise<Float64Array> {
  const before = flow.getParameters();
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  await fitToTarget(flow, target, { estimator, steps: 1, batchSize, seed, optimizer, annealing: 'none', estimateSamples: 2 });
  const moved = flow.getParameters().map((value, k) => (before[k] - value) / LEARNING_RATE);
  flow.setParameters(before);
  return moved;
}

function randomFlow(base: Base, transforms: readonly Transform[]): Flow {
  const flow = new Flow({ base, transforms, seed: 1 });
  let state = 1;
  const uniform = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  flow.setParameters(flow.getParameters().map((value) => value + 0.2 * (uniform() - 0.5)));
  return flow;
}

it('has no noise where the flow is the target, the total estimator has', async () => {
  const target = model({ x: real(2) }, ({ x }) => sum(logDensity.normal(x, [1, -2], [0.5, 3]))).bind({});
  const flow = new Flow({ base: normal(2), transforms: [affine(2)], seed: 1 });
  const shift = [1, -2];
  flow.setParameters([...shift, ...[0.5, 3].map(Math.log)]);
  const [x] = [flow.sample(1)];
  expect(flow.logProb(x)[0]).toBeCloseTo(target.logProb(x)[0], 12);
  expect(Math.max(...(await gradient(flow, target, 'path', 50, 1)).map(Math.abs))).toBeLessThan(1e-8);
  expect(Math.max(...(await gradient(flow, target, 'total', 50, 1)).map(Math.abs))).toBeGreaterThan(1e-2);
});

describe('has the mean of the total estimator', () => {
  const network = { hidden: [8] };
  const flows: Record<string, () => Flow> = {
    planar: () => randomFlow(normal(2, { trainable: true }), [planar(2), planar(2)]),
    radial: () => randomFlow(normal(2), [radial(2), radial(2)]),
    sylvester: () => randomFlow(normal(2), [sylvester(2, { kind: 'orthogonal', rank: 2 })]),
    'lu and householder': () => randomFlow(fullNormal(2, { trainable: true }), [lu(2), householder(2, { reflections: 1 })]),
    coupling: () => randomFlow(normal(2), [coupling(2, network), coupling(2, { ...network, mask: 'even' })]),
    'spline coupling': () =>
      randomFlow(studentT(2, { degreesOfFreedom: 5, trainable: true }), [
        coupling(2, { ...network, map: maps.spline({ bins: 4 }) }),
        affine(2),
      ]),
    autoregressive: () =>
      randomFlow(normal(2), [autoregressive(2, network), invert(autoregressive(2, { ...network, order: [1, 0] }))]),
  };

  it.each(Object.entries(flows))('%s', async (_, make) => {
    const flow = make();
    const seeds = Array.from({ length: 24 }, (_, k) => k);
    const differences: Float64Array[] = [];
    for (const seed of seeds) {
      const total = await gradient(flow, energies.u1, 'total', 2000, seed);
      const path = await gradient(flow, energies.u1, 'path', 2000, seed);
      differences.push(path.map((value, k) => value - total[k]));
    }
    for (let k = 0; k < flow.parameterCount; k++) {
      const values = differences.map((row) => row[k]);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const error = Math.sqrt(values.reduce((all, value) => all + (value - mean) ** 2, 0) / (values.length - 1) / values.length);
      expect(Math.abs(mean), `parameter ${k}`).toBeLessThan(5 * error + 1e-7);
    }
  });
});

it('takes targets of the user’s, and is checked', async () => {
  const target = targetFromFunction(2, (x, logProb, dx) => {
    for (let i = 0; i < logProb.length; i++) logProb[i] = -0.5 * (x[2 * i] ** 2 + x[2 * i + 1] ** 2);
    x.forEach((value, i) => (dx[i] = -value));
  });
  const flow = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
  const [inside, outside] = [await gradient(flow, target, 'path', 64, 1), await gradient(flow, target, 'total', 64, 1)];
  expect(inside.some((value, k) => Math.abs(value - outside[k]) > 1e-3)).toBe(true);
  await expect(fitToTarget(flow, target, { estimator: 'score' as never })).rejects.toThrow(
    /estimator must be 'total' or 'path'|estimator/,
  );
});

it('a checkpoint of one estimator is no checkpoint of the other', async () => {
  const flow = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
  let checkpoint: Uint8Array | undefined;
  const options = { steps: 20, checkpointEvery: 10, estimateSamples: 2 };
  await fitToTarget(flow, energies.u1, { ...options, estimator: 'path', onCheckpoint: (bytes) => void (checkpoint ??= bytes) });
  await expect(fitToTarget(flow, energies.u1, { ...options, resume: checkpoint })).rejects.toThrow(/estimator/);
});
