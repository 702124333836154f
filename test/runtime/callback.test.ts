// While a target's function runs, memory that the library shares among its calls is in use: every way in is closed.

import { describe, expect, it } from 'vitest';
import {
  cosineDecay,
  energies,
  fitToData,
  fitToTarget,
  Flow,
  normal,
  planar,
  setThreads,
  targetFromFunction,
  threads,
} from '../../src/index.js';

const makeFlow = (): Flow => new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
const x = Float64Array.of(0.5, -0.5);

const flow = makeFlow();
const bytes = flow.save();
const other = targetFromFunction(2, (_, logProb) => void logProb.fill(-1));

const CALLS: Record<string, () => unknown> = {
  'new Flow': () => makeFlow(),
  'Flow.load': () => Flow.load(bytes),
  forward: () => flow.forward(x),
  inverse: () => flow.inverse(x),
  forwardVjp: () => flow.forwardVjp(x, {}),
  inverseVjp: () => flow.inverseVjp(x, {}),
  logProb: () => flow.logProb(x),
  logProbAndGradient: () => flow.logProbAndGradient(x),
  sample: () => flow.sample(1),
  sampleAndLogProb: () => flow.sampleAndLogProb(1),
  check: () => flow.check(x),
  getParameters: () => flow.getParameters(),
  namedParameters: () => flow.namedParameters(),
  setParameters: () => flow.setParameters([1, 1, 1, 1, 1]),
  save: () => flow.save(),
  dispose: () => flow.dispose(),
  'a recorded target': () => energies.u1.logProb(x),
  'another target of a function': () => other.logProb(x),
  'its gradient': () => other.logProbAndGradient(x),
  fitToTarget: () => fitToTarget(flow, energies.u1),
  fitToData: () =>
    fitToData(flow, [
      [0, 1],
      [1, 0],
    ]),
  setThreads: () => setThreads(1),
  'the end of the threads': () => threads().dispose(),
  'a schedule that computes a cosine': () => cosineDecay()(50, 100),
};

const INSIDE = /^[\w.]+: the library must not be called from inside a target's function; the target's function is running\.$/;

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  it('throws inside a call of the target, and the target throws that', () => {
    const calling = targetFromFunction(2, () => void call());
    expect(() => calling.logProb(x)).toThrow(INSIDE);
    expect(flow.disposed).toBe(false);
  });

  it('throws inside a fit, which rejects with it', async () => {
    const calling = targetFromFunction(2, () => void call());
    const own = makeFlow();
    await expect(fitToTarget(own, calling, { steps: 2, batchSize: 2, estimateSamples: 2 })).rejects.toThrow(INSIDE);
    own.dispose();
  });
});

it('afterwards the library works on', () => {
  expect(flow.logProb(x)).toHaveLength(1);
  expect(other.logProb(x)).toEqual(Float64Array.of(-1));
});
