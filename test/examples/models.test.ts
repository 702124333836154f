// The programs of examples/models: what each finds, held against quadrature, enumeration or long MCMC runs; what it draws, against the file that
// the docs show; and its page, which has the same model.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Model, PosteriorFit } from '../../src/index.js';
import { parse, texts, withClass } from '../plot/xml.js';

interface Run {
  text: string;
  picture: string;
  fit: PosteriorFit;
}
interface Interval {
  low90: number;
  low50: number;
  median: number;
  high50: number;
  high90: number;
}

/** A module of the examples, which is JavaScript. */
const load = (name: string) => import(new URL(`../../examples/models/${name}.mjs`, import.meta.url).href);

const NAMES = readdirSync('docs/examples').flatMap((file) => (file.endsWith('.md') ? [file.replace('.md', '')] : []));

/** What posteriordb's long MCMC runs found. */
function referenceOf(name: string): { names: string[]; mean: number[]; sd: number[] } {
  return JSON.parse(readFileSync(`examples/posteriors/data/${name}.json`, 'utf8')).reference;
}

/** In a picture: it is well-formed, shows these words, holds only numbers, and is the one of the page. */
function expectPicture(name: string, picture: string, words: string[]): void {
  const root = parse(picture);
  expect(texts(root)).toEqual(expect.arrayContaining(words));
  expect(picture).not.toMatch(/NaN|Infinity|undefined/);
  expect(picture === readFileSync(`docs/examples/${name}.svg`, 'utf8'), 'as node docs/pictures.mjs examples draws it').toBe(true);
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const sdOf = (values: ArrayLike<number>): number => {
  const average = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - average) ** 2)));
};
const normalLogDensity = (x: number, location: number, scale: number): number =>
  -0.5 * ((x - location) / scale) ** 2 - Math.log(scale) - 0.5 * Math.log(2 * Math.PI);
const logSumExp = (values: number[]): number => {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
};
/** The midpoint rule: places, and the logarithm of the width of each. */
const midpoints = (low: number, high: number, cells: number): number[] =>
  Array.from({ length: cells }, (_, i) => low + ((i + 0.5) * (high - low)) / cells);

/** Milliseconds for the three restarts of a fit or two, on a busy machine. */
const A_WHILE = 120_000;
/** Of means, in reference standard deviations. */
const CLOSE = 0.1;

describe('eight schools', () => {
  let result: Omit<Run, 'fit'> & { fits: Record<'centred' | 'nonCentred' | 'meanField', PosteriorFit>; effects: Interval[] };
  beforeAll(async () => {
    result = await (await load('eight-schools')).run();
  }, A_WHILE);

  it('is trusted in both parameterisations, with the evidence known by quadrature, but for a mean field', () => {
    const { centred, nonCentred, meanField } = result.fits;
    for (const fit of [centred, nonCentred]) {
      const { isTrusted, logEvidence } = fit.summary();
      expect(isTrusted).toBe(true);
      // That of posteriordb lacks the factor 2 of the half Cauchy density.
      expect(Math.abs(logEvidence - (-32.00449 + Math.log(2)))).toBeLessThan(0.03);
    }
    expect(centred.summary().elbo).toBeLessThan(nonCentred.summary().elbo);
    const { khat, elbo, trust } = meanField.summary();
    expect(khat).toBeGreaterThan(0.7);
    expect(elbo).toBeLessThan(centred.summary().elbo - 1);
    expect(trust).toContain('Not to be trusted');
    expect(result.text).toContain(trust);
  });

  it('has the means and deviations of long MCMC runs', () => {
    const reference = referenceOf('eight_schools_noncentered');
    const { mu, tau, eta } = result.fits.nonCentred.draws(20_000, { seed: 1 }) as Record<string, Float64Array>;
    const theta = Array.from({ length: 8 }, (_, j) => mu.map((location, s) => location + tau[s] * eta[8 * s + j]));
    const { centred } = result.fits;
    const columns = centred.columns(20_000, { seed: 1 });
    reference.names.forEach((name, j) => {
      for (const values of [[...theta, mu, tau][j], columns[name]]) {
        expect(Math.abs(mean(values) - reference.mean[j]) / reference.sd[j]).toBeLessThan(CLOSE);
        expect(Math.abs(sdOf(values) / reference.sd[j] - 1)).toBeLessThan(0.1);
      }
    });
  });

  it('draws the funnel, and effects drawn towards each other', () => {
    expectPicture('eight-schools', result.picture, ['centred', 'non-centred', 'ln τ', 'A', 'H', 'effect of coaching, points']);
    const root = parse(result.picture);
    expect(withClass(root, 'draws')).toHaveLength(3);
    expect(withClass(root, 'ring')).toHaveLength(8 + 1);
    const medians = result.effects.map(({ median }) => median);
    expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(4); // of estimates, 31
  });
});

