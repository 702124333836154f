// What models refuse, warn of and name; parameters within their bounds; categories; values that meet nothing.

import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  add,
  affine,
  at,
  cholesky,
  choleskyCorrelation,
  concat,
  equal,
  fitPosterior,
  fitToTarget,
  Flow,
  gather,
  interval,
  less,
  log,
  logCcdf,
  logCdf,
  logDensity,
  lowerBound,
  matmul,
  model,
  mul,
  neg,
  normal,
  type Numeric,
  ordered,
  positive,
  positiveOrdered,
  real,
  reshape,
  simplex,
  slice,
  sqrt,
  square,
  stack,
  sub,
  sum,
  upperBound,
  type Value,
  where,
} from '../../src/index.js';

afterEach(() => void vi.restoreAllMocks());

/** The log density of one parameter vector, and its gradient, at a point. */
function of(f: (x: Value) => Value, x: number[]) {
  const { logProb, dx } = model({ x: real(x.length) }, ({ x }) => f(x))
    .bind({})
    .logProbAndGradient([x]);
  return { value: logProb[0], gradient: [...dx] };
}

describe('values', () => {
  it('refuse JavaScript arithmetic', () => {
    const wrong = model({ mu: real(), tau: positive() }, ({ mu, tau }) =>
      sum((mu as never as number) + (tau as never as number)),
    );
    expect(() => wrong.bind({})).toThrow(/add\(mu, mul\(tau, eta\)\)/);
    const compared = model({ mu: real() }, ({ mu }) => ((mu as never as number) > 0 ? mu : neg(mu)));
    expect(() => compared.bind({})).toThrow(TypeError);
    const shown = model({ mu: real() }, ({ mu }) => (String(mu as never) === '' ? mu : neg(mu)));
    expect(() => shown.bind({})).toThrow(TypeError);
  });

  it('name the operation and both shapes where these do not fit', () => {
    const wrong = model({ a: real(3), b: real(4) }, ({ a, b }) => sum(mul(a, b)));
    expect(() => wrong.bind({})).toThrow('mul: shapes must fit each other; got [3] and [4].');
    const product = model({ a: real(3) }, ({ a }) => sum(matmul([[1, 2]], a)));
    expect(() => product.bind({})).toThrow('matmul: shapes must be [n × k] and [k] or [k × m]; got [1 × 2] and [3].');
    expect(() => model({ a: real(3) }, ({ a }) => a).bind({})).toThrow('the log density must be one number; got [3]');
  });

  it('have a length, but no elements', () => {
    const vector = real(3);
    const added = model({ a: vector }, ({ a }) => sum(...Array.from({ length: a.length }, (_, i) => at(a, i))));
    expect(added.bind({}).logProb([[1, 2, 4]])).toEqual(Float64Array.of(7));
    const taken = (density: (a: Value) => Value) => () => model({ a: vector }, ({ a }) => density(a)).bind({});
    expect(taken((a) => (a as never as Value[])[1])).toThrow('must be taken by at(x, 1); got x[1].');
    expect(taken((a) => sum(...(a as never as Value[])))).toThrow(/at\(x, i\).*got a loop/);
    expect(
      taken((a) => {
        const [first] = a as never as Value[];
        return first;
      }),
    ).toThrow(/got a loop/);
    expect(taken((a) => mul(sum(a), at(a, 0).length))).toThrow('length must be asked of a vector or a matrix; got a number.');
  });

  it('that are constant numbers are read as such', () => {
    expect(Number(logDensity.normal(1, 0, 1))).toBeCloseTo(-0.5 - 0.5 * Math.log(2 * Math.PI), 15);
    expect(() => Number(log([1, 2]))).toThrow(TypeError);
    expect(inspect(log([1, 2]))).toMatch(/^Value/);
  });

  it('of another model are refused', () => {
    let stolen: Value | undefined;
    model({ a: real() }, ({ a }) => (stolen = a)).bind({});
    expect(() => model({ b: real() }, ({ b }) => add(b, stolen!)).bind({})).toThrow(/of one model/);
    expect(() => model({ b: real() }, () => stolen!).bind({})).toThrow(/another call/);
  });

  it('meet themselves, whole and in part', () => {
    expect(of((x) => sum(mul(x, x)), [2, -3])).toEqual({ value: 13, gradient: [4, -6] });
    expect(of((x) => sum(sub(x, x)), [2, -3])).toEqual({ value: 0, gradient: [0, 0] });
    expect(of((x) => sum(mul(x, at(x, 0))), [2, -3])).toEqual({ value: -2, gradient: [1, 2] });
    expect(of((x) => mul(at(x, 1), at(x, 1)), [2, -3])).toEqual({ value: 9, gradient: [0, -6] });
    expect(of((x) => sum(mul(slice(x, 0, 2), slice(x, 1, 3))), [2, -3, 5])).toEqual({ value: -21, gradient: [-3, 7, -3] });
    expect(of((x) => sum(where(less(x, 0), x, x)), [2, -3])).toEqual({ value: -1, gradient: [1, 1] });
    expect(of((x) => sum(matmul(reshape(x, [1, 2]), x)), [2, -3])).toEqual({ value: 13, gradient: [4, -6] });
  });

  it('are put together and taken apart', () => {
    const weigh = (x: Value, weights: number[]): Value => sum(mul(x, weights));
    expect(of((x) => weigh(gather(x, [2, 0, 2]), [1, 10, 100]), [2, -3, 5])).toEqual({ value: 525, gradient: [10, 0, 101] });
    expect(of((x) => weigh(stack(at(x, 1), 7, at(x, 0)), [1, 10, 100]), [2, -3])).toEqual({ value: 267, gradient: [100, 1] });
    expect(of((x) => weigh(concat(x, [7], x), [1, 2, 3, 4, 5]), [2, -3])).toEqual({ value: 10, gradient: [5, 7] });
    expect(of((x) => at(reshape(x, [2, 2]), 1, 0), [1, 2, 3, 4])).toEqual({ value: 3, gradient: [0, 0, 1, 0] });
    expect(of((x) => sum(at(reshape(x, [2, 2]), 1)), [1, 2, 3, 4])).toEqual({ value: 7, gradient: [0, 0, 1, 1] });
  });

  it('are repeated along axes', () => {
    const matrix = [
      [1, 10, 100],
      [1000, 1e4, 1e5],
    ];
    expect(of((x) => sum(mul(matrix, slice(x, 0, 3))), [1, 2, 3]).gradient).toEqual([1001, 10010, 100100]);
    expect(of((x) => sum(mul(matrix, reshape(x, [2, 1]))), [1, 2]).gradient).toEqual([111, 111000]);
  });

  it('that were not chosen have no say, infinite or not', () => {
    const safe = (x: Value): Value => sum(where(less(0, x), log(x), mul(2, x)));
    expect(of(safe, [1, -1])).toEqual({ value: -2, gradient: [1, 2] });
    const root = (x: Value): Value => sum(where(equal(x, 0), 0, sqrt(x)));
    expect(of(root, [0, 4])).toEqual({ value: 2, gradient: [0, 0.25] });
  });
});

