import { describe, expect, it } from 'vitest';
import { densityInPlane, densityOf, quantile, summarize, variableOf } from '../../src/plot/density.js';
import { normals, quantiles } from './draws.js';

const CELLS = 200;

const standardDeviation = (x: Float64Array): number => {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length);
};

/** The definition, with reflection at both ends: of each draw its kernel, and those of its mirror images. */
function naive(x: Float64Array, at: number): number {
  const sorted = x.slice().sort();
  const [first, last] = [sorted[0], sorted[sorted.length - 1]];
  if (at < first || at > last) return 0;
  const quarter = Math.ceil(x.length / 4);
  const shortest = Math.min(...Array.from(sorted.subarray(quarter), (value, i) => value - sorted[i]));
  const quartiles = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  const h = 0.9 * Math.min(standardDeviation(x), quartiles / 1.349, shortest / 0.425) * x.length ** -0.2;
  const kernel = (u: number): number => (Math.abs(u) < 3 ? (35 / 96) * (1 - (u / 3) ** 2) ** 3 : 0);
  const images = (value: number): number[] => [value, 2 * first - value, 2 * last - value];
  return x.reduce((sum, value) => sum + images(value).reduce((s, y) => s + kernel((at - y) / h), 0), 0) / (x.length * h);
}

describe('density', () => {
  const exponential = quantiles(500, (p) => -Math.log(1 - p));
  const modes = Float64Array.from([...normals(300).map((z) => 0.1 * z), ...normals(300, 2).map((z) => 4 + 0.1 * z)]);

  // Counting in cells moves a draw by half a cell at most: 2 % of the peak where a kernel is five cells wide.
  it.each([
    ['normal', normals(500), 0.01],
    ['exponential', exponential, 0.03],
    ['two modes', modes, 0.03],
  ])('of %s draws is the definition to what a cell is wide', (_, x, tolerance) => {
    const range = { low: summarize(x).range.low, high: summarize(x).range.high };
    const width = range.high - range.low;
    const density = densityOf(variableOf(summarize(x), range), CELLS).map((value) => value / width);
    const highest = Math.max(...density);
    const inner = density.subarray(1, -1);
    inner.forEach((value, i) => {
      const at = range.low + ((i + 1.5) / CELLS) * width;
      expect(Math.abs(value - naive(x, at))).toBeLessThan(tolerance * highest);
    });
  });

  it('holds every draw of its range once', () => {
    const x = normals(1001);
    for (const range of [{ low: -10, high: 10 }, summarize(x).range]) {
      const total = densityOf(variableOf(summarize(x), range), CELLS).reduce((sum, value) => sum + value / CELLS, 0);
      expect(total).toBeCloseTo(1, 12);
    }
  });

  it('does not fall at a bound where the draws are thickest, and is 0 beyond', () => {
    const density = densityOf(variableOf(summarize(exponential), { low: -1, high: 5 }), 120);
    expect([...density.subarray(0, 20)]).toEqual(new Array(20).fill(0));
    expect(density.indexOf(Math.max(...density))).toBe(20);
    expect(density[20] / 6).toBeGreaterThan(0.85); // of 1, as a kernel smooths
  });

  it('keeps narrow modes apart, which the standard deviation alone would melt', () => {
    const density = densityOf(variableOf(summarize(modes), summarize(modes).range), CELLS);
    const peak = Math.max(...density) / (summarize(modes).range.high - summarize(modes).range.low);
    expect(peak).toBeGreaterThan(0.75 * (0.5 / (0.1 * Math.sqrt(2 * Math.PI))));
  });

  it('does not smear a ridge: 99 % correlated draws cover a seventh of the square of their sides', () => {
    const x = normals(2000);
    const y = normals(2000, 2).map((z, i) => 0.99 * x[i] + Math.sqrt(1 - 0.99 ** 2) * z);
    const [across, up] = [x, y].map((values) => variableOf(summarize(values), summarize(values).range));
    const density = densityInPlane(across, up, 100);
    expect(density.reduce((sum, value) => sum + value, 0)).toBeCloseTo(2000, 8);
    const covered = density.filter((value) => value > 0.1 * Math.max(...density)).length;
    expect(covered / 100 ** 2).toBeLessThan(1 / 7);
  });
});

describe('summary', () => {
  it('has linear quantiles: those of 1, 2, 4 are 1.5, 2 and 3', () => {
    expect([0.25, 0.5, 0.75].map((p) => quantile(Float64Array.of(1, 2, 4), p))).toEqual([1.5, 2, 3]);
    expect(quantile(Float64Array.of(7), 0.3)).toBe(7);
  });

  it('shows all normal draws, and of Cauchy tails a part', () => {
    const x = normals(10_000);
    expect(summarize(x).range).toEqual({ low: Math.min(...x), high: Math.max(...x) });
    const cauchy = quantiles(999, (p) => Math.tan(Math.PI * (p - 0.5)));
    const { interval, range } = summarize(cauchy);
    expect(range.high).toBeCloseTo(interval.high + 1.5 * (interval.high - interval.low), 12);
    expect(range.high).toBeLessThan(30);
  });
});