describe('logistic regression', () => {
  let result: Run & { atLaunch: Interval; isColdWorse: number };
  let data: { x: number[]; y: number[] };
  beforeAll(async () => {
    const module = await load('logistic-regression');
    data = module.data;
    result = await module.run();
  }, A_WHILE);

  it('has the moments, the evidence and the risk that quadrature gives', () => {
    const [alphas, betas] = [midpoints(-6, 4, 200), midpoints(-9, 4, 260)];
    const points = alphas.flatMap((alpha) =>
      betas.map((beta) => {
        const likelihood = data.x.reduce((sum, x, i) => sum - Math.log1p(Math.exp((1 - 2 * data.y[i]) * (alpha + beta * x))), 0);
        return { alpha, beta, log: likelihood + normalLogDensity(alpha, 0, 2.5) + normalLogDensity(beta, 0, 2.5) };
      }),
    );
    const logEvidence = logSumExp(points.map(({ log }) => log)) + Math.log((10 / 200) * (13 / 260));
    const area = (10 / 200) * (13 / 260);
    const expected = (of: (alpha: number, beta: number) => number): number =>
      points.reduce((sum, { alpha, beta, log }) => sum + of(alpha, beta) * Math.exp(log - logEvidence) * area, 0);
    const { rows, isTrusted, ...summary } = result.fit.summary();
    expect(isTrusted).toBe(true);
    expect(Math.abs(summary.logEvidence - logEvidence)).toBeLessThan(0.01);
    const means = [expected((alpha) => alpha), expected((_, beta) => beta)];
    rows.forEach(({ mean, sd }, j) => expect(Math.abs(mean - means[j]) / sd).toBeLessThan(0.05));
    expect(Math.abs(result.isColdWorse - expected((_, beta) => (beta < 0 ? 1 : 0)))).toBeLessThan(0.004);
    const below = expected((alpha, beta) => (1 / (1 + Math.exp(-alpha + 3.9 * beta)) < result.atLaunch.low90 ? 1 : 0));
    expect(Math.abs(below - 0.05)).toBeLessThan(0.015);
  });

  it('draws the curve over 23 flights', () => {
    expectPicture('logistic-regression', result.picture, ['31 °F: > 99 %', 'temperature at launch, °F']);
    expect(withClass(parse(result.picture), 'dot')).toHaveLength(23 + 1);
  });

  it('prints and draws the same as a program', () => {
    const out = mkdtempSync(join(tmpdir(), 'models-'));
    try {
      const args = [join('examples', 'models', 'logistic-regression.mjs'), '--out', out];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      const file = join(out, 'logistic-regression.svg');
      expect([status, stdout]).toEqual([0, `${result.text}\n\nDrawn: ${file}\n`]);
      expect(readFileSync(file, 'utf8')).toBe(result.picture);
    } finally {
      rmSync(out, { recursive: true });
    }
  });
});

describe('hierarchical regression', () => {
  let result: Run & { levels: Interval[]; above: number[] };
  let data: { y: number[]; floor: number[]; county: number[] };
  beforeAll(async () => {
    const module = await load('hierarchical-regression');
    data = module.data;
    result = await module.run();
  }, A_WHILE);

  it('has the means and the evidence that integration over all but τ and σ gives', () => {
    const cells = midpoints(0.005, 2.005, 200).flatMap((tau) =>
      midpoints(0.55, 1.15, 40).map((sigma) => ({ tau, sigma, ...linear(data, tau, sigma) })),
    );
    // Half-normal priors of scale 1.
    const logs = cells.map(
      ({ tau, sigma, log }) => log + normalLogDensity(tau, 0, 1) + normalLogDensity(sigma, 0, 1) + 2 * Math.log(2),
    );
    const total = logSumExp(logs);
    const { rows, isTrusted, logEvidence } = result.fit.summary();
    expect(isTrusted).toBe(true);
    expect(Math.abs(logEvidence - (total + Math.log((2 / 200) * (0.6 / 40))))).toBeLessThan(0.03);
    const expected = (of: (cell: (typeof cells)[number]) => number): number =>
      cells.reduce((sum, cell, i) => sum + of(cell) * Math.exp(logs[i] - total), 0);
    const means = [
      expected(({ mean }) => mean[0]),
      expected(({ tau }) => tau),
      ...data.county.slice(0, 12).map((_, j) => expected(({ mean }) => mean[2 + j])),
      expected(({ mean }) => mean[1]),
      expected(({ sigma }) => sigma),
    ];
    rows.forEach(({ mean, sd }, j) => expect(Math.abs(mean - means[j]) / sd).toBeLessThan(0.05));
  });

  it('draws each county, between its own estimate and that of all', () => {
    const counties = ['Aitkin', 'Anoka', 'Blue Earth', 'Chippewa', '52 houses', 'basement', 'first floor'];
    expectPicture('hierarchical-regression', result.picture, counties);
    expect(result.above[6]).toBeGreaterThan(0.6); // Blue Earth
    expect(result.above[1]).toBeLessThan(0.35); // Anoka
    const widthOf = ({ low90, high90 }: Interval): number => high90 - low90;
    expect(widthOf(result.levels[1])).toBeLessThan(0.5 * widthOf(result.levels[2])); // 52 houses, and 3
  });
});

