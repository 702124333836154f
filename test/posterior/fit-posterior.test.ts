import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Flow,
  adam,
  add,
  affine,
  choleskyCorrelation,
  fitPosterior,
  interval,
  logDensity,
  logMix,
  model,
  mul,
  normal,
  positive,
  real,
  realNvp,
  setThreads,
  simplex,
  stack,
  sum,
} from '../../src/index.js';
import { RecordedTarget } from '../../src/densities/target.js';

/** What every test but one is content with. */
const quick = { restarts: 1, draws: 2000 };

const measured = model({ x: real() }, ({ x }, { y }: { y: number }) =>
  sum(logDensity.normal(x, 0, 1), logDensity.normal(y, x, 0.5)),
);
const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }: { heads: number; n: number }) =>
  sum(logDensity.beta(p, 2, 2), logDensity.binomial(heads, n, p)),
);
const schools = { y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] };
const centred = model({ theta: real(8), mu: real(), tau: positive() }, ({ theta, mu, tau }, { y, sigma }: typeof schools) =>
  sum(
    logDensity.normal(theta, mu, tau),
    logDensity.normal(y, theta, sigma),
    logDensity.normal(mu, 0, 5),
    logDensity.halfCauchy(tau, 5),
  ),
);
const nonCentred = model({ eta: real(8), mu: real(), tau: positive() }, ({ eta, mu, tau }, { y, sigma }: typeof schools) =>
  sum(
    logDensity.normal(eta, 0, 1),
    logDensity.normal(y, add(mu, mul(tau, eta)), sigma),
    logDensity.normal(mu, 0, 5),
    logDensity.cauchy(tau, 0, 5),
  ),
);

afterEach(() => vi.restoreAllMocks());