describe('categories', () => {
  const eta = [0.3, -1, 2];

  it('categorical: one, and one for each row', () => {
    const total = Math.log(eta.reduce((all, each) => all + Math.exp(each), 0));
    expect(of((x) => logDensity.categoricalLogit(2, x), eta).value).toBeCloseTo(2 - total, 14);
    const rows = of((x) => sum(logDensity.categoricalLogit([2, 0], stack(x, x))), eta);
    expect(rows.value).toBeCloseTo(2.3 - 2 * total, 13);
    eta.forEach((each, k) => expect(rows.gradient[k]).toBeCloseTo((k === 1 ? 0 : 1) - 2 * Math.exp(each - total), 13));
    expect(() => of((x) => sum(logDensity.categoricalLogit([3, 0], stack(x, x))), eta)).toThrow(/from 0 to 2; got 3 at index 0/);
    for (const y of [3, -1, 0.5])
      expect(() => of((x) => logDensity.categoricalLogit(y, x), eta)).toThrow(
        `logDensity.categoricalLogit: y must be a whole number from 0 to 2; got ${y}.`,
      );
    expect(() => of((x) => logDensity.categoricalLogit(x as never, x), eta)).toThrow('y must be data; got a traced value.');
  });

  it('ordered logistic: probabilities add up to 1', () => {
    const probabilities = [0, 1, 2, 3].map((y) =>
      Math.exp(of((x) => logDensity.orderedLogistic(y, at(x, 0), [-1, 0.5, 3]), [0.7]).value),
    );
    expect(probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 14);
    expect(probabilities[0]).toBeCloseTo(1 / (1 + Math.exp(1.7)), 14);
    expect(() => of((x) => logDensity.orderedLogistic(4, at(x, 0), [0, 1]), [0])).toThrow(/whole number from 0 to 2/);
  });

  it('where a formula has no value there is −∞, never NaN', () => {
    const broken = of((x) => sum(log(x)), [-1]);
    expect(broken.value).toBe(-Infinity);
    expect(of((x) => sum(cholesky(reshape(x, [2, 2]))), [1, 0, 2, 1]).value).toBe(-Infinity);
  });

  it('outside of a support there is −∞', () => {
    expect(of((x) => sum(logDensity.exponential(x, 1)), [-1]).value).toBe(-Infinity);
    expect(of((x) => sum(logDensity.uniform(x, 0, 1)), [1.5]).value).toBe(-Infinity);
    expect(of((x) => sum(logDensity.halfCauchy(x, 1)), [-0.1]).value).toBe(-Infinity);
  });
});