describe('Gaussian process', () => {
  let result: Run & { f: Interval[] };
  let conditional: (rho: number, alpha: number, eta: number[]) => { f: number[]; at(place: number): [number, number] };
  beforeAll(async () => {
    const module = await load('gaussian-process');
    conditional = module.conditional;
    result = await module.run();
  }, A_WHILE);

  it('is trusted, and has the means of long MCMC runs', () => {
    const reference = referenceOf('gp_pois_regr');
    const { rows, isTrusted } = result.fit.summary();
    expect(isTrusted).toBe(true);
    const means = [rows[0].mean, rows[1].mean, ...result.f.map(({ median }) => median)];
    // Medians of f for means: nearly normal.
    means.forEach((value, j) => expect(Math.abs(value - reference.mean[j]) / reference.sd[j]).toBeLessThan(j < 2 ? CLOSE : 0.2));
  });

  it('goes through f where the counts are, and forgets it far away', () => {
    const { f, at } = conditional(5, 2, [1, -1, 0.5, 0, 2, 1, -0.3, 0.2, 0.4, -1, 1.5]);
    const [value, deviation] = at(-6);
    expect(value).toBeCloseTo(f[2], 4);
    expect(deviation).toBeLessThan(1e-3);
    expect(at(1000)).toEqual([0, 2]);
  });

  it('draws bands around eleven counts', () => {
    expectPicture('gaussian-process', result.picture, ['rate: median, 50 and 90 %', 'a count', 'x']);
    expect(withClass(parse(result.picture), 'dot')).toHaveLength(11 + 1);
  });
});

type Rates = { rate: number[]; fromCalm: number[]; fromActive: number[] };

