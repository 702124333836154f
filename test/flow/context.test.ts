// The context of a call, where it is awkward: in the memory of the result, or of a layer that cannot take it.

import { describe, expect, it } from 'vitest';
import {
  actNorm,
  chain,
  conditional,
  coupling,
  Flow,
  invert,
  nice,
  normal,
  planar,
  standardize,
  sylvesterFlow,
} from '../../src/index.js';

const ROWS = 300_000; // several parts of a streamed batch

describe('a context in the memory of the result', () => {
  const flow = new Flow({ base: normal(2), transforms: [conditional(planar(2), { context: 2, hidden: [4] })], seed: 1 });
  flow.setParameters(flow.getParameters().map((value, k) => value + 0.3 * Math.sin(k + 1)));
  const z = Float64Array.from({ length: 2 * ROWS }, (_, i) => ((i * 7919) % 4093) / 1024 - 2);

  it('of one row is read before it is overwritten', () => {
    const expected = flow.forward(z, { context: [[0.5, -1]] });
    const out = new Float64Array(2 * ROWS);
    out.set([0.5, -1]);
    expect(flow.forward(z, { context: out.subarray(0, 2), out }).x).toEqual(expected.x);
  });

  it('of all rows, too; and of samples', () => {
    const context = z.map((value) => value / 2);
    const expected = flow.forward(z, { context });
    const out = context.slice();
    expect(flow.forward(z, { context: out, out }).x).toEqual(expected.x);
    const drawn = flow.sample(ROWS, { seed: 2, context });
    const again = context.slice();
    expect(flow.sample(ROWS, { seed: 2, context: again, out: again })).toEqual(drawn);
  });
});

it('a gradient of parameters that overflows is an error, not NaN', () => {
  const flow = new Flow({ base: normal(2), transforms: [coupling(2, { hidden: [4] })], seed: 1 });
  flow.setParameters(flow.getParameters().map((value) => value + 1));
  expect(() =>
    flow.forwardVjp(
      [
        [3, 3],
        [3, 3],
      ],
      { dx: Float64Array.of(1e308, 1e308, -1e308, -1e308) },
    ),
  ).toThrow(/^Flow.forwardVjp: the (result must be a number|gradient of the parameters must hold numbers)/);
});

it('layers that data set up are neither conditional nor inverted', () => {
  expect(() => conditional(standardize(2), { context: 1 })).toThrow(
    /^conditional: transform must have trained parameters only; got logScale, which is not\.$/,
  );
  expect(() => conditional(actNorm(2), { context: 1 })).toThrow(/got initialized, which is not\.$/);
  const message = 'invert: transform must not be set up by data, as actNorm and standardize are; got one that is.';
  for (const transform of [actNorm(2), standardize(2), chain([planar(2), actNorm(2)])])
    expect(() => invert(transform)).toThrow(message);
});

it('lists longer than the arguments of a call become programs', () => {
  const flow = new Flow({ base: normal(2), transforms: [coupling(2, { hidden: [200_000] })], seed: 1 });
  expect(flow.logProb([[0, 0]])[0]).toBeCloseTo(-Math.log(2 * Math.PI), 12);
});

it('presets without options say so', () => {
  expect(() => nice(undefined as never)).toThrow(/^nice: options must be an object; got undefined\.$/);
  expect(() => sylvesterFlow(undefined as never)).toThrow(/^sylvesterFlow: options must be an object; got undefined\.$/);
});