describe('fitPosterior', () => {
  // By hand: precision 1 + 4, mean 4 · 10 / 5, ln Z = ln N(10; 0, 1 + ¼).
  it('finds a normal posterior, and its evidence, exactly', async () => {
    const fit = await fitPosterior(measured, { data: { y: 10 }, seed: 1 });
    const { rows, uncorrected, logEvidence, elbo, isTrusted, khat } = fit.summary();
    for (const [{ name, mean, sd, q50, mcse }] of [rows, uncorrected]) {
      expect(name).toBe('x');
      expect(Math.abs(mean - 8)).toBeLessThan(4 * mcse);
      expect(Math.abs(q50 - 8)).toBeLessThan(0.03);
      expect(Math.abs(sd - Math.sqrt(0.2))).toBeLessThan(0.015);
      expect(mcse).toBeLessThan(0.01);
    }
    expect(logEvidence).toBeCloseTo(-41.03051, 3);
    expect(elbo).toBeCloseTo(-41.03051, 3);
    expect([isTrusted, khat]).toEqual([true, 0]); // all ratios are the same
  });

  // Beta(2 + 7, 2 + 3): mean 9/14, and the evidence is a beta-binomial probability.
  it('finds a posterior between bounds', async () => {
    const fit = await fitPosterior(coin, { data: { heads: 7, n: 10 }, seed: 2 });
    const summary = fit.summary();
    const [{ mean, sd, q5, q95 }] = summary.rows;
    expect(Math.abs(mean - 9 / 14)).toBeLessThan(0.005);
    expect(Math.abs(sd - Math.sqrt((9 * 5) / (14 * 14 * 15)))).toBeLessThan(0.003);
    expect(Math.abs(q5 - 0.427)).toBeLessThan(0.01); // scipy.stats.beta(9, 5).ppf([0.05, 0.95])
    expect(Math.abs(q95 - 0.834)).toBeLessThan(0.01);
    expect(summary.logEvidence).toBeCloseTo(Math.log(120 * 6 * ((40320 * 24) / 6227020800)), 2);
    expect(summary.isTrusted).toBe(true);
    const { p } = fit.draws(500);
    expect(p).toHaveLength(500);
    expect(p.every((value) => value > 0 && value < 1)).toBe(true);
  });

  it('agrees with the reference draws of the eight schools, whatever the threads, to the bit', async () => {
    const fitted = [];
    for (const threads of [1, 2]) {
      await setThreads(threads);
      fitted.push(await fitPosterior(nonCentred, { data: schools, seed: 3, steps: 400 }));
    }
    await setThreads();
    const [one, two] = fitted.map((fit) => fit.summary());
    expect(String(two)).toBe(String(one));
    expect(fitted[1].flow.getParameters()).toEqual(fitted[0].flow.getParameters());
    const mu = one.rows.find(({ name }) => name === 'mu')!;
    const tau = one.rows.find(({ name }) => name === 'tau')!;
    expect(Math.abs(mu.mean - 4.4105)).toBeLessThan(0.1 * 3.309);
    expect(Math.abs(tau.mean - 3.602)).toBeLessThan(0.1 * 3.198);
    expect(Math.abs(one.logEvidence + 32.0045)).toBeLessThan(0.02 + 3 * one.logEvidenceError);
  });

  it('does not trust the centred eight schools fitted by mean field', async () => {
    const fit = await fitPosterior(centred, { data: schools, seed: 1, flow: 'mean-field' });
    const { isTrusted, trust, khat } = fit.summary();
    expect(isTrusted).toBe(false);
    expect(khat).toBeGreaterThan(0.7);
    expect(trust).toMatch(/^Not to be trusted: k̂ = /);
  });

  it('does not trust fewer than three restarts', async () => {
    const fit = await fitPosterior(measured, { data: { y: 10 }, restarts: 2 });
    expect(fit.summary().trust).toMatch(/^Not to be trusted: it takes 3 restarts that agree; there were 2/);
  });

  it('sees that a posterior is improper', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const flat = model({ a: real(), b: real() }, ({ a, b }, { y }: { y: number[] }) => sum(logDensity.normal(y, add(a, b), 1)));
    const fit = await fitPosterior(flat, { data: { y: [1, 2] }, draws: 2000 });
    expect(fit.summary().trust).toMatch(
      /improper, or nearly so: its density does not fall off as far out as a = -?[\d.]+, b = -?[\d.]+/,
    );
  });

  it('sees a mode that was left out', async () => {
    const far = model({ x: real(), y: real() }, ({ x, y }) =>
      sum(logMix(0.5, logDensity.normal(x, -20, 0.5), logDensity.normal(x, 20, 0.5)), logDensity.normal(y, 0, 1)),
    );
    const fit = await fitPosterior(far, { seed: 1 });
    const { isTrusted, trust } = fit.summary();
    expect(isTrusted).toBe(false);
    expect(trust).toMatch(/another mode|means are up to/);
  });

  // Of t with ν degrees of freedom, moments below ν exist: the tail of |x|ᵐ has the shape m/ν.
  it.each([
    [1, false, /^Not to be trusted: the mean of x does not exist, or takes more draws\./],
    [2, true, /^Trusted: .*\. But the sd of x does not exist, or takes more draws\./],
    [6, true, /^Trusted: (?!.*exist)/],
  ])('sees which moments t(%i) has', async (nu, isTrusted, words) => {
    const heavy = model({ x: real() }, ({ x }) => logDensity.studentT(x, nu, 0, 1));
    const summary = (await fitPosterior(heavy, { seed: 1 })).summary();
    const [{ meanKhat, sdKhat }] = summary.rows;
    expect(summary.limit).toBe(0.7);
    expect(summary.isTrusted).toBe(isTrusted);
    expect(summary.trust).toMatch(words);
    // of a tail of 300 draws, k̂ has the standard error (1 + k) / √300
    expect(Math.abs(meanKhat - 1 / nu)).toBeLessThan((3 * (1 + 1 / nu)) / Math.sqrt(300));
    expect(Math.abs(sdKhat - 2 / nu)).toBeLessThan((3 * (1 + 2 / nu)) / Math.sqrt(300));
    const marks = String(summary).split('\n')[1].replaceAll(/[^?]/g, '').length;
    expect(marks).toBe([0, 2, 1, 0, 0, 0, 0][nu]);
    expect(String(summary).includes('\n? does not exist')).toBe(marks > 0);
  });

  it('takes a flow of the user’s, and a regression that has led others astray', async () => {
    // mtcars: mpg on weight; least squares has the intercept at 37.2851 and the slope at −5.3445.
    const weight = [2.62, 2.875, 2.32, 3.215, 3.44, 3.46, 3.57, 3.19, 3.15, 3.44, 3.44, 4.07, 3.73, 3.78, 5.25, 5.424, 5.345, 2.2, 1.615, 1.835, 2.465, 3.52, 3.435, 3.84, 3.845, 1.935, 2.14, 1.513, 3.17, 2.77, 3.57, 2.78]; // prettier-ignore
    const mpg = [21, 21, 22.8, 21.4, 18.7, 18.1, 14.3, 24.4, 22.8, 19.2, 17.8, 16.4, 17.3, 15.2, 10.4, 10.4, 14.7, 32.4, 30.4, 33.9, 21.5, 15.5, 15.2, 13.3, 19.2, 27.3, 26, 30.4, 15.8, 19.7, 15, 21.4]; // prettier-ignore
    const regression = model(
      { intercept: real(), slope: real(), sigma: positive() },
      ({ intercept, slope, sigma }, d: { weight: number[]; mpg: number[] }) =>
        sum(logDensity.normal(d.mpg, add(intercept, mul(slope, d.weight)), sigma), logDensity.exponential(sigma, 0.1)),
    );
    const flow = ({ dim, seed }: { dim: number; seed: number | bigint }): Flow => realNvp({ dim, seed, layers: 2, hidden: [16] });
    const fit = await fitPosterior(regression, { data: { weight, mpg }, flow });
    const { rows } = fit.summary();
    expect(Math.abs(rows[0].mean - 37.2851)).toBeLessThan(0.2);
    expect(Math.abs(rows[1].mean + 5.3445)).toBeLessThan(0.06);
    expect(fit.flow.transforms).toHaveLength(4);
  });

  it('reports where it stands, and stops where it is told to', async () => {
    const steps: number[] = [];
    await fitPosterior(measured, { data: { y: 10 }, ...quick, onProgress: ({ step }) => void steps.push(step) });
    expect(steps[0]).toBeGreaterThan(0);
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(fitPosterior(measured, { data: { y: 10 }, signal })).rejects.toBe(reason);
    const controller = new AbortController();
    const fit = fitPosterior(centred, { data: schools, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 30);
    await expect(fit).rejects.toBe(reason);
  });

  it('counts every gradient', async () => {
    const evaluate = vi.spyOn(RecordedTarget.prototype, 'logProbAndGradient');
    const { restarts } = await fitPosterior(centred, { data: schools, ...quick, steps: 100, optimizer: adam() });
    const rows = evaluate.mock.results.reduce((sum, { value }) => sum + (value as { logProb: Float64Array }).logProb.length, 0);
    expect(restarts[0].gradients).toBe(rows + 100 * 128);
  });

  it('names the term that has no density anywhere', async () => {
    const outside = model({ x: real() }, ({ x }, { y }: { y: number }) =>
      sum(logDensity.normal(x, 0, 1), logDensity.exponential(y, 1)),
    );
    await expect(fitPosterior(outside, { data: { y: -1 } })).rejects.toThrow(
      /^fitPosterior: the log density and its gradient must be finite somewhere near 0; .*at x = 0/,
    );
    const scaled = model({ x: real() }, ({ x }, { y }: { y: number }) =>
      sum(logDensity.normal(x, 0, 1), logDensity.exponential(mul(y, add(1, mul(x, x))), 1)),
    );
    await expect(fitPosterior(scaled, { data: { y: -1 } })).rejects.toThrow(
      'logDensity.exponential, term 2 of 2, is -Infinity at x = 0.',
    );
  });

  it('does not throw, and does not trust, where a density ends at bounds that the parameters do not have', async () => {
    const edges = model({ x: real() }, ({ x }) => logDensity.uniform(x, -1, 1));
    const half = model({ x: real() }, ({ x }) => logDensity.exponential(x, 1));
    for (const cut of [edges, half]) {
      const { isTrusted, trust } = (await fitPosterior(cut, { seed: 1 })).summary();
      expect(isTrusted).toBe(false);
      expect(trust).not.toMatch(/NaN|Infinity/);
    }
  });

  it('says so where a density has no end', async () => {
    const growing = model({ x: real() }, ({ x }) => mul(x, x));
    const { isTrusted, trust } = (await fitPosterior(growing, { ...quick, steps: 500 })).summary();
    expect(isTrusted).toBe(false);
    expect(trust).toMatch(/diverged|improper/);
  });

  it('is not misled by elements that are constant', async () => {
    const twins = model({ L: choleskyCorrelation(3) }, ({ L }) => logDensity.lkjCholesky(L, 2));
    const summary = (await fitPosterior(twins, { seed: 1 })).summary();
    const [first, above] = summary.rows;
    expect([first.name, first.mean, first.sd, first.mcse, first.meanKhat]).toEqual(['L[1,1]', 1, 0, 0, 0]);
    expect([above.name, above.mean, above.sd]).toEqual(['L[1,2]', 0, 0]);
    expect(summary.trust).not.toContain('sd apart;');
    expect(Math.abs(summary.logEvidence)).toBeLessThan(0.03); // the density is normalised
  });

  it('takes thirty parameters, and shares', async () => {
    const many = model({ x: real(30) }, ({ x }) => logDensity.normal(x, 1, 2));
    await expect(fitPosterior(many, quick)).rejects.toThrow('the log density must be one number');
    const summed = model({ x: real(30), p: simplex(3) }, ({ x, p }) =>
      sum(logDensity.normal(x, 1, 2), logDensity.dirichlet(p, [1, 2, 3])),
    );
    const { rows, logEvidence } = (await fitPosterior(summed, { ...quick, steps: 300 })).summary();
    expect(rows).toHaveLength(33);
    expect(Math.abs(rows[7].mean - 1)).toBeLessThan(0.2);
    expect(Math.abs(rows[31].mean - 1 / 3)).toBeLessThan(0.02);
    expect(Math.abs(logEvidence)).toBeLessThan(0.05);
  });

  it('refuses what it cannot take', async () => {
    const data = { y: 1 };
    await expect(fitPosterior({} as never)).rejects.toThrow(TypeError);
    await expect(fitPosterior(measured, { data, restarts: 0 })).rejects.toThrow(RangeError);
    await expect(fitPosterior(measured, { data, steps: 1.5 })).rejects.toThrow(RangeError);
    await expect(fitPosterior(measured, { data, draws: 10 })).rejects.toThrow(RangeError);
    await expect(fitPosterior(measured, { data, flow: 'maf' as never })).rejects.toThrow(RangeError);
    await expect(fitPosterior(measured, { data, estimator: 'reinforce' as never })).rejects.toThrow(RangeError);
    await expect(fitPosterior(measured, { data, nSteps: 3 } as never)).rejects.toThrow(TypeError);
    await expect(fitPosterior(measured, {})).rejects.toThrow("model: data must hold 'y'");
    const other = (): Flow => new Flow({ base: normal(2), transforms: [affine(2)] });
    await expect(fitPosterior(measured, { data, flow: other })).rejects.toThrow('flow must make a flow of dim 1');
  });
});