describe('log densities', () => {
  const bind = (density: (a: Value) => Value) => () => model({ a: real(20) }, ({ a }) => sum(density(a))).bind({});
  const y = Array.from({ length: 20 }, (_, i) => i % 2);

  it('say what they take', () => {
    const short = logDensity as never as Record<string, (...operands: unknown[]) => Value>;
    expect(bind((a) => short.normal(y, a))).toThrow(
      new TypeError('logDensity.normal: arguments must be (y, location, scale); got 2 of them.'),
    );
    expect(bind((a) => short.normal(y, a, 1, 2))).toThrow('(y, location, scale); got 4 of them.');
    expect(bind((a) => short.studentT(y, 4, a))).toThrow('logDensity.studentT: arguments must be (y, nu, location, scale)');
    expect(bind((a) => short.dirichlet(a))).toThrow('logDensity.dirichlet: arguments must be (y, concentration)');
    expect(bind((a) => (logCdf as never as typeof short).gamma(y, a))).toThrow(
      'logCdf.gamma: arguments must be (y, shape, rate)',
    );
    expect(bind((a) => short.normal(y, a, undefined))).toThrow(
      'logDensity.normal: scale must be a traced value, a number or an array of numbers; got undefined.',
    );
  });

  it('name arguments whose shapes do not fit', () => {
    expect(bind((a) => logDensity.normal(y.slice(1), a, 1))).toThrow(
      'logDensity.normal: shapes must fit each other; got y [19], location [20], scale [].',
    );
    expect(bind((a) => logCcdf.binomial(3, [4, 5], a))).toThrow(
      'logCcdf.binomial: shapes must fit each other; got y [], n [2], p [20].',
    );
    expect(bind((a) => logDensity.multivariateNormal(a, 0, [[1]]))).toThrow(
      'logDensity.multivariateNormal: shapes must fit each other; got y [20], mean [], covariance [1 × 1].',
    );
    expect(bind((a) => logDensity.multivariateNormalCholesky(y, a, reshape(a, [1, 20])))).toThrow('mean [20], factor [1 × 20].');
    expect(bind((a) => logDensity.dirichlet([0.5, 0.5], a))).toThrow(
      'logDensity.dirichlet: shapes must fit each other; got y [2], concentration [20].',
    );
    expect(bind((a) => logDensity.dirichlet(reshape(a, [4, 5]), 1))).toThrow('got y [4 × 5], concentration [].');
  });

  it.each([
    ['bernoulli', [0, 1, 2], 'y must be 0 or 1; got 2 at index 2.'],
    ['bernoulliLogit', 0.5, 'y must be 0 or 1; got 0.5.'],
    ['bernoulliLogit', [[0], [-1]], 'y must be 0 or 1; got -1 at index 0 of row 1.'],
    ['poisson', [3, -1], 'y must be a whole number of at least 0; got -1 at index 1.'],
    ['poissonLog', 2.5, 'y must be a whole number of at least 0; got 2.5.'],
  ] as const)('%s of data outside of its support: %j', (name, outcome, message) => {
    const density = logDensity[name] as (y: Numeric, a: Numeric) => Value;
    expect(() => model({ a: real() }, ({ a }) => sum(density(outcome, a))).bind({})).toThrow(
      new RangeError(`logDensity.${name}: ${message}`),
    );
  });

  it('binomial and negative binomial of data outside of their supports', () => {
    expect(bind((a) => logDensity.binomial([3, 8], [7, 7], at(a, 0)))).toThrow(
      'logDensity.binomial: y must be a whole number from 0 to n; got 8 at index 1, where n is 7.',
    );
    expect(bind((a) => logDensity.binomialLogit(3, [7, 2], at(a, 0)))).toThrow('got 3, where n is 2.');
    expect(bind((a) => logDensity.binomialLogit([-3], at(a, 1), at(a, 0)))).toThrow('got -3 at index 0.');
    expect(bind((a) => logDensity.negativeBinomial([0.5], 1, a))).toThrow('whole number of at least 0; got 0.5 at index 0.');
  });

  it('warn of data that are repeated for each other', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const column = y.map((each) => [each]);
    bind((a) => logDensity.normal(column, a, 1))().logProb(new Float64Array(20));
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^logDensity.normal: y \[20 × 1\] is stretched to \[20 × 20\]/),
    );
    bind((a) => logDensity.normal([1], a, 1))();
    expect(warn).toHaveBeenLastCalledWith(expect.stringContaining('y [1] is stretched to [20]'));
    bind((a) => add(logDensity.normal(1, a, 1), logDensity.normal(y, a, 1)))();
    bind((a) => logDensity.normal(column, slice(a, 0, 3), 1))(); // a mixture
    bind((a) => logDensity.normal([[1]], a, 1))(); // of one observation
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('have terms of −∞, never NaN', () => {
    const target = model({ a: positive() }, ({ a }) => logDensity.gamma(neg(a), 2, 1)).bind({});
    expect(target.terms([[0]])).toEqual([{ name: 'logDensity.gamma', logDensity: Float64Array.of(-Infinity) }]);
  });
});

