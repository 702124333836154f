// The density of draws, estimated with a kernel:
//
//   p̂(x) = 1/(n h) Σ_i K((x − x_i) / h),   K(u) = (35/96) (1 − (u/3)²)³, |u| < 3        triweight of variance 1, as good as normal
//   h = 0.9 s n^(−1/5),   s = min(standard deviation, quartiles' distance / 1.349, shortest quarter / 0.425)
//
// where the draws are normal, the first two are the standard deviation, and the last 1.5 times as much: it counts where there are several
// modes, or a narrow one on broad ground. What the kernel puts beyond the smallest and the largest draw is reflected: nothing is shown
// where no draw was, all of it counts, and a density that is highest at a bound, as an exponential's at 0, does not fall there. In the
// plane h is s √(1 − ρ²) n^(−1/6), for each axis: of a narrow ridge, its width counts.
//
// Sources: Silverman 1986, "Density Estimation for Statistics and Data Analysis", §3.4.2 and §4.3.2; the shortest quarter and ρ are ours.
// No exponential is taken, and draws are counted in cells first, so that a million cost little more than a thousand.

import { type Range, share } from './scale.js';

/** What is said of a column. */
export interface Summary {
  readonly draws: Float64Array;
  readonly sorted: Float64Array;
  readonly median: number;
  /** Ends of the central 90 %. */
  readonly interval: Range;
  /** What to show: all draws, but of far tails a part. No wider than 0 where the draws are one. */
  readonly range: Range;
}

/** Beyond the central 90 %, this many times its width is shown: a normal's 6.6 σ from the median, an exponential's 7 means. */
const FAR = 1.5;

export function summarize(draws: Float64Array): Summary {
  const sorted = draws.slice().sort();
  const [low, median, high] = [0.05, 0.5, 0.95].map((p) => quantile(sorted, p));
  const reach = high > low ? FAR * (high - low) : Infinity;
  const range = { low: Math.max(sorted[0], low - reach), high: Math.min(sorted[sorted.length - 1], high + reach) };
  return { draws, sorted, median, interval: { low, high }, range };
}

/** Linear between draws. */
export function quantile(sorted: Float64Array, p: number): number {
  const place = p * (sorted.length - 1);
  const left = Math.floor(place);
  const right = Math.min(left + 1, sorted.length - 1);
  return sorted[left] + (place - left) * (sorted[right] - sorted[left]);
}

/** A column on an axis. */
export interface Variable {
  readonly summary: Summary;
  readonly range: Range;
  /** s, in widths of the range. */
  readonly deviation: number;
}

export function variableOf(summary: Summary, range: Range): Variable {
  return { summary, range, deviation: deviationOf(summary.sorted, range) };
}

/** Density in `cells` cells of the range, in units of 1 / the range's width: comparable where the range is the same. */
export function densityOf({ summary: { sorted }, range, deviation }: Variable, cells: number): Float64Array {
  const places = cellsOf(sorted, range, cells);
  const counts = new Float64Array(cells);
  for (const cell of places) if (cell >= 0) counts[cell]++;
  const width = (0.9 * deviation) / root(sorted.length, 5);
  const smooth = new Float64Array(cells);
  addSmoothed(smooth, counts, kernel(width * cells), { start: 0, stride: 1, ...endsOf(places) });
  return smooth.map((count) => (count * cells) / sorted.length);
}

/** Expected draws in each of cells × cells cells of two ranges, row by row from the lowest y. */
export function densityInPlane(x: Variable, y: Variable, cells: number): Float64Array {
  const [columns, rows] = [x, y].map(({ summary, range }) => cellsOf(summary.draws, range, cells));
  const shown = [...columns.keys()].filter((i) => columns[i] >= 0 && rows[i] >= 0);
  const counts = new Float64Array(cells * cells);
  for (const i of shown) counts[rows[i] * cells + columns[i]]++;
  const [xShown, yShown] = [x, y].map(({ summary, range }) => new Float64Array(shown.map((i) => share(summary.draws[i], range))));
  const ridge = ridgeOf(xShown, yShown) / root(columns.length, 6);
  const [across, up] = [x, y].map(({ deviation }) => kernel(ridge * deviation * cells));
  const [xEnds, yEnds] = [endsOf(columns), endsOf(rows)];
  const smoothRows = new Float64Array(cells * cells);
  const smooth = new Float64Array(cells * cells);
  for (let row = 0; row < cells; row++) addSmoothed(smoothRows, counts, across, { start: row * cells, stride: 1, ...xEnds });
  for (let column = 0; column < cells; column++) addSmoothed(smooth, smoothRows, up, { start: column, stride: cells, ...yEnds });
  return smooth;
}

