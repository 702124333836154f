// Long sums are computed slice by slice. The same log density as a sum of pieces, each shorter than a slice, is recorded as it stands: what
// slices are held against.

import { describe, expect, it } from 'vitest';
import {
  add,
  concat,
  type BoundModel,
  cumulativeSum,
  div,
  exp,
  fitToTarget,
  gather,
  less,
  log,
  logDensity,
  logSumExp,
  matmul,
  mean,
  model,
  mul,
  type Numeric,
  planarFlow,
  positive,
  real,
  reshape,
  setThreads,
  slice,
  square,
  sub,
  sum,
  type Value,
  where,
} from '../../src/index.js';
import { type Program, assemble } from '../../src/program/program.js';
import { Recorder } from '../../src/program/recorder.js';
import { SLICE_ROWS } from '../../src/program/regions.js';

const PIECE = 100;

/** Of one plus the value, and of one plus the largest slope. */
const VALUE_TOLERANCE = 1e-12;
const GRADIENT_TOLERANCE = 1e-9;

const LENGTHS = [SLICE_ROWS + 1, 2 * SLICE_ROWS, 1001];

const wave = (n: number, step: number): number[] => Array.from({ length: n }, (_, i) => Math.sin(step * i + 1));
const matrix = (n: number, k: number): number[][] => Array.from({ length: n }, (_, i) => wave(k, 1.3 + i));
const groups = (n: number): number[] => Array.from({ length: n }, (_, i) => (i * 7) % 5);
const isAbove = (values: number[]): number[] => values.map((value) => (value > 0 ? 1 : 0));

/** Σ of terms of elements, given their numbers, at once or piece by piece. */
type Sum = (n: number, terms: (from: number, to: number) => Numeric) => Value;

const atOnce: Sum = (n, terms) => sum(terms(0, n));
const inPieces: Sum = (n, terms) => {
  const starts = Array.from({ length: Math.ceil(n / PIECE) }, (_, k) => PIECE * k);
  return sum(...starts.map((from) => sum(terms(from, Math.min(n, from + PIECE)))));
};

interface Parameters {
  readonly x: Value;
  readonly scale: Value;
}

/** A density of x [5] and of a scale, by whatever sums it up; data of n elements. */
type Density = (parameters: Parameters, n: number, total: Sum) => Numeric;

const densities: Record<string, Density> = {
  'a normal regression': ({ x, scale }, n, total) => {
    const [covariate, y] = [wave(n, 2), wave(n, 3)];
    const mu = (from: number, to: number): Value => add(slice(x, 0, 1), mul(slice(x, 1, 2), covariate.slice(from, to)));
    return sum(
      logDensity.normal(x, 0, 1),
      total(n, (from, to) => logDensity.normal(y.slice(from, to), mu(from, to), scale)),
    );
  },
  'a logistic regression': ({ x }, n, total) => {
    const [rows, y] = [matrix(n, 5), isAbove(wave(n, 3))];
    return total(n, (from, to) => logDensity.bernoulliLogit(y.slice(from, to), matmul(rows.slice(from, to), x)));
  },
  'groups and what is known of them': ({ x, scale }, n, total) => {
    const [group, y] = [groups(n), wave(n, 3)];
    return total(n, (from, to) => logDensity.studentT(y.slice(from, to), 4, gather(x, group.slice(from, to)), exp(scale)));
  },
  'a mixture of five, row by row of a matrix': ({ x, scale }, n, total) => {
    const y = wave(n, 3).map((value) => [2 * value]);
    return total(n, (from, to) => logSumExp(logDensity.normal(y.slice(from, to), x, scale)));
  },
  'categories of a matrix product': ({ x }, n, total) => {
    const [rows, y] = [matrix(n, 1), groups(n)];
    return total(n, (from, to) =>
      logDensity.categoricalLogit(y.slice(from, to), matmul(rows.slice(from, to), reshape(x, [1, 5]))),
    );
  },
  'conditions and values of two sides': ({ x, scale }, n, total) => {
    const y = wave(n, 3);
    return total(n, (from, to) => {
      const z = div(sub(y.slice(from, to), slice(x, 2, 3)), scale);
      return where(less(z, slice(x, 1, 2)), mul(z, z), sub(1, z));
    });
  },
  'several sums, of which one takes another': ({ x, scale }, n, total) => {
    const y = wave(n, 3);
    const shifted = (from: number, to: number): Value => exp(mul(slice(x, 0, 1), y.slice(from, to)));
    const first = total(n, shifted);
    const second = total(n, (from, to) => square(sub(shifted(from, to), div(first, n))));
    return add(mul(first, scale), log(second));
  },
};