describe('parameters', () => {
  const everything = {
    free: real(2),
    up: positive(),
    low: lowerBound(3),
    high: upperBound(-1, 2),
    between: interval(-2, 5),
    beyond: interval(
      ({ between }) => between,
      ({ between }) => add(between, 10),
    ),
    shares: simplex(3),
    rising: ordered(3),
    above: positiveOrdered(2),
  };
  const names = [
    'free[1]',
    'free[2]',
    'up',
    'low',
    'high[1]',
    'high[2]',
    'between',
    'beyond',
    'shares[1]',
    'shares[2]',
    'shares[3]',
    'rising[1]',
    'rising[2]',
    'rising[3]',
    'above[1]',
    'above[2]',
  ];
  const use = model(everything, (values) => sum(...Object.values(values).map((value) => sum(value))));
  const u = Array.from({ length: use.dim }, (_, k) => Math.sin(3 * k));

  it('are named and within their bounds', () => {
    const target = use.bind({});
    expect(target.dim).toBe(15);
    expect(target.names).toEqual(names);
    const { free, up, low, high, between, beyond, shares, rising, above } = target.constrain([u, u.map((each) => 3 * each)]);
    expect([...free.subarray(0, 2)]).toEqual(u.slice(0, 2));
    expect(Math.min(...up)).toBeGreaterThan(0);
    expect(Math.min(...low)).toBeGreaterThanOrEqual(3);
    expect(Math.max(...high)).toBeLessThanOrEqual(-1);
    for (const r of [0, 1]) {
      expect(between[r]).toBeGreaterThanOrEqual(-2);
      expect(between[r]).toBeLessThanOrEqual(5);
      expect(beyond[r]).toBeGreaterThanOrEqual(between[r]);
      expect(beyond[r]).toBeLessThanOrEqual(between[r] + 10);
      expect(shares.subarray(3 * r, 3 * r + 3).reduce((a, b) => a + b)).toBeCloseTo(1, 14);
      expect(rising[3 * r]).toBeLessThan(rising[3 * r + 2]);
      expect(above[2 * r]).toBeGreaterThan(0);
      expect(above[2 * r]).toBeLessThan(above[2 * r + 1]);
    }
  });

  it('one share is 1, and takes no number', () => {
    const shares = model({ a: real(), p: simplex(1), b: real() }, ({ a, p, b }) =>
      sum(mul(p, a), logDensity.dirichlet(p, [3]), b),
    );
    const target = shares.bind({});
    expect([target.dim, target.names]).toEqual([2, ['a', 'p[1]', 'b']]);
    expect([...target.constrain([[2, 3], [4, 5]]).p]).toEqual([1, 1]); // prettier-ignore
    expect(target.logProbAndGradient([[2, 3]])).toMatchObject({ logProb: Float64Array.of(5), dx: Float64Array.of(1, 1) });
    expect(() => model({ p: simplex(1) }, () => 0)).toThrow('must take at least one number');
  });

  it('bring their Jacobian: the log density less the sum of the parameters', () => {
    // By differences: each parameter depends on its own numbers, and on those before; for shares on the first two.
    const target = use.bind({});
    const h = 1e-5;
    const flat = (x: number[]): number[] => {
      const { shares, ...rest } = target.constrain([x]);
      return Object.values({ ...rest, shares: shares.subarray(0, 2) }).flatMap((values) => [...values]);
    };
    const columns = u.map((_, k) => {
      const [up, down] = [1, -1].map((sign) => flat(u.map((each, i) => each + (i === k ? sign * h : 0))));
      return up.map((value, i) => (value - down[i]) / (2 * h));
    });
    const total = Object.values(target.constrain([u])).reduce((all, values) => all + values.reduce((a, b) => a + b, 0), 0);
    expect(target.logProb([u])[0] - total).toBeCloseTo(Math.log(Math.abs(determinant(columns))), 6);
  });

  it('a Cholesky factor of a correlation matrix, with its Jacobian', () => {
    const target = model({ L: choleskyCorrelation(4) }, ({ L }) => mul(0, sum(L))).bind({});
    expect([target.dim, target.names[5]]).toEqual([6, 'L[2,2]']);
    const u = [0.3, -1, 0.5, 2, -0.2, 0.9];
    const { L } = target.constrain([u, u.map((each) => 30 * each)]);
    for (let row = 0; row < 8; row++) {
      const values = [...L.subarray(4 * row, 4 * row + 4)];
      expect(values.reduce((all, value) => all + value * value, 0)).toBeCloseTo(1, 14);
      expect(values.slice((row % 4) + 1)).toEqual(new Array<number>(3 - (row % 4)).fill(0));
      expect(values[row % 4]).toBeGreaterThan(0);
    }
    const below = [4, 8, 9, 12, 13, 14];
    const h = 1e-5;
    const columns = u.map((_, k) => {
      const moved = (sign: number): number[] => u.map((each, i) => each + (i === k ? sign * h : 0));
      const { L: both } = target.constrain([moved(1), moved(-1)]);
      return below.map((place) => (both[place] - both[16 + place]) / (2 * h));
    });
    expect(target.logProb([u])[0]).toBeCloseTo(Math.log(Math.abs(determinant(columns))), 7);
    // its density of a 2 × 2 matrix, whose correlation is uniform for η = 1
    const two = model({ L: choleskyCorrelation(2) }, ({ L }) => logDensity.lkjCholesky(L, 1)).bind({});
    expect(two.logProb([[0.7]])[0]).toBeCloseTo(Math.log(0.5 / Math.cosh(0.7) ** 2), 13);
  });

  it('are checked', async () => {
    expect(() => interval(1, 1)).toThrow('interval: low must be below high, both finite; got 1 and 1.');
    expect(() => real(0)).toThrow('real: length 1 must be an integer of at least 1; got 0.');
    expect(() => simplex(0)).toThrow(RangeError);
    expect(() => model({}, () => 0)).toThrow(TypeError);
    expect(() => model({ a: 3 as never }, () => 0)).toThrow('model: parameters.a must be real(), positive(), …; got 3.');
    expect(() => model({ a: real() }, 3 as never)).toThrow(TypeError);
    expect(() => real('3' as never)).toThrow("real: length 1 must be an integer of at least 1; got '3'.");
    expect(() => model({ a: real as never }, () => 0)).toThrow(
      'model: parameters.a must be real(), positive(), …; got function real: call it, as in real().',
    );
    for (const other of [(x: number) => x, { dim: 1 }, null])
      await expect(fitPosterior(other as never, {})).rejects.toThrow('fitPosterior: model must be made by model(…); got');
  });

  it('that are not there are named', () => {
    const bounded = { alpha: positive(), beta: interval(0, ({ alfa }) => alfa) };
    expect(() => model(bounded, ({ beta }) => beta).bind({})).toThrow("parameters must hold 'alfa'; got alpha.");
    const wrong = model({ alpha: real(), beta: real() }, (parameters) => neg((parameters as never as { alfa: Value }).alfa));
    expect(() => wrong.bind({})).toThrow(new RangeError("model: parameters must hold 'alfa'; got alpha, beta."));
    const options = { pointwise: (parameters: object) => neg((parameters as { alfa: Value }).alfa) };
    expect(() => model({ alpha: real() }, ({ alpha }) => alpha, options).bind({})).toThrow("must hold 'alfa'; got alpha.");
  });
});

