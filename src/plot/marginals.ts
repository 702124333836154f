import { requireOptions } from '../arguments.js';
import { axisBelow } from './axis.js';
import { type Columns, columnsOf, labelsOf, namesOf, requireColumns, requirePixels, requireTitle } from './columns.js';
import { area, cellsOf, curve } from './curve.js';
import { type Summary, densityOf, summarize, variableOf } from './density.js';
import { NO_LEGEND, legend } from './legend.js';
import { type Range, rounded, share, spanOf, ticksWithin, union } from './scale.js';
import { at, dot, inColour, panel, path, picture, shortened, text } from './svg.js';

export interface MarginalsOptions {
  /** Above the picture. Default: none. */
  readonly title?: string;
  /** Pixels; a panel takes 200 of them or more, so that 360 make one row under the other. Default 480. */
  readonly width?: number;
  /** The columns to draw, in this order. Default: all. */
  readonly names?: readonly string[];
  /** Other draws to compare with, such as those of a long MCMC run, by the same names; as many as there are. */
  readonly reference?: Columns;
  /** What to call the draws and the reference. Default `['draws', 'reference']`. */
  readonly labels?: readonly [draws: string, reference: string];
}

const WHERE = 'plot.marginals';
const OPTION_NAMES: readonly (keyof MarginalsOptions)[] = ['title', 'width', 'names', 'reference', 'labels'];

/**
 * A picture of the distribution of each parameter, as the text of an SVG file: its density, in it the central 90 % darker, and under it the
 * median as a dot on a bar from the 5 % to the 95 % quantile, also in figures. Densities are those of a kernel,
 *
 *   p̂(x) = 1/(n h) Σ_i K((x − x_i) / h),   h = 0.9 s n^(−1/5)
 *
 * with what it would put beyond the smallest and the largest draw reflected: nothing is shown where no draw was, and a density that is highest at
 * a bound does not fall there. Of far tails, a panel shows 1.5 widths of the 90 % on either side. Both curves of a panel have one scale.
 *
 * Source: Silverman 1986, "Density Estimation for Statistics and Data Analysis", §3.4.2; K is a triweight, and s also at most what the
 * shortest quarter of the draws tells, so that narrow modes stay apart.
 *
 * @param columns [n] draws of each parameter, by its name
 * @returns the file, without a reference to another, in the reader's colour scheme, light or dark; the same bytes everywhere
 * @throws {RangeError} when there is no column, a name is unknown, columns differ in length or are empty, a number is not finite or beyond 1e300
 * in size, the reference has none of the names, or the picture is narrower than 160
 * @throws {TypeError} for arguments of another kind, and unknown options
 * @example
 * ```ts
 * const x = flow.sample(2000);
 * const columns = { mu: x.filter((_, i) => i % 2 === 0), tau: x.filter((_, i) => i % 2 === 1) };
 * const svg = plot.marginals(columns, { title: 'Posterior' });
 * ```
 */
export function marginals(columns: Columns, options: MarginalsOptions = {}): string {
  requireOptions(WHERE, options, OPTION_NAMES);
  const { title, width = 480, reference } = options;
  requireTitle(WHERE, title);
  requirePixels(WHERE, 'width', width, 160);
  const names = namesOf(WHERE, columns, options.names);
  const labels = labelsOf(WHERE, options.labels ?? ['draws', 'reference'], 2);
  const draws = columnsOf(WHERE, 'columns', columns, names);
  const others = reference === undefined ? new Map<string, Float64Array>() : referenceOf(reference, names);

  const key = reference === undefined ? NO_LEGEND : legend(labels, width - 2 * GAP, (i) => i > 0);
  const head = (title === undefined ? 0 : 24) + (reference === undefined ? 0 : key.height + 6);
  const across = Math.min(names.length, Math.max(1, Math.floor((width - GAP) / (LEAST + GAP))));
  const size = { width: (width - GAP) / across - GAP, height: reference === undefined ? 150 : 158 };
  const panels = names.flatMap((name, i) => {
    const sets = [draws.get(name), others.get(name)].filter((column) => column !== undefined);
    const x = GAP + (i % across) * (size.width + GAP);
    return drawPanel(name, sets.map(summarize), x, head + Math.floor(i / across) * size.height, size.width);
  });
  const rows = Math.ceil(names.length / across);
  return picture(title ?? `Marginal distributions of ${names.join(', ')}`, width, head + rows * size.height + 8, [
    ...(title === undefined ? [] : [text(GAP, 22, title, 'title')]),
    ...key.draw(GAP, head - key.height + 2),
    ...panels,
  ]);
}

const GAP = 16;
const LEAST = 196;
const CURVE = 74;
const BAR = 8;

function drawPanel(name: string, sets: readonly Summary[], x: number, y: number, width: number): string[] {
  const range = spanOf(sets.map((set) => set.range).reduce(union));
  const densities = sets.map((set) => densityOf(variableOf(set, range), cellsOf(width)));
  const highest = Math.max(...densities.map((density) => density.reduce((most, value) => Math.max(most, value), 0)));
  const frame = { range, highest, width, height: CURVE };
  const [first, ...others] = densities;
  const top = y + 42;
  const bars = top + CURVE + 6;
  return [
    text(x, y + 20, shortened(name, width), 'name'),
    text(x, y + 35, shortened(inFigures(sets[0]), width, 11), 'faint'),
    panel(x, top, width, CURVE, [
      inColour(0, area(first, sets[0], frame)),
      ...others.map((density, i) => inColour(i + 1, [curve(density, frame)], true)),
    ]),
    ...sets.map((set, i) => inColour(i, bar(set, range, x, bars + BAR * i, width))),
    ...axisBelow(ticksWithin(range, width, 5), range, x, bars + BAR * sets.length, width),
  ];
}

/** The central 90 % and the median. */
function bar({ interval, median }: Summary, range: Range, x: number, y: number, width: number): string[] {
  const [low, middle, high] = [interval.low, median, interval.high].map((value) => x + share(value, range) * width);
  return [path('bar', `M${at(low)} ${at(y)}H${at(high)}`), dot(middle, y, 3.5)];
}

function inFigures({ median, interval: { low, high } }: Summary): string {
  const [middle, from, to] = [median, low, high].map((value) => rounded(value, high - low));
  return low === high ? middle : `${middle} [${from}, ${to}]`;
}

function referenceOf(reference: Columns, names: readonly string[]): Map<string, Float64Array> {
  requireColumns(WHERE, 'reference', reference);
  const shared = names.filter((name) => Object.hasOwn(reference, name));
  if (shared.length > 0) return columnsOf(WHERE, 'reference', reference, shared);
  const found = Object.keys(reference).join(', ');
  throw new RangeError(`${WHERE}: reference must hold a column among ${names.join(', ')}; got ${found === '' ? 'none' : found}.`);
}
