// Presets: every one, in one and in more dimensions, with and without context, keeps what a flow promises and learns.

import { describe, expect, it } from 'vitest';
import {
  energies,
  fitToData,
  fitToTarget,
  Flow,
  iaf,
  maf,
  nice,
  nsf,
  planarFlow,
  radialFlow,
  realNvp,
  studentT,
  sylvesterFlow,
  type Base,
  type PresetOptions,
} from '../src/index.js';
import { Random } from './reference/random.js';

const SMALL = { layers: 3, hidden: [8, 8], seed: 1 };

const PRESETS: Record<string, (options: PresetOptions & { base?: Base }) => Flow> = {
  planarFlow,
  radialFlow,
  sylvesterFlow,
  nice,
  realNvp,
  maf,
  iaf,
  nsf,
  'nsf, autoregressive': (options) => nsf({ kind: 'autoregressive', ...options }),
};
const FOR_DATA = ['nice', 'realNvp', 'maf', 'nsf', 'nsf, autoregressive'];

/** Initial parameters are (near) the identity: these are not. */
function stirred(flow: Flow, size = 0.3): Flow {
  const random = new Random(3);
  for (const [name, values] of Object.entries(flow.namedParameters())) {
    if (!name.endsWith('.initialized'))
      flow.setParameters({ [name]: values.map((value) => value + size * random.normals(1)[0]) });
  }
  return flow;
}

describe.each(Object.entries(PRESETS))('%s', (_, preset) => {
  it.each([1, 2, 5, 64])('d %i: round trips, and the log-determinant is that of the Jacobian', (dim) => {
    const flow = stirred(preset({ ...SMALL, dim, ...(dim === 64 ? { hidden: [64] } : {}) }), dim > 8 ? 0.02 : 0.2);
    const { worstRoundTrip, worstLogDet } = flow.check(flow.sample(dim > 8 ? 5 : 50, { seed: 2 }));
    expect(worstRoundTrip).toBeLessThan(1e-10);
    expect(worstLogDet).toBeLessThan(1e-9);
  });

  it('takes a context, and depends on it', () => {
    const flow = stirred(preset({ ...SMALL, dim: 2, context: 3 }));
    expect(flow.context).toBe(3);
    const context = Array.from({ length: 20 }, (_, r) => new Random(r).normals(3));
    const x = flow.sample(20, { seed: 2, context });
    const { worstRoundTrip, worstLogDet } = flow.check(x, { context });
    expect(worstRoundTrip).toBeLessThan(1e-10);
    expect(worstLogDet).toBeLessThan(1e-9);
    const scores = flow.logProb(x, { context });
    flow.logProb(x, { context: [[0, 0, 0]] }).forEach((value, r) => expect(value).not.toBe(scores[r]));
  });

  it('the same seed gives the same flow; its file gives the same bytes', () => {
    const flow = preset({ ...SMALL, dim: 2, context: 1 });
    expect(preset({ ...SMALL, dim: 2, context: 1 }).save()).toEqual(flow.save());
    const again = Flow.load(stirred(flow).save());
    const x = Float64Array.from(new Random(5).normals(40));
    expect(again.logProb(x, { context: [[0.5]] })).toEqual(flow.logProb(x, { context: [[0.5]] }));
  });

  it('refuses what makes no sense', () => {
    expect(() => preset({ dim: 0 })).toThrow(/dim must be an integer of at least 1; got 0\.$/);
    expect(() => preset({ dim: 2, layers: 0 })).toThrow(/layers must be an integer of at least 1; got 0\.$/);
    expect(() => preset({ dim: 2, depth: 3 } as never)).toThrow(/options must be among .*; got 'depth'\.$/);
  });
});

describe.each(FOR_DATA)('%s on data', (name) => {
  /** A bent band, in units of its own. */
  const rows = Array.from({ length: 600 }, (_, i) => {
    const [a, b] = new Random(i).normals(2);
    return [100 + 20 * a, 0.01 * (a * a + 0.3 * b)];
  });

  it('learns more than a normal distribution says, and has standardised', async () => {
    const flow = PRESETS[name]({ dim: 2, layers: 4, hidden: [24, 24], seed: 1 });
    const { validationNll } = await fitToData(flow, rows, { steps: 600, seed: 1 });
    // The normal's entropy in nats: ln(2πe) + ½ ln det, the covariance being about diag(400, 2.09e-4).
    const normal = Math.log(2 * Math.PI * Math.E) + 0.5 * Math.log(400 * 2.09e-4);
    expect(validationNll).toBeLessThan(normal - 0.5);
    const { [`transforms.${flow.transforms.length - 1}.initialized`]: initialized } = flow.namedParameters();
    expect(initialized[0]).toBe(1);
  });

  it('takes a base: with heavy tails, rows far out cost as those tails say, not as a square', () => {
    const base = studentT(2, { degreesOfFreedom: 3 });
    const flow = PRESETS[name]({ dim: 2, layers: 2, hidden: [8], base, seed: 1 });
    expect(flow.base).toBe(base);
    const [near, far] = flow.logProb([[1e3, 0], [1e6, 0]]); // prettier-ignore
    expect(near - far).toBeCloseTo(4 * Math.log(1e3), 3); // t₃ falls as |x|⁻⁴; the normal's would be 5e11
    expect(() => PRESETS[name]({ dim: 3, base })).toThrow(/dim/);
  });
});

it('a conditional flow learns what its context says', async () => {
  const context = Array.from({ length: 800 }, (_, i) => [new Random(i).normals(1)[0]]);
  const data = context.map(([c], i) => [Math.sin(2 * c) + 0.1 * new Random(1000 + i).normals(1)[0]]);
  const flow = nsf({ dim: 1, context: 1, layers: 2, hidden: [16, 16], seed: 1 });
  const { validationNll } = await fitToData(flow, data, { context, steps: 800, seed: 1 });
  const blind = nsf({ dim: 1, layers: 2, hidden: [16, 16], seed: 1 });
  const unconditional = await fitToData(blind, data, { steps: 800, seed: 1 });
  expect(validationNll).toBeLessThan(unconditional.validationNll! - 0.7);
  expect(validationNll).toBeLessThan(-0.6); // the noise's own: ½ ln(2πe 0.01) = −0.884
});

it.each(['sylvesterFlow', 'iaf'])('%s fits a target', async (name) => {
  const flow = PRESETS[name]({ dim: 2, layers: 4, hidden: [16], seed: 1 });
  const { freeEnergy } = await fitToTarget(flow, energies.u1, { steps: 1500, batchSize: 128, seed: 1 });
  expect(freeEnergy).toBeLessThan(-1.6); // −ln Z = −1.8775
});