/** The cell of each number; −1 outside. */
function cellsOf(values: Float64Array, range: Range, cells: number): Float64Array {
  return values.map((value) => {
    const place = share(value, range);
    return place >= 0 && place <= 1 ? Math.min(Math.floor(place * cells), cells - 1) : -1;
  });
}

/** The first and the last cell with a draw. */
function endsOf(places: Float64Array): { first: number; last: number } {
  let [first, last] = [Infinity, -1];
  for (const cell of places) {
    if (cell < 0) continue;
    first = Math.min(first, cell);
    last = Math.max(last, cell);
  }
  return { first, last };
}

/** s, for a range of width 1, and no more than that; 0 where the draws are one. */
function deviationOf(sorted: Float64Array, range: Range): number {
  const x = sorted.map((value) => share(value, range));
  const quarter = Math.ceil(x.length / 4);
  let shortest = x[x.length - 1] - x[0];
  for (let i = 0; i + quarter < x.length; i++) shortest = Math.min(shortest, x[i + quarter] - x[i]);
  const quartiles = quantile(x, 0.75) - quantile(x, 0.25);
  const widths = [Math.sqrt(covariance(x, x)), quartiles / 1.349, shortest / 0.425].filter((width) => width > 0);
  return widths.length > 0 ? Math.min(1, ...widths) : 0;
}

/** √(1 − ρ²) */
function ridgeOf(x: Float64Array, y: Float64Array): number {
  const xy = covariance(x, y);
  return Math.sqrt(Math.max(0, 1 - (xy * xy) / (covariance(x, x) * covariance(y, y))));
}

function covariance(x: Float64Array, y: Float64Array): number {
  const [xMean, yMean] = [x, y].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  return x.reduce((sum, value, i) => sum + (value - xMean) * (y[i] - yMean), 0) / x.length;
}

/** n^(1/k), n ≥ 1, by Newton's steps from above. */
function root(n: number, k: number): number {
  for (let x = n; ;) {
    let power = 1;
    for (let i = 1; i < k; i++) power *= x;
    const next = x + (n / power - x) / k;
    if (!(next < x)) return x;
    x = next;
  }
}

/** Below this, cells would show. */
const NARROWEST = 0.7;

/** K of a width in cells, at −r … r, summing to 1. */
function kernel(width: number): Float64Array {
  const support = 3 * Math.max(width, NARROWEST);
  const reach = Math.ceil(support) - 1;
  const weights = Float64Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const rest = 1 - ((i - reach) / support) * ((i - reach) / support);
    return rest * rest * rest;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

interface Line {
  readonly start: number;
  readonly stride: number;
  /** Cells of the smallest and the largest draw. */
  readonly first: number;
  readonly last: number;
}

/** smooth += counts ∗ kernel along a line of cells, reflected at its ends. */
function addSmoothed(
  smooth: Float64Array,
  counts: Float64Array,
  weights: Float64Array,
  { start, stride, first, last }: Line,
): void {
  const reach = (weights.length - 1) / 2;
  for (let cell = first; cell <= last; cell++) {
    const count = counts[start + cell * stride];
    if (count === 0) continue;
    for (let k = -reach; k <= reach; k++) {
      let to = cell + k;
      while (to < first || to > last) to = to < first ? 2 * first - 1 - to : 2 * last + 1 - to;
      smooth[start + to * stride] += count * weights[k + reach];
    }
  }
}