describe('hidden Markov model', () => {
  let result: Run & { active: number[] };
  let run: (options: { y: number[]; restarts: number; draws: number }) => Promise<typeof result>;
  let switching: Model;
  let smoothed: (draw: Rates, y: number[]) => number[][];
  beforeAll(async () => {
    const module = await load('hidden-markov');
    ({ run, switching, smoothed } = module);
    result = await module.run();
  }, A_WHILE);

  const SHORT = [9, 14, 30, 22, 17, 8, 25];
  const draw: Rates = { rate: [12, 26], fromCalm: [0.85, 0.15], fromActive: [0.3, 0.7] };
  /** ln p(y, z) of each of the sequences of states. */
  const enumerated = ({ rate, fromCalm, fromActive }: Rates, y: number[]) =>
    Array.from({ length: 2 ** y.length }, (_, code) => {
      const z = y.map((__, t) => (code >> t) & 1);
      const log = z.reduce((sum, state, t) => {
        const step = t === 0 ? 0.5 : [fromCalm, fromActive][z[t - 1]][state];
        const factorial = Array.from({ length: y[t] }, (__, k) => Math.log(k + 1)).reduce((a, b) => a + b, 0);
        return sum + Math.log(step) + y[t] * Math.log(rate[state]) - rate[state] - factorial;
      }, 0);
      return { z, log };
    });

  it('sums over sequences of states as enumeration does', () => {
    const likelihood = (y: number[], parameters: Rates): number => logSumExp(enumerated(parameters, y).map(({ log }) => log));
    // Priors and Jacobians do not depend on data, so that they cancel.
    const [a, b] = [SHORT, [...SHORT].reverse().map((count) => count + 3)].map((y) => switching.bind({ y }));
    const u = [Math.log(12), Math.log(14), 1.7, -0.8];
    const [parameters] = [a.constrain([u])].map(({ rate, fromCalm, fromActive }) => ({
      rate: [...rate],
      fromCalm: [...fromCalm],
      fromActive: [...fromActive],
    }));
    const difference =
      likelihood(SHORT, parameters) -
      likelihood(
        [...SHORT].reverse().map((count) => count + 3),
        parameters,
      );
    expect(a.logProb([u])[0] - b.logProb([u])[0]).toBeCloseTo(difference, 10);
  });

  it('has the probability of each state that enumeration gives', () => {
    const paths = enumerated(draw, SHORT);
    const total = logSumExp(paths.map(({ log }) => log));
    smoothed(draw, SHORT).forEach((p, t) => {
      const active = logSumExp(paths.filter(({ z }) => z[t] === 1).map(({ log }) => log)) - total;
      expect(p[1]).toBeCloseTo(Math.exp(active), 12);
      expect(p[0] + p[1]).toBeCloseTo(1, 12);
    });
  });

  it('finds rates near the likeliest ones, and the active times', () => {
    const { rows, isTrusted } = result.fit.summary();
    expect(isTrusted).toBe(true);
    // Zucchini & MacDonald 2009, table 3.1: maximum likelihood, with the stationary distribution at the start.
    [15.472, 26.125].forEach((rate, j) => expect(Math.abs(rows[j].mean - rate) / rows[j].sd).toBeLessThan(0.5));
    const at = (year: number): number => result.active[year - 1900];
    expect(Math.min(...[1906, 1910, 1940, 1945, 1950, 1957, 1970].map(at))).toBeGreaterThan(0.9);
    expect(Math.max(...[1902, 1920, 1980, 1990, 2000].map(at))).toBeLessThan(0.1);
    expect(result.text).toContain('1934–1951');
  });

  it('finds the states that made a series', async () => {
    // Seven turns of eight years each; counts at fixed quantiles of their distributions, shuffled.
    const z = Array.from({ length: 56 }, (_, t) => Math.floor(t / 8) % 2);
    const y = z.map((state, t) => (state === 0 ? 6 : 18) + [0, 3, -2, 1, -3, 4, -1, 2][(5 * t) % 8]);
    const { fit, active } = await run({ y, restarts: 1, draws: 1000 });
    expect(z.filter((state, t) => active[t] > 0.5 === (state === 1)).length / z.length).toBeGreaterThan(0.95);
    fit
      .summary()
      .rows.slice(0, 2)
      .forEach(({ mean }, j) => expect(Math.abs(mean - [6.5, 18.5][j])).toBeLessThan(1.5));
  });

  it('draws the rate of each year and the probability that it was active', () => {
    expectPicture('hidden-markov', result.picture, ['P(active)', 'earthquakes of a year', '1960', 'year']);
    expect(withClass(parse(result.picture), 'dot')).toHaveLength(107 + 1);
  });
});

describe('GARCH', () => {
  let result: Run & { curve: Interval[] };
  let data: { y: number[]; sigma1: number };
  beforeAll(async () => {
    const module = await load('garch');
    data = module.data;
    result = await module.run();
  }, A_WHILE);

  it('is trusted, and has the moments of long MCMC runs under their flat priors', () => {
    expect(result.fit.summary().isTrusted).toBe(true);
    const reference = referenceOf('garch11');
    const columns = result.fit.columns(20_000, { seed: 1 });
    // Draws weighed by the ratio of the priors.
    const weights = columns.alpha0.map((alpha0, s) => 1 / Math.exp(normalLogDensity(alpha0, 0, 3) + normalLogDensity(columns.mu[s], 0, 10))); // prettier-ignore
    const total = weights.reduce((a, b) => a + b, 0);
    reference.names.forEach((name, j) => {
      const expected = (of: (value: number) => number): number =>
        columns[name].reduce((sum, value, s) => sum + (of(value) * weights[s]) / total, 0);
      const average = expected((value) => value);
      expect(Math.abs(average - reference.mean[j]) / reference.sd[j]).toBeLessThan(CLOSE);
      expect(Math.abs(Math.sqrt(expected((value) => (value - average) ** 2)) / reference.sd[j] - 1)).toBeLessThan(0.1);
    });
  });

  it('follows the returns with its volatility, and knows less of the days to come', () => {
    const { y, sigma1 } = data;
    expect(result.curve).toHaveLength(y.length + 20);
    expect(result.curve[0].median).toBe(sigma1);
    const spread = ({ low90, high90 }: Interval): number => high90 / low90;
    const past = result.curve.slice(10, y.length).map(spread);
    expect(mean(past)).toBeLessThan(1.4);
    expect(spread(result.curve[y.length])).toBeLessThan(2); // tomorrow
    expect(spread(result.curve[y.length + 19])).toBeGreaterThan(2.5);
    // Standardised by it, returns have variance 1.
    const standardised = y.slice(1).map((each, t) => (each - 5.05) / result.curve[t + 1].median);
    expect(Math.abs(mean(standardised.map((z) => z * z)) - 1)).toBeLessThan(0.2);
  });

  it('draws returns, volatility and forecast', () => {
    expectPicture('garch', result.picture, ['return', 'σ', 'μ ± 2 σ', 'the last day', 'day']);
  });
});