function bind(density: Density, n: number, total: Sum): BoundModel {
  return model({ x: real(5), scale: positive() }, (parameters) => density(parameters as never, n, total)).bind({});
}

function programOf({ dim, record }: BoundModel): Program {
  const recorder = new Recorder(0, 0);
  const x = recorder.load(recorder.batch(dim), dim);
  const logProb = record!(recorder, x);
  recorder.store(recorder.batch(1), logProb, 1);
  recorder.differentiate(new Map([[logProb, recorder.constant(recorder.one)]]), [x], false);
  recorder.store(recorder.batch(dim), recorder.gradientOf(x), dim);
  return assemble(recorder, false);
}

/** Rows of all blocks of a tile. */
const blockRows = (target: BoundModel): number => {
  const { tileSize, stride } = programOf(target);
  return tileSize / stride;
};

const points = Float64Array.from({ length: 6 * 7 }, (_, i) => 0.8 * Math.cos(i * i));

function expectSame(one: BoundModel, other: BoundModel): void {
  const [a, b] = [one.logProbAndGradient(points), other.logProbAndGradient(points)];
  b.logProb.forEach((value, r) => {
    expect(Math.abs(a.logProb[r] - value)).toBeLessThan(VALUE_TOLERANCE * (1 + Math.abs(value)));
    const slopes = b.dx.subarray(6 * r, 6 * r + 6);
    const largest = slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 1);
    slopes.forEach((slope, j) => expect(Math.abs(a.dx[6 * r + j] - slope)).toBeLessThan(GRADIENT_TOLERANCE * largest));
  });
}

describe.each(Object.entries(densities))('%s', (_, density) => {
  it.each(LENGTHS)('%i elements: the same values and gradients', (n) => {
    expectSame(bind(density, n, atOnce), bind(density, n, inPieces));
  });

  it('takes memory of one slice, however many elements there are', () => {
    const [short, long] = [2000, 20_000].map((n) => blockRows(bind(density, n, atOnce)));
    expect(long).toBe(short);
    expect(long).toBeLessThan(16 * SLICE_ROWS);
  });
});

describe('sums', () => {
  const y = wave(1000, 3);
  const bound = (density: (parameters: Parameters) => Numeric): BoundModel =>
    model({ x: real(5), scale: positive() }, density).bind({});

  it('of what both need: it is computed once where they are only added up', () => {
    const rows = matrix(1000, 5);
    const both = ({ x, scale }: Parameters): Value => {
      const eta = matmul(rows, x);
      return sum(logDensity.normal(y, eta, scale), logDensity.normal(x, 0, 1), square(eta));
    };
    const apart = ({ x, scale }: Parameters): Value =>
      sum(logDensity.normal(y, matmul(rows, x), scale), logDensity.normal(x, 0, 1), square(matmul(rows, x)));
    expectSame(bound(both), bound(apart));
    expect(programOf(bound(both)).body.length).toBeLessThan(0.8 * programOf(bound(apart)).body.length);
    // and in one after the other, added up before the second is known
    const later = ({ x, scale }: Parameters): Value => {
      const eta = matmul(rows, x);
      const first = add(sum(logDensity.normal(y, eta, scale)), sum(logDensity.normal(x, 0, 1)));
      return add(first, sum(square(mul(eta, exp(0)))));
    };
    expectSame(bound(later), bound(apart));
  });

  it('of values that something else needs as well: these are kept', () => {
    const expected = ({ x, scale }: Parameters): Value => {
      const shares = exp(mul(slice(x, 0, 1), y));
      const normaliser = log(add(...([0, 500].map((from) => sum(slice(shares, from, from + 250))) as [Value, Value])));
      return sum(
        inPieces(1000, (from, to) => mul(scale, slice(shares, from, to))),
        normaliser,
      );
    };
    const kept = ({ x, scale }: Parameters): Value => {
      const shares = exp(mul(slice(x, 0, 1), y));
      const normaliser = log(add(...([0, 500].map((from) => sum(slice(shares, from, from + 250))) as [Value, Value])));
      return sum(mul(scale, shares), normaliser);
    };
    expectSame(bound(kept), bound(expected));
    const running = ({ x, scale }: Parameters): Value => sum(logDensity.normal(cumulativeSum(mul(slice(x, 0, 1), y)), 0, scale));
    const weights = y.map((_, i) => y.reduce((all, value, k) => (k <= i ? all + value : all), 0));
    expectSame(
      bound(running),
      bound(({ x, scale }) => sum(logDensity.normal(mul(slice(x, 0, 1), weights), 0, scale))),
    );
  });

  it('of parameters as long, and of what was put together', () => {
    const n = 300;
    const long = (total: Sum): BoundModel =>
      model({ each: real(n), mu: real() }, ({ each, mu }) => {
        const all = concat(each, mu, y.slice(0, 50));
        return sum(
          total(n, (from, to) => logDensity.normal(slice(each, from, to), mu, 2)),
          total(n + 51, (from, to) => logDensity.cauchy(slice(all, from, to), mu, 1)),
        );
      }).bind({});
    const u = wave(n + 1, 0.7);
    const [a, b] = [long(atOnce), long(inPieces)].map((target) => target.logProbAndGradient([u]));
    expect(Math.abs(a.logProb[0] - b.logProb[0])).toBeLessThan(VALUE_TOLERANCE * Math.abs(b.logProb[0]));
    a.dx.forEach((slope, j) => expect(slope).toBeCloseTo(b.dx[j], 10));
  });

  it('without a value: −∞, and no gradient', () => {
    const target = bound(({ x, scale }) => sum(sub(mean(mul(y, slice(x, 1, 2))), 1), log(add(slice(x, 0, 1), mul(scale, y)))));
    const { logProb, dx } = target.logProbAndGradient([[-7, 0, 0, 0, 0, 0]]);
    expect([logProb[0], ...dx.subarray(0, 2)]).toEqual([-Infinity, 0, 0]);
  });

  it('have the same bits on two threads', async () => {
    const many = Float64Array.from({ length: 6 * 2000 }, (_, i) => Math.cos(i * i));
    const target = bind(densities['groups and what is known of them'], 1001, atOnce);
    const alone = target.logProbAndGradient(many);
    await setThreads(2);
    expect(target.logProbAndGradient(many)).toEqual(alone);
    await setThreads(1);
  });
});