describe('data', () => {
  const regression = model({ slope: real() }, ({ slope }, { x, y }: { x: number[]; y: number[] }) =>
    sum(logDensity.normal(y, mul(slope, x), 1)),
  );

  it('must be there, and finite', () => {
    expect(() => regression.bind({ x: [1, 2] } as never)).toThrow("model: data must hold 'y'; got x.");
    expect(() => regression.bind({ x: [1, NaN], y: [1, 2] })).toThrow('model: data.x must not be NaN; got NaN at index 1.');
    expect(() => regression.bind({ x: 3, y: NaN } as never)).toThrow('model: data.y must not be NaN; got NaN.');
    expect(() => regression.bind({ x: [1, Infinity], y: [1, 2] })).toThrow('data.x must be finite; got Infinity at index 1');
    const place = (x: unknown) => () => regression.bind({ x, y: [1] } as never);
    expect(place([[1, 2], [3, NaN]])).toThrow('data.x must not be NaN; got NaN at index 1 of row 1.'); // prettier-ignore
    expect(place([[1, 2], [-Infinity, 4]])).toThrow('data.x must be finite; got -Infinity at index 0 of row 1.'); // prettier-ignore
    expect(place(['-0.34', '1'])).toThrow("model: data.x must hold numbers; got '-0.34' at index 0.");
    expect(place([0.1, '-0.34'])).toThrow("model: data.x must hold numbers; got '-0.34' at index 1.");
    expect(place([[1], ['2']])).toThrow("model: data.x must hold numbers; got '2' at index 0 of row 1.");
    expect(place([[1], 2])).toThrow('model: data.x must hold rows of numbers; got 2 at row 1.');
    expect(place([null])).toThrow('model: data.x must hold numbers; got null at index 0.');
    expect(place('12')).toThrow("model: data.x must be a traced value, a number or an array of numbers; got '12'.");
    expect(() => regression.bind({ x: [[1, 2], [3]] as never, y: [1] })).toThrow(/of one length; got 2 and, in row 1, 1/);
  });

  it('that nobody asks for are warned of, and so are parameters that matter to nothing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    regression.bind({ x: [1], y: [1], z: 3 } as never);
    expect(warn).toHaveBeenLastCalledWith('model: data hold more than the model asks for: z.');
    model({ a: real(2), b: positive() }, ({ a }) => at(a, 0)).bind({});
    expect(warn).toHaveBeenLastCalledWith(expect.stringContaining("parameter 'b'"));
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('are not warned of where a parameter is a bound of another, and that one where nothing depends on it', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const below = { a: positive(), c: real(2), b: interval(({ c }) => at(c, 0), ({ a }) => a) }; // prettier-ignore
    model(below, ({ b }) => logDensity.normal(b, 0, 1)).bind({});
    expect(warn).not.toHaveBeenCalled();
    model(below, ({ a, c }) => sum(a, c)).bind({});
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("parameter 'b'"));
    const kinds = { p: simplex(3), o: ordered(2), L: choleskyCorrelation(3), m: real(2, 2), i: interval(0, 1), l: lowerBound(1) };
    model({ ...kinds, x: real() }, ({ x }) => logDensity.normal(x, 0, 1)).bind({});
    expect(warn).toHaveBeenCalledTimes(1 + Object.keys(kinds).length);
  });

  it('are copied: a model refits, and later changes do not matter', () => {
    const y = [1, 2];
    const first = regression.bind({ x: [1, 1], y });
    const before = first.logProb([[0.5]])[0];
    y[0] = 100;
    expect(first.logProb([[0.5]])[0]).toBe(before);
    expect(regression.bind({ x: [1, 1], y }).logProb([[0.5]])[0]).toBeLessThan(before);
  });

  it('may have no rows: what is said of them adds nothing, wherever it stands', () => {
    const x = [0.5, -2];
    const prior = (u: Value): Value => logDensity.normal(u, 0, 1);
    const alone = of((u) => sum(prior(u)), x);
    const empty: [string, (u: Value) => Value][] = [
      ['a density', (u) => logDensity.normal([], at(u, 0), 1)],
      ['a tail', (u) => logCcdf.gamma([], square(at(u, 0)), 1)],
      ['outcomes', (u) => logDensity.bernoulliLogit([], at(u, 1))],
      ['members of groups', (u) => logDensity.normal([], gather(u, []), 1)],
      ['a choice', (u) => where([], at(u, 0), [])],
      ['a part', (u) => concat(mul([], at(u, 0)), [])],
      ['columns', (u) => matmul(reshape(u, [1, 2]), [[], []])],
    ];
    for (const [name, term] of empty) {
      expect([name, of((u) => add(sum(term(u)), sum(prior(u))), x)]).toEqual([name, alone]);
      expect([name, of((u) => sum(prior(u), term(u)), x)]).toEqual([name, alone]);
    }
    const rows = [[0], [1], [2]];
    expect([...regression.bind({ x: [], y: [] }).logProb(rows)]).toEqual([0, 0, 0]);
  });

  it('gives the same bits for any number of rows', () => {
    const target = regression.bind({ x: [0.1, -3, 2], y: [1, 2, 3] });
    const rows = Float64Array.from({ length: 500 }, (_, i) => Math.sin(i));
    const { logProb, dx } = target.logProbAndGradient(rows);
    const one = target.logProbAndGradient([[rows[433]]]);
    expect([one.logProb[0], one.dx[0]]).toEqual([logProb[433], dx[433]]);
  });
});

