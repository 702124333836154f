// Layers that depend on a context, which is held to the laws as further variables: values, log-determinants and all gradients, in both
// directions, with a context for every row and with one that all share.

import { describe, expect, it } from 'vitest';
import { affine, conditional, Flow, normal, planar, radial, type Transform } from '../../src/index.js';
import * as affineReference from '../reference/affine.js';
import { decimal, toNumbers, vector } from '../reference/algebra.js';
import { forward, inverse, type Layer, layer } from '../reference/chain.js';
import * as conditionalReference from '../reference/conditional.js';
import { jacobian } from '../reference/dual.js';
import { countOf, type NetworkShape } from '../reference/network.js';
import * as planarReference from '../reference/planar.js';
import * as radialReference from '../reference/radial.js';
import { Random } from '../reference/random.js';
import { autoregressiveFamily, couplingFamily, masks, seeing } from './networks.js';
import type { Direction } from './truth.js';

const CONTEXT = 2;
const ROWS = 3;
const VALUE = 100 * Number.EPSILON;
const GRADIENT = 1e-10;

interface Family {
  transform(dim: number): Transform;
  count(dim: number): number;
  reference<T>(vector: readonly T[], dim: number, context: readonly T[]): Layer<T>;
}

function conditionalFamily(
  make: (dim: number) => Transform,
  count: (dim: number) => number,
  reference: <T>(vector: readonly T[]) => Layer<T>,
): Family {
  const network = { hidden: [4], activation: 'tanh', residual: false } as const;
  const shape = (dim: number): NetworkShape => ({ ...network, inputs: CONTEXT, outputs: count(dim) });
  return {
    transform: (dim) => conditional(make(dim), { context: CONTEXT, hidden: [4], activation: 'tanh' }),
    count: (dim) => countOf(shape(dim)),
    reference: <T>(values: readonly T[], dim: number, context: readonly T[]) =>
      conditionalReference.layer<T>(shape(dim), reference, values, context),
  };
}

const families = {
  planar: conditionalFamily(
    (dim) => planar(dim),
    (dim) => 2 * dim + 1,
    <T>(v: readonly T[]) => layer<T, planarReference.Planar<T>>(planarReference, planarReference.fromVector(v)),
  ),
  radial: conditionalFamily(
    (dim) => radial(dim),
    (dim) => dim + 2,
    <T>(v: readonly T[]) => layer<T, radialReference.Radial<T>>(radialReference, radialReference.fromVector(v)),
  ),
  affine: conditionalFamily(
    (dim) => affine(dim),
    (dim) => 2 * dim,
    <T>(v: readonly T[]) => layer<T, affineReference.Affine<T>>(affineReference, affineReference.fromVector(v)),
  ),
  coupling: couplingFamily({ map: 'softclip', activation: 'silu', hidden: () => [4], context: CONTEXT, mask: masks.odd }),
  autoregressive: autoregressiveFamily({ map: 'softclip', activation: 'softplus', hidden: seeing, context: CONTEXT }),
  autoregressiveResidual: autoregressiveFamily({
    map: 'additive',
    activation: 'elu',
    hidden: () => [4],
    residual: true,
    context: CONTEXT,
    order: (dim) => Array.from({ length: dim }, (_, j) => dim - 1 - j),
  }),
} satisfies Record<string, Family>;

type Name = keyof typeof families;

const CASES: { names: Name[]; dim: number }[] = [
  ...(Object.keys(families) as Name[]).flatMap((name) => [1, 2, 3].map((dim) => ({ names: [name], dim }))),
  { names: ['planar', 'coupling', 'radial', 'autoregressive', 'affine'], dim: 2 },
];

/** [dim + 1][dim + parameters + context]: derivatives of outputs and logDet by input, parameters and context; and the values. */
function truth(names: readonly Name[], direction: Direction, row: number[], parameters: number[], context: number[]) {
  const dim = row.length;
  let values: number[] = [];
  const derivatives = jacobian(
    decimal,
    (D, all) => {
      const end = dim + parameters.length;
      let at = dim;
      const layers = names.map((name) =>
        families[name].reference(all.slice(at, (at += families[name].count(dim))), dim, all.slice(end)),
      );
      const result =
        direction === 'forward'
          ? (({ x, logDet }) => [...x, logDet])(forward(D, all.slice(0, dim), layers))
          : (({ z, logDet }) => [...z, logDet])(inverse(D, all.slice(0, dim), layers));
      values = toNumbers(
        decimal,
        result.map(({ value }) => value),
      );
      return result;
    },
    vector(decimal, [...row, ...parameters, ...context]),
  );
  return { values, derivatives: derivatives.map((entries) => toNumbers(decimal, entries)) };
}

function near(what: string, actual: ArrayLike<number>, expected: readonly number[], tolerance: number, floor: number): void {
  const bound = tolerance * Math.max(floor, ...expected.map(Math.abs));
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value), `${what}[${i}]`).toBeLessThanOrEqual(bound));
}

function part(array: Float64Array, r: number): Float64Array {
  return array.slice((r * array.length) / ROWS, ((r + 1) * array.length) / ROWS);
}

