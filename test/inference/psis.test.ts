// psis against the R package loo. psis-loo.json is what psis-loo.R printed.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { energies, psis, targetFromFunction } from '../../src/index.js';

interface LooCase {
  name: string;
  logRatios: number[];
  /** Normalised. */
  logWeights: number[];
  /** null: ∞ */
  paretoK: number | null;
  ess: number;
}

const cases = JSON.parse(readFileSync('test/inference/psis-loo.json', 'utf8')) as LooCase[];
const ratiosOf = (name: string): number[] => cases.find((one) => one.name === name)!.logRatios;

/** Both round: exp and log of up to a thousand numbers, sums of them, and log ratios of up to 10 000 to which loo adds their maximum back. */
const TOLERANCE = 1e-11;
/** Sums are rounded to half an ulp of 1e5, 7e-12; k̂ and log weights move by up to twice that. */
const SHIFTED = 5e-11;

const worst = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, s) => Math.max(most, value === b[s] ? 0 : Math.abs(value - b[s])), 0);

describe.each(cases)('psis, $name', ({ logRatios, logWeights, paretoK, ess }) => {
  const smoothed = psis(logRatios);

  it('k̂ is that of loo to 1e-11', () => {
    if (paretoK === null) expect(smoothed.paretoK).toBe(Infinity);
    else expect(Math.abs(smoothed.paretoK - paretoK)).toBeLessThan(TOLERANCE);
  });

  it('log weights are those of loo to 1e-11', () => {
    expect(smoothed.logWeights).toHaveLength(logWeights.length);
    expect(worst(smoothed.logWeights, logWeights)).toBeLessThan(TOLERANCE);
  });

  it('the effective sample size is that of loo to 1e-11 of it', () => {
    expect(Math.abs(smoothed.ess / ess - 1)).toBeLessThan(TOLERANCE);
  });

  it('weights sum to 1', () => {
    expect(smoothed.logWeights.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12);
  });

  it.each([1e-3, 700, -1e5])('adding %s to every log ratio changes nothing beyond rounding', (constant) => {
    const shifted = psis(logRatios.map((ratio) => ratio + constant));
    expect(worst(shifted.logWeights, smoothed.logWeights)).toBeLessThan(SHIFTED);
    expect(worst([shifted.paretoK], [smoothed.paretoK])).toBeLessThan(SHIFTED);
  });
});

it('psis smooths the last of those tied at the cutoff, and leaves the rest', () => {
  const ratios = ratiosOf('ties at the cutoff');
  const [cutoff, next] = ratios.slice().sort((a, b) => a - b).slice(ratios.length - 21); // prettier-ignore
  expect(cutoff).toBe(next);
  const { logWeights } = psis(ratios);
  const tied = ratios.flatMap((ratio, s) => (ratio === cutoff ? [logWeights[s]] : []));
  const smoothed = tied.filter((value) => value !== tied[0]);
  expect(smoothed.length).toBeGreaterThan(0);
  expect(tied.slice(-smoothed.length)).toEqual(smoothed);
});

describe('psis of −∞', () => {
  const some = ratiosOf('k 0.5');

  it('is what it is of a ratio too small to count', () => {
    const zero = psis([...some, -Infinity, -Infinity]);
    const small = psis([...some, -9999, -9999]);
    expect(zero.paretoK).toBe(small.paretoK);
    expect(zero.ess).toBe(small.ess);
    expect(zero.logWeights.slice(0, -2)).toEqual(small.logWeights.slice(0, -2));
    expect([...zero.logWeights.slice(-2)]).toEqual([-Infinity, -Infinity]);
  });

  it('stays a weight of 0 in the tail', () => {
    const { logWeights, paretoK } = psis([...some.slice(0, 18), ...Array<number>(82).fill(-Infinity)]);
    expect(paretoK).toBeLessThan(5);
    expect(logWeights.filter((value) => value > -Infinity)).toHaveLength(18);
    expect(logWeights.filter(Number.isNaN)).toHaveLength(0);
  });

  it('leaves all the weight to the only other draw', () => {
    const { logWeights, paretoK, ess } = psis([...Array<number>(99).fill(-Infinity), -3]);
    expect([logWeights[98], logWeights[99], paretoK, ess]).toEqual([-Infinity, 0, Infinity, 1]);
  });
});

describe('psis at the edges', () => {
  it('of one ratio', () => expect(psis([5])).toEqual({ logWeights: Float64Array.of(0), paretoK: Infinity, ess: 1 }));

  it('of equal ratios', () => {
    const { logWeights, paretoK, ess } = psis(new Float64Array(3000).fill(-700));
    expect(paretoK).toBe(Infinity);
    expect(ess).toBeCloseTo(3000, 8);
    expect(worst(logWeights, Array(3000).fill(-Math.log(3000)))).toBeLessThan(1e-12);
  });

  it('of ratios a float32 or an integer array holds', () => {
    expect(psis(Int32Array.of(1, 2, 3))).toEqual(psis([1, 2, 3]));
    expect(psis(Float32Array.of(0.5, 2))).toEqual(psis([0.5, 2]));
  });

  it('of the largest and the smallest double', () => {
    expect([...psis([Number.MAX_VALUE, -Number.MAX_VALUE]).logWeights]).toEqual([0, -Infinity]);
  });

  it('of 100 000 draws, k̂ near the tail they were drawn from', () => {
    // Evenly spread quantiles of shape 0.6.
    const ratios = Float64Array.from({ length: 100_000 }, (_, s) => -0.6 * Math.log((s + 0.5) / 100_000));
    const { logWeights, paretoK } = psis(ratios);
    expect(paretoK).toBeCloseTo(0.6, 1);
    expect(logWeights.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 11);
  });

  it('leaves its argument as it was', () => {
    const ratios = Float64Array.from(ratiosOf('k 0.7'));
    psis(ratios);
    expect([...ratios]).toEqual(ratiosOf('k 0.7'));
  });
});

it('psis refuses what is no list of log ratios', () => {
  const message = (logRatios: unknown): string => {
    try {
      psis(logRatios as number[]);
    } catch (error) {
      return String(error);
    }
    return 'none';
  };
  expect(message([])).toBe('RangeError: psis: logRatios must hold at least one number; got none.');
  expect(message([0, NaN])).toBe('RangeError: psis: logRatios must be finite or -Infinity; got NaN at index 1.');
  expect(message([Infinity, 0])).toBe('RangeError: psis: logRatios must be finite or -Infinity; got Infinity at index 0.');
  expect(message([-Infinity, -Infinity])).toBe('RangeError: psis: logRatios must hold a finite number; got -Infinity alone.');
  expect(message('12')).toBe("TypeError: psis: logRatios must be an array of numbers; got '12'.");
  expect(message(undefined)).toBe('TypeError: psis: logRatios must be an array of numbers; got undefined.');
  expect(message([0, '1'])).toBe("TypeError: psis: logRatios must hold numbers; got '1' at index 1.");
  expect(message([0, , 1])).toBe('TypeError: psis: logRatios must hold numbers; got undefined at index 1.'); // prettier-ignore
});

it("psis is not for the inside of a target's function", () => {
  const target = targetFromFunction(1, () => void psis([1, 2]));
  expect(() => target.logProb([[0]])).toThrow(/^psis: the library must not be called from inside a target's function;/);
  expect(energies.u2.logProb([[0, 0]])).toHaveLength(1); // and others work on
});