describe('pages', () => {
  it.each(NAMES)('%s has the models of its program', (name) => {
    const page = readFileSync(`docs/examples/${name}.md`, 'utf8');
    const onPage = modelsIn([...page.matchAll(/^```[jt]s\n([^]*?)^```/gm)].map(([, code]) => code).join('\n'));
    expect(Object.keys(onPage).length).toBeGreaterThan(0);
    expect(onPage).toEqual(modelsIn(readFileSync(`examples/models/${name}.mjs`, 'utf8')));
    expect(page).toContain(`](${name}.svg)`);
    expect(page).toContain(`](../../examples/models/${name}.mjs)`);
  });

  it('are all listed', () => {
    const index = readFileSync('docs/examples.md', 'utf8');
    expect(NAMES.filter((name) => !index.includes(`](examples/${name}.md)`))).toEqual([]);
    expect(NAMES).toHaveLength(6);
  });
});

/** What follows `const … = model` in code, without types and as one printer writes it, by name. */
function modelsIn(code: string): Record<string, string> {
  const { outputText } = ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2022, removeComments: true } });
  const source = ts.createSourceFile('page.js', outputText, ts.ScriptTarget.ES2022);
  const declarations = source.statements.filter(ts.isVariableStatement).flatMap((each) => [...each.declarationList.declarations]);
  const models = declarations.filter(({ initializer }) => initializer?.getText(source).startsWith('model('));
  return Object.fromEntries(
    models.map(({ name, initializer }) => [name.getText(source), initializer!.getText(source).replace(/\s+/g, ' ')]),
  );
}

/**
 * ln p(y | τ, σ) of the radon houses, and the mean of μ, β, η_1 … η_12 given τ and σ: a linear model, normal throughout.
 *
 *   A = XᵀX / σ² + Λ,  b = Xᵀy / σ²,   ln p = −½ (n ln 2πσ² + yᵀy / σ² − bᵀA⁻¹b + ln |A| − ln |Λ|)
 */
function linear({ y, floor, county }: { y: number[]; floor: number[]; county: number[] }, tau: number, sigma: number) {
  const size = 14;
  const precision = Array.from({ length: size }, (_, i) => (i === 0 ? 0.25 : 1)); // of priors
  const A = precision.map((value, i) => precision.map((_, j) => (i === j ? value : 0)));
  const b = precision.map(() => 0);
  y.forEach((value, i) => {
    const row = [[0, 1], [1, floor[i]], [2 + county[i], tau]]; // prettier-ignore
    for (const [j, x] of row) {
      b[j] += (x * value) / sigma ** 2;
      for (const [k, other] of row) A[j][k] += (x * other) / sigma ** 2;
    }
  });
  const L = A.map((row) => row.map(() => 0));
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) {
      const rest = A[i][j] - L[j].slice(0, j).reduce((sum, entry, k) => sum + entry * L[i][k], 0);
      L[i][j] = i === j ? Math.sqrt(rest) : rest / L[j][j];
    }
  const half = b.map(() => 0);
  for (let i = 0; i < size; i++) half[i] = (b[i] - half.slice(0, i).reduce((sum, v, k) => sum + v * L[i][k], 0)) / L[i][i];
  const mean = b.map(() => 0);
  for (let i = size - 1; i >= 0; i--)
    mean[i] = (half[i] - mean.reduce((sum, v, k) => (k > i ? sum + v * L[k][i] : sum), 0)) / L[i][i];
  const squares = y.reduce((sum, value) => sum + value * value, 0) / sigma ** 2;
  const logDeterminant = 2 * L.reduce((sum, row, i) => sum + Math.log(row[i]), 0);
  const explained = half.reduce((sum, value) => sum + value * value, 0);
  const priorLog = precision.reduce((sum, value) => sum + Math.log(value), 0);
  const log = -0.5 * (y.length * Math.log(2 * Math.PI * sigma ** 2) + squares - explained + logDeterminant - priorLog);
  return { log, mean };
}