describe('draws', () => {
  it('are named, the same for the same seed, corrected or not', async () => {
    const fit = await fitPosterior(centred, { data: schools, ...quick, steps: 200 });
    const { theta, mu, tau } = fit.draws(50, { seed: 4 });
    expect([theta.length, mu.length, tau.length]).toEqual([400, 50, 50]);
    expect(fit.draws(50, { seed: 4 }).theta).toEqual(theta);
    expect(fit.draws(50, { seed: 5 }).theta).not.toEqual(theta);
    expect(fit.draws(50, { seed: 4, corrected: false }).theta).not.toEqual(theta);
    expect(() => fit.draws(0)).toThrow(RangeError);
    const again = Flow.load(fit.save());
    expect(again.sample(3, { seed: 1 })).toEqual(fit.flow.sample(3, { seed: 1 }));
  });
});

describe('loo', () => {
  const known = model(
    { mu: real() },
    ({ mu }, { y }: { y: number[] }) => sum(logDensity.normal(mu, 0, 2), logDensity.normal(y, mu, 1)),
    { pointwise: ({ mu }, { y }) => logDensity.normal(y, mu, 1) },
  );
  const y = [0.3, -1.1, 2.4, 0.9, 1.5, -0.2];

  // By hand: given the others, mu has precision ¼ + n − 1 and y_i is normal around its mean with variance 1 + 1/precision.
  it('is the predictive density of each observation given the others', async () => {
    const fit = await fitPosterior(known, { data: { y }, restarts: 1, draws: 50_000 });
    const { pointwise, elpd, elpdError, khat, limit, pLoo } = fit.loo();
    const expected = y.map((each) => {
      const precision = 0.25 + y.length - 1;
      const mean = (y.reduce((a, b) => a + b) - each) / precision;
      const variance = 1 + 1 / precision;
      return -0.5 * Math.log(2 * Math.PI * variance) - (each - mean) ** 2 / (2 * variance);
    });
    pointwise.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(0.02));
    expect(Math.abs(elpd - expected.reduce((a, b) => a + b))).toBeLessThan(0.05);
    const mean = elpd / y.length;
    const variance = pointwise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (y.length - 1);
    expect(elpdError).toBeCloseTo(Math.sqrt(y.length * variance), 10);
    expect(pLoo).toBeGreaterThan(0.5);
    expect(pLoo).toBeLessThan(1.5);
    expect(khat.every((value) => value < limit)).toBe(true);
  });

  it('gives no weight to draws without a density, and refuses terms without one where there is', async () => {
    const bounded = model({ x: real() }, ({ x }) => sum(logDensity.normal(x, 0, 1), logDensity.uniform(x, -2.5, 2.5)), {
      pointwise: ({ x }) => stack(logDensity.normal(x, 0, 1), logDensity.uniform(x, -2.5, 2.5)),
    });
    const fit = await fitPosterior(bounded, quick);
    expect(fit.loo().pointwise.every(Number.isFinite)).toBe(true);
    const narrow = model({ x: real() }, ({ x }) => logDensity.normal(x, 0, 1), {
      pointwise: ({ x }) => stack(logDensity.uniform(x, -1, 1)),
    });
    const narrowFit = await fitPosterior(narrow, quick);
    expect(() => narrowFit.loo()).toThrow('pointwise must be finite where the density is; got -Infinity of observation 0.');
  });

  it('needs pointwise terms', async () => {
    const fit = await fitPosterior(measured, { data: { y: 1 }, ...quick });
    expect(() => fit.loo()).toThrow('the model must have pointwise terms');
  });

  it('goes to ArviZ with the draws, [chain][draw][element]', async () => {
    const fit = await fitPosterior(known, { data: { y }, ...quick });
    const { posterior, log_likelihood } = JSON.parse(JSON.stringify(fit.toInferenceData(5, { seed: 2 }))) as {
      posterior: { mu: number[][] };
      log_likelihood: { y: number[][][] };
    };
    expect(posterior.mu).toEqual([[...fit.draws(5, { seed: 2 }).mu]]);
    const [mu] = posterior.mu[0];
    expect(log_likelihood.y[0]).toHaveLength(5);
    y.forEach((each, i) => expect(log_likelihood.y[0][0][i]).toBeCloseTo(-0.5 * (Math.log(2 * Math.PI) + (each - mu) ** 2), 12));
    const schoolFit = await fitPosterior(centred, { data: schools, ...quick, steps: 100 });
    const { theta, tau } = schoolFit.toInferenceData(3).posterior as { theta: number[][][]; tau: number[][] };
    expect([theta.length, theta[0].length, theta[0][0].length, tau[0].length]).toEqual([1, 3, 8, 3]);
  });

  it('goes to ArviZ with predictions, observations and labels', async () => {
    const fit = await fitPosterior(known, { data: { y }, ...quick });
    const dims = { mean: ['row', 'column'], speed: ['place'] };
    const coords = { place: ['a', 'b', 'c', 'd', 'e', 'f'] };
    const json = fit.toInferenceData(3, {
      seed: 2,
      logLikelihood: 'speed',
      posteriorPredictive: ({ mu }, random) => ({ speed: y.map(() => random.normal(mu, 1)), mean: [[mu, 0]], mu }),
      observedData: { speed: Float64Array.from(y) },
      dims,
      coords,
    });
    expect(Object.keys(json)).toEqual([
      ...['posterior', 'posterior_predictive', 'log_likelihood', 'observed_data', 'dims', 'coords', 'attrs'],
    ]);
    expect(json.attrs.inference_library).toBe('normalizing-flows');
    expect([json.dims, json.coords]).toEqual([dims, coords]);
    const plain = JSON.parse(JSON.stringify(json)) as Record<string, Record<string, number[][][]>>;
    expect(plain.posterior_predictive.mu).toEqual(plain.posterior.mu);
    expect(plain.posterior_predictive.mean).toEqual([plain.posterior.mu[0].map((mu) => [[mu, 0]])]);
    const speeds = fit.generate(({ mu }, random) => y.map(() => random.normal(mu, 1)), 3, { seed: 2 });
    expect(plain.posterior_predictive.speed).toEqual([speeds]);
    expect(plain.observed_data).toEqual({ speed: y });
    expect([
      plain.log_likelihood.speed.length,
      plain.log_likelihood.speed[0].length,
      plain.log_likelihood.speed[0][0].length,
    ]).toEqual([1, 3, 6]);
  });

  it('refuses what ArviZ could not read', async () => {
    const fit = await fitPosterior(known, { data: { y }, ...quick });
    const to = (options: Parameters<typeof fit.toInferenceData>[1]) => () => fit.toInferenceData(3, options);
    expect(to({ dims: { nu: ['a'] } })).toThrow("dims must be of variables; got 'nu'.");
    expect(to({ dims: { mu: ['a'] } })).toThrow('dims.mu must name each of 0 axes; got 1 names.');
    expect(to({ dims: { y: ['a'] }, coords: { a: [1, 2] } })).toThrow('coords.a must name the 6 places of y; got 2 names.');
    expect(to({ coords: { a: [1] } })).toThrow("coords must be of axes that dims names; got 'a'.");
    let draw = 0;
    expect(to({ posteriorPredictive: () => ({ z: new Float64Array(++draw) }) })).toThrow(
      'posteriorPredictive: each draw must have the same quantities, {"z":[1]}; got {"z":[2]} of draw 1.',
    );
    expect(to({ posteriorPredictive: () => 3 as never })).toThrow(TypeError);
    expect(to({ observedData: { y: [[1], [2, 3]] } })).toThrow('observedData: y must be a number, or an array whose rows');
    expect(to({ warmup: 3 } as never)).toThrow(TypeError);
  });

  it('names its columns as it names its parameters', async () => {
    const fit = await fitPosterior(centred, { data: schools, ...quick, steps: 100 });
    const columns = fit.columns(4, { seed: 1 });
    expect(Object.keys(columns)).toEqual(fit.names);
    expect(columns['theta[2]'][3]).toBe(fit.draws(4, { seed: 1 }).theta[25]);
  });
});
