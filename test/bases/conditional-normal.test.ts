import { describe, expect, it } from 'vitest';
import { conditionalNormal, Flow, normal, planar } from '../../src/index.js';
import { Random } from '../reference/random.js';

const base = conditionalNormal(2, { context: 3, hidden: [4], activation: 'tanh' });

function flowOf(): Flow {
  const flow = new Flow({ base, transforms: [planar(2)], seed: 1 });
  flow.setParameters(new Random(1).normals(flow.parameterCount, 0.5));
  return flow;
}

/** The network by hand: location and logScale of one row. */
function network(flow: Flow, context: readonly number[]): number[] {
  const named = flow.namedParameters();
  const dense = (k: number, x: readonly number[]): number[] =>
    [...named[`base.net.${k}.bias`]].map((bias, i) =>
      x.reduce((sum, value, j) => sum + named[`base.net.${k}.weight`][i * x.length + j] * value, bias),
    );
  return dense(1, dense(0, context).map(Math.tanh));
}

describe('conditionalNormal', () => {
  it('starts as the standard normal, whatever the context', () => {
    const flow = new Flow({ base, transforms: [planar(2)], seed: 1 });
    const plain = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
    const { 'transforms.0.u': u, 'transforms.0.w': w, 'transforms.0.b': b } = flow.namedParameters();
    plain.setParameters([...u, ...w, ...b]);
    const x = new Random(2).normals(10);
    const rows = Float64Array.from(x);
    expect(flow.logProb(rows, { context: [[1, -2, 3]] })).toEqual(plain.logProb(rows));
  });

  it('each row has the density of a flow on the normal that its context gives', () => {
    const flow = flowOf();
    const context = Array.from({ length: 5 }, (_, r) => new Random(10 + r).normals(3));
    const x = Array.from({ length: 5 }, (_, r) => new Random(20 + r).normals(2));
    const scores = flow.logProb(x, { context });
    const parameters = flow.namedParameters();
    x.forEach((row, r) => {
      const given = network(flow, context[r]);
      const alone = new Flow({
        base: normal(2, { location: given.slice(0, 2), logScale: given.slice(2) }),
        transforms: [planar(2)],
      });
      alone.setParameters(['u', 'w', 'b'].flatMap((name) => [...parameters[`transforms.0.${name}`]]));
      expect(Math.abs(scores[r] - alone.logProb([row])[0])).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(scores[r])));
    });
  });

  it('samples with the density it says, one context for all or one each', () => {
    const flow = flowOf();
    const context = [[0.3, -1, 0.5]];
    const { x, logProb } = flow.sampleAndLogProb(200, { seed: 3, context });
    flow.logProb(x, { context }).forEach((value, r) => expect(Math.abs(value - logProb[r])).toBeLessThan(1e-11));
    expect(flow.sample(200, { seed: 3, context: Array.from({ length: 200 }, () => context[0]) })).toEqual(x);
  });

  it('gradients of parameters and context are those of differences', () => {
    const flow = flowOf();
    const context = [new Random(5).normals(3)];
    const x = [[0.4, -0.7]];
    const { dParameters, dContext } = flow.logProbAndGradient(x, { context });
    const parameters = flow.getParameters();
    const h = 1e-5;
    const difference = (evaluate: (by: number) => number): number => (evaluate(h) - evaluate(-h)) / (2 * h);
    parameters.forEach((value, k) => {
      const slope = difference((by) => {
        flow.setParameters(parameters.map((other, i) => (i === k ? value + by : other)));
        return flow.logProb(x, { context })[0];
      });
      expect(Math.abs(slope - dParameters[k])).toBeLessThan(1e-7);
    });
    flow.setParameters(parameters);
    context[0].forEach((value, k) => {
      const slope = difference(
        (by) => flow.logProb(x, { context: [context[0].map((other, i) => (i === k ? value + by : other))] })[0],
      );
      expect(Math.abs(slope - dContext[k])).toBeLessThan(1e-7);
    });
  });

  it('comes back from a file to the same bits', () => {
    const flow = flowOf();
    const again = Flow.load(flow.save());
    const x = Float64Array.from(new Random(7).normals(20));
    expect(again.logProb(x, { context: [[1, 2, 3]] })).toEqual(flow.logProb(x, { context: [[1, 2, 3]] }));
  });

  it('refuses what makes no sense', () => {
    expect(() => conditionalNormal(2, { context: 0 })).toThrow(
      /^conditionalNormal: context must be an integer of at least 1; got 0\.$/,
    );
    expect(() => flowOf().logProb([[0, 0]])).toThrow(/^Flow.logProb: context must hold one row of 3 numbers, or 1; got none\.$/);
  });
});
