// The context of a call: standardised; and where it is awkward, in the memory of the result, or of a layer that cannot take it.

import { describe, expect, it } from 'vitest';
import {
  actNorm,
  chain,
  conditional,
  conditionalNormal,
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

describe('a context that the flow standardises', () => {
  const make = (standardizeContext: boolean): Flow => {
    const base = conditionalNormal(2, { context: 2, hidden: [5], activation: 'tanh' });
    const transforms = [coupling(2, { context: 2, hidden: [6] }), conditional(planar(2), { context: 2, hidden: [4] })];
    const flow = new Flow({ base, transforms, standardizeContext, seed: 1 });
    const moved = flow.getParameters().map((value, k) => value + 0.2 * Math.sin(k + 1));
    if (standardizeContext) moved.set([-Math.log(1000), Math.log(8), -40, 2, 1], moved.length - 5);
    flow.setParameters(moved);
    return flow;
  };
  const [flow, plain] = [make(true), make(false)];
  const ROWS = 37;
  const x = Float64Array.from({ length: 2 * ROWS }, (_, i) => Math.sin(3 * i));
  const given = Float64Array.from({ length: 2 * ROWS }, (_, i) =>
    i % 2 === 0 ? 40_000 + 900 * Math.cos(i) : -0.25 + 0.1 * Math.cos(i),
  );
  const standardised = given.map((value, i) => (i % 2 === 0 ? value / 1000 - 40 : 8 * value + 2));
  const closeTo = (values: Float64Array, expected: Float64Array): void =>
    values.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 9));

  it('reaches base and transforms so, in all directions', () => {
    closeTo(flow.logProb(x, { context: given }), plain.logProb(x, { context: standardised }));
    closeTo(flow.forward(x, { context: given }).x, plain.forward(x, { context: standardised }).x);
    closeTo(flow.inverse(x, { context: given }).z, plain.inverse(x, { context: standardised }).z);
    closeTo(flow.sample(ROWS, { seed: 3, context: given }), plain.sample(ROWS, { seed: 3, context: standardised }));
    expect(flow.check(x, { context: given }).worstLogDet).toBeLessThan(1e-12);
  });

  it('has gradients by what was given, and none by its own parameters', () => {
    const { dContext, dParameters } = flow.logProbAndGradient(x, { context: given });
    const expected = plain.logProbAndGradient(x, { context: standardised });
    closeTo(
      dContext.map((value, i) => value * (i % 2 === 0 ? 1000 : 1 / 8)),
      expected.dContext,
    );
    closeTo(dParameters.subarray(0, -5), expected.dParameters);
    expect([...dParameters.subarray(-5)]).toEqual([0, 0, 0, 0, 0]);
    const forward = flow.forwardVjp(x, { dx: x, context: given }).dContext;
    closeTo(
      forward.map((value, i) => value * (i % 2 === 0 ? 1000 : 1 / 8)),
      plain.forwardVjp(x, { dx: x, context: standardised }).dContext,
    );
  });

  it('is saved with the flow', () => {
    const again = Flow.load(flow.save());
    expect(again.standardizeContext).toBe(true);
    expect(again.logProb(x, { context: given })).toEqual(flow.logProb(x, { context: given }));
    expect(Object.keys(again.namedParameters()).slice(-3)).toEqual(['context.logScale', 'context.shift', 'context.initialized']);
    expect(Flow.load(plain.save()).standardizeContext).toBe(false);
  });

  it('must be there, and be asked for by a boolean', () => {
    const options = { base: normal(2), transforms: [planar(2)] };
    expect(() => new Flow({ ...options, standardizeContext: true })).toThrow(
      'Flow: standardizeContext must be left out, as the flow takes no context; got true.',
    );
    expect(() => new Flow({ ...options, standardizeContext: 1 as never })).toThrow(
      /^Flow: standardizeContext must be true or false; got 1/,
    );
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