it('a flow is fitted to a model: a normal posterior to its moments', async () => {
  // x ~ N(0, 1), y = 10 observed with sd 0.5: mean 8, sd √0.2, ln Z = ln N(10; 0, √1.25)
  const target = model({ x: real() }, ({ x }, { y }: { y: number }) =>
    sum(logDensity.normal(x, 0, 1), logDensity.normal(y, x, 0.5)),
  ).bind({
    y: 10,
  });
  const flow = new Flow({ base: normal(1), transforms: [affine(1)], seed: 1 });
  const { freeEnergy } = await fitToTarget(flow, target, { steps: 3000, annealing: 'none' });
  const x = flow.sample(20_000, { seed: 2 });
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const sd = Math.sqrt(x.reduce((all, each) => all + (each - mean) ** 2, 0) / x.length);
  expect(mean).toBeCloseTo(8, 1);
  expect(sd).toBeCloseTo(Math.sqrt(0.2), 1);
  expect(freeEnergy).toBeCloseTo(41.0305, 2);
});

function determinant(columns: number[][]): number {
  const a = columns.map((column) => [...column]);
  let product = 1;
  for (let k = 0; k < a.length; k++) {
    const pivot = a.slice(k).reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(a[best][k]) ? k + i : best), k);
    [a[k], a[pivot]] = [a[pivot], a[k]];
    product *= a[k][k];
    for (let i = k + 1; i < a.length; i++) {
      const factor = a[i][k] / a[k][k];
      for (let j = k; j < a.length; j++) a[i][j] -= factor * a[k][j];
    }
  }
  return product;
}