describe.each(CASES)('$names, d $dim', ({ names, dim }) => {
  const random = new Random(dim);
  const flow = new Flow({ base: normal(dim), transforms: names.map((name) => families[name].transform(dim)), seed: 1 });
  const parameters = random.normals(flow.parameterCount, 0.7);
  flow.setParameters(parameters);
  const input = Float64Array.from(random.normals(ROWS * dim));
  const seeds = { output: Float64Array.from(random.normals(ROWS * dim)), dLogDet: Float64Array.from(random.normals(ROWS)) };

  it.each([
    { kind: 'a context for every row', count: ROWS },
    { kind: 'one for all', count: 1 },
  ])('$kind', ({ count }) => {
    const context = Float64Array.from(random.normals(count * CONTEXT));
    for (const direction of ['forward', 'inverse'] as const) {
      const { output, logDet } =
        direction === 'forward'
          ? (({ x, logDet }) => ({ output: x, logDet }))(flow.forward(input, { context }))
          : (({ z, logDet }) => ({ output: z, logDet }))(flow.inverse(input, { context }));
      const back =
        direction === 'forward'
          ? (({ dz, ...rest }) => ({ dInput: dz, ...rest }))(
              flow.forwardVjp(input, { dx: seeds.output, dLogDet: seeds.dLogDet, context }),
            )
          : (({ dx, ...rest }) => ({ dInput: dx, ...rest }))(
              flow.inverseVjp(input, { dz: seeds.output, dLogDet: seeds.dLogDet, context }),
            );
      const sum = new Array<number>(parameters.length).fill(0);
      for (let r = 0; r < ROWS; r++) {
        const row = [...part(input, r)];
        const own = [...context.subarray(count === 1 ? 0 : r * CONTEXT, (count === 1 ? 0 : r * CONTEXT) + CONTEXT)];
        const { values, derivatives } = truth(names, direction, row, parameters, own);
        const condition = Math.max(1, ...derivatives.flat().map(Math.abs));
        const rounding = VALUE * condition * names.length;
        near(`${direction}, row ${r}: output`, part(output, r), values.slice(0, dim), rounding, 1);
        near(`${direction}, row ${r}: logDet`, [logDet[r]], values.slice(dim), rounding, 1);
        const weights = [...part(seeds.output, r), seeds.dLogDet[r]];
        const pulled = derivatives[0].map((_, k) => weights.reduce((total, w, i) => total + w * derivatives[i][k], 0));
        near(`${direction}, row ${r}: dInput`, part(back.dInput, r), pulled.slice(0, dim), GRADIENT, 0);
        near(`${direction}, row ${r}: dContext`, part(back.dContext, r), pulled.slice(-CONTEXT), GRADIENT, 0);
        sum.forEach((_, k) => (sum[k] += pulled[dim + k]));
      }
      near(`${direction}: dParameters`, back.dParameters, sum, GRADIENT, 0);
    }
  });

  it('the density is that of both directions, and its gradients those of the base pulled back', () => {
    const context = Float64Array.from(random.normals(ROWS * CONTEXT));
    const { x, logProb } = flow.sampleAndLogProb(ROWS, { context, seed: 5 });
    const { z, logDet } = flow.inverse(x, { context });
    const base = new Float64Array(ROWS).map((_, r) => part(z, r).reduce((s, v) => s - (v * v) / 2, -dim * 0.9189385332046727));
    const again = flow.logProb(x, { context });
    const { dx, dContext, dParameters } = flow.logProbAndGradient(x, { context });
    const pulled = flow.inverseVjp(x, { dz: z.map((v) => -v), dLogDet: new Float64Array(ROWS).fill(1), context });
    near(
      'logProb',
      again,
      [...base].map((value, r) => value + logDet[r]),
      1e-13,
      1,
    );
    near('sampled', logProb, [...again], 1e-9, 1);
    near('dx', dx, [...pulled.dx], 1e-12, 0);
    near('dContext', dContext, [...pulled.dContext], 1e-12, 0);
    near('dParameters', dParameters, [...pulled.dParameters], 1e-12, 0);
    expect(flow.check(x, { context }).worstLogDet).toBeLessThan(1e-9);
  });
});

describe('a context that does not fit', () => {
  const conditioned = new Flow({ base: normal(2), transforms: [families.coupling.transform(2)], seed: 1 });
  const plain = new Flow({ base: normal(2), transforms: [planar(2)], seed: 1 });
  type Call = (flow: Flow, context?: number[][]) => unknown;
  const x = [
    [0, 0],
    [1, 1],
    [2, 2],
  ];
  const dLogDet = Float64Array.of(1, 1, 1);
  const calls: Record<string, Call> = {
    forward: (flow, context) => flow.forward(x, { context }),
    inverse: (flow, context) => flow.inverse(x, { context }),
    forwardVjp: (flow, context) => flow.forwardVjp(x, { dLogDet, context }),
    inverseVjp: (flow, context) => flow.inverseVjp(x, { dLogDet, context }),
    logProb: (flow, context) => flow.logProb(x, { context }),
    logProbAndGradient: (flow, context) => flow.logProbAndGradient(x, { context }),
    sample: (flow, context) => flow.sample(3, { context }),
    sampleAndLogProb: (flow, context) => flow.sampleAndLogProb(3, { context }),
  };

  it.each(Object.entries(calls))('%s', (name, call) => {
    const error = (text: string) => new RangeError(`Flow.${name}: context must ${text}.`);
    expect(() => call(conditioned)).toThrow(error('hold one row of 2 numbers, or 3; got none'));
    expect(() => call(conditioned, [[1, 2], [3, 4]])).toThrow(error('hold one row of 2 numbers, or 3; got 2')); // prettier-ignore
    expect(() => call(conditioned, [[1]])).toThrow(/context.*got/);
    expect(() => call(conditioned, [[1, NaN]])).toThrow(/context.*NaN/);
    expect(() => call(plain, [[1, 2]])).toThrow(/context must be left out, as the flow takes none; got/);
  });
});
