// The laws that every base with parameters keeps: density and its gradients against sixty digits (float64 in 64 dimensions), samples
// that have the density they say, and gradients of samples against finite differences.
//
// A value may be off by 100 ε, a gradient by 1e-10 of the largest, and either by what rounding its question by 2 ε would change.

import { afterAll, describe, expect, it } from 'vitest';
import { setThreads } from '../../src/index.js';
import { hash } from '../runtime/hash.js';
import { type Algebra, decimal, number, toNumbers, vector } from '../reference/algebra.js';
import { gradient } from '../reference/dual.js';
import { Random } from '../reference/random.js';
import { type Case, COMPONENTS, EXTREME, RANDOM, families, flowOfCase } from './cases.js';
import { sampleGradient } from './sample-gradient.js';

const VALUE = 100 * Number.EPSILON;
const GRADIENT = 1e-10;
const CONDITION = 50;
const UNDERFLOW = 1e-300;
/** Of finite differences of fourth order. */
const STEP = 1e-4;

interface Truth {
  readonly value: number;
  readonly gradient: number[];
}

function truthOver<T>(A: Algebra<T>, { kind, dim }: Case, row: readonly number[], parameters: readonly number[]): Truth {
  const { logProb } = families[kind];
  const result = gradient(A, (D, all) => logProb(D, all.slice(0, dim), all.slice(dim)), vector(A, [...row, ...parameters]));
  return { value: A.toNumber(result.value), gradient: toNumbers(A, result.gradient) };
}

function truth(law: Case, row: readonly number[], parameters: readonly number[]): Truth {
  return law.dim > 17 ? truthOver(number, law, row, parameters) : truthOver(decimal, law, row, parameters);
}

/** The truths where all numbers are off by an ulp or two. */
function nearby(law: Case, row: readonly number[]): Truth[] {
  return Array.from({ length: law.dim > 8 ? 1 : 3 }, (_, k) => {
    const random = new Random(k);
    const moved = (value: number): number => value * (1 + (random.uniform() < 0.5 ? -1 : 1) * 2 * Number.EPSILON);
    return truth(law, row.map(moved), law.parameters.map(moved));
  });
}

describe.each([...RANDOM, ...EXTREME])('$name', (law) => {
  const flow = flowOfCase(law);
  const { parameters } = law;

  it('density and its gradients', () => {
    law.rows.forEach((row, r) => {
      const expected = truth(law, row, parameters);
      const others = nearby(law, row);
      const { logProb, dx, dParameters } = flow.logProbAndGradient(Float64Array.from(row));
      const actual = [...dx, ...dParameters.subarray(0, parameters.length)];
      const change = Math.max(...others.map(({ value }) => Math.abs(value - expected.value)));
      const bound = VALUE * Math.max(1, Math.abs(expected.value)) + CONDITION * change;
      expect(Math.abs(logProb[0] - expected.value), `row ${r}: density`).toBeLessThanOrEqual(bound);
      const largest = Math.max(...expected.gradient.map(Math.abs));
      actual.forEach((value, k) => {
        const changed = Math.max(...others.map((other) => Math.abs(other.gradient[k] - expected.gradient[k])));
        const allowed = GRADIENT * largest + CONDITION * changed + UNDERFLOW;
        expect(Math.abs(value - expected.gradient[k]), `row ${r}: gradient ${k}`).toBeLessThanOrEqual(allowed);
      });
      expect(flow.logProb(Float64Array.from(row))).toEqual(logProb);
    });
  });
});

describe.each(RANDOM)('samples of $name', (law) => {
  const flow = flowOfCase(law);
  const { dim, parameters } = law;
  const n = 1001;
  const { x, logProb } = flow.sampleAndLogProb(n, { seed: 5 });

  it('have the density that they say', () => {
    flow.logProb(x).forEach((value, r) => {
      const row = [...x.subarray(r * dim, (r + 1) * dim)];
      const change = r < 5 ? Math.max(...nearby(law, row).map((other) => Math.abs(other.value - value))) : 0;
      const bound = 1e-11 * Math.max(1, Math.abs(value)) + CONDITION * change;
      expect(Math.abs(value - logProb[r]), `row ${r}`).toBeLessThanOrEqual(bound);
    });
  });

  it.each([1, 2, 3, 33, 128, 129])('%i rows are a prefix, and have the bits of 1001', (rows) => {
    const few = flow.sampleAndLogProb(rows, { seed: 5 });
    expect(few.x).toEqual(x.slice(0, rows * dim));
    expect(few.logProb).toEqual(logProb.slice(0, rows));
    expect(flow.logProb(x.slice((n - rows) * dim))).toEqual(flow.logProb(x).slice(n - rows));
  });

  it('move with the parameters as their gradient says', () => {
    const rows = 101;
    const random = new Random(9);
    const seeds = [Float64Array.from(random.normals(rows * dim)), Float64Array.from(random.normals(rows))];
    const all = flow.getParameters();
    const analytic = sampleGradient(flow, all, rows, 5, seeds);
    /** The terms of the loss whose gradient that is. */
    const terms = (moved: Float64Array): number[] => {
      flow.setParameters(moved);
      const sample = flow.sampleAndLogProb(rows, { seed: 5 });
      return [...sample.x.map((value, i) => value * seeds[0][i]), ...sample.logProb.map((value, i) => value * seeds[1][i])];
    };
    const rounding = (Number.EPSILON / STEP) * 10 * terms(all).reduce((sum, term) => sum + Math.abs(term), 0);
    // The weights of a mixture move no sample: what their gradient lacks is why fitToTarget refuses them.
    const first = law.kind === 'mixture' ? COMPONENTS : 0;
    const picked = Array.from({ length: 12 }, () => first + random.below(parameters.length - first));
    for (const k of new Set(picked)) {
      const at = (distance: number): number[] => terms(all.map((value, i) => (i === k ? value + distance : value)));
      const [a, b, c, d] = [2, 1, -1, -2].map((steps) => at(steps * STEP));
      // f′ = (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h + O(h⁴)
      const difference = a.reduce((sum, _, i) => sum + 8 * (b[i] - c[i]) - (a[i] - d[i]), 0) / (12 * STEP);
      const bound = 1e-7 * (1 + Math.abs(difference)) + rounding;
      expect(Math.abs(analytic[k] - difference), `parameter ${k}`).toBeLessThanOrEqual(bound);
    }
    flow.setParameters(all);
  });
});

describe('threads', () => {
  afterAll(async () => void (await setThreads(1)));

  it.each(RANDOM.filter(({ dim }) => dim === 3))('change no bit of $name', async (law) => {
    const flow = flowOfCase(law);
    const all = (): string => {
      const { x, logProb } = flow.sampleAndLogProb(100_003, { seed: 7 });
      const { dx, dParameters } = flow.logProbAndGradient(x);
      return hash(x, logProb, dx, dParameters);
    };
    await setThreads(1);
    const alone = all();
    await setThreads(3);
    expect(all()).toBe(alone);
  });
});