it('a sum no longer than a slice is recorded as it stands', () => {
  const short = (n: number): number => blockRows(bind(densities['a normal regression'], n, atOnce));
  expect(short(SLICE_ROWS)).toBeGreaterThan(5 * SLICE_ROWS);
  const density = ({ x }: { x: Value }): Value => sum(square(x));
  const whole = programOf(model({ x: real(1000) }, density).bind({}));
  expect(whole.tileSize / whole.stride).toBeGreaterThan(2000);
});

it('a hundred thousand observations take less than 1 MB a tile, and a program shorter than the data', () => {
  const { tileSize, body, dataCount } = programOf(bind(densities['a normal regression'], 100_000, atOnce));
  expect(8 * tileSize).toBeLessThan(2 ** 20);
  expect(4 * body.length).toBeLessThan(0.1 * 8 * dataCount);
});

it.each(['total', 'path'] as const)('a flow is fitted through slices as through pieces: the %s estimator', async (estimator) => {
  const [once, pieces] = await Promise.all(
    [atOnce, inPieces].map(async (total) => {
      const flow = planarFlow({ dim: 6, layers: 2, seed: 1 });
      const { freeEnergy } = await fitToTarget(flow, bind(densities['a normal regression'], 1001, total), {
        steps: 5,
        estimator,
      });
      return { freeEnergy, parameters: flow.getParameters() };
    }),
  );
  expect(once.freeEnergy / pieces.freeEnergy).toBeCloseTo(1, 9);
  once.parameters.forEach((value, k) => expect(value).toBeCloseTo(pieces.parameters[k], 7));
});

it('terms and pointwise terms of a long model', () => {
  const y = wave(600, 3);
  const pointwise = ({ mu }: { mu: Value }): Value => logDensity.cauchy(y, mu, 1);
  const density = ({ mu }: { mu: Value }): Value => sum(logDensity.normal(mu, 0, 1), pointwise({ mu }));
  const target = model({ mu: real() }, density, { pointwise }).bind({});
  const terms = target.pointwise([[0.3]]);
  expect(terms).toHaveLength(600);
  const [prior, likelihood] = target.terms([[0.3]]).map((term) => term.logDensity[0]);
  expect(terms.reduce((all, term) => all + term)).toBeCloseTo(likelihood, 10);
  expect(prior + likelihood).toBeCloseTo(target.logProb([[0.3]])[0], 10);
});
