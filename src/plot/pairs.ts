import { contours } from 'd3-contour';
import { requireOptions } from '../arguments.js';
import { axisBelow, axisLeft } from './axis.js';
import { type Columns, columnsOf, namesOf, requirePixels, requireTitle } from './columns.js';
import { area, cellsOf } from './curve.js';
import { type Variable, densityInPlane, densityOf, summarize, variableOf } from './density.js';
import { type Range, type Tick, isPoint, share, spanOf, ticksOf, ticksWithin } from './scale.js';
import { at, inColour, panel, path, picture, roughly, shortened, text, upwards, widthOf } from './svg.js';

export interface PairsOptions {
  /** Above the picture. Default: none. */
  readonly title?: string;
  /** Pixels, across and down but for the title. Default 480, and from the fifth name on 100 a name. */
  readonly width?: number;
  /** The columns to draw, in this order. Default: all, if they are 6 or fewer. */
  readonly names?: readonly string[];
}

const WHERE = 'plot.pairs';
const OPTION_NAMES: readonly (keyof PairsOptions)[] = ['title', 'width', 'names'];
const MOST = 6;

/**
 * A picture of every pair of parameters, as the text of an SVG file: on the diagonal their densities, as `marginals` draws them, below it the
 * draws, at most 1000 of them, evenly spaced in their order, over the smallest regions that hold 50 % and 90 % of their density
 *
 *   p̂(x, y) = 1/(n h_x h_y) Σ_i K((x − x_i) / h_x) K((y − y_i) / h_y),   h = s √(1 − ρ²) n^(−1/6)
 *
 * ρ, the pair's correlation, keeps narrow ridges narrow; still, regions are wider than those of the draws by about h.
 *
 * Source: Silverman 1986, "Density Estimation for Statistics and Data Analysis", §4.3.2; Hyndman 1996, "Computing and graphing
 * highest density regions", The American Statistician 50(2).
 *
 * @param columns [n] draws of each parameter, by its name
 * @returns the file, without a reference to another, in the reader's colour scheme, light or dark; the same bytes everywhere
 * @throws {RangeError} when there are no columns, or more than 6 and no names; when a name is unknown, columns differ in length or are empty, a
 * number is not finite or beyond 1e300 in size; when the picture is narrower than 160, or than 40 a name
 * @throws {TypeError} for arguments of another kind, and unknown options
 * @example
 * ```ts
 * const x = flow.sample(2000);
 * const columns = { mu: x.filter((_, i) => i % 2 === 0), tau: x.filter((_, i) => i % 2 === 1) };
 * const svg = plot.pairs(columns);
 * ```
 */
export function pairs(columns: Columns, options: PairsOptions = {}): string {
  requireOptions(WHERE, options, OPTION_NAMES);
  const { title } = options;
  requireTitle(WHERE, title);
  const names = namesOf(WHERE, columns, options.names);
  if (options.names === undefined && names.length > MOST)
    throw new RangeError(`${WHERE}: columns must be at most ${MOST}, or chosen by options.names; got ${names.length}.`);
  const { width = Math.max(480, 100 * names.length) } = options;
  requirePixels(WHERE, 'width', width, Math.max(160, 40 * names.length));
  const variables = [...columnsOf(WHERE, 'columns', columns, names).entries()].map(([name, column]) =>
    variableNamed(name, column),
  );

  const head = title === undefined ? 0 : 24;
  const most = Math.max(3, Math.floor(width / names.length / 55));
  const yTicks = variables.map(({ range }) => ticksOf(range, most));
  const widest = Math.max(0, ...yTicks.slice(1).flatMap((ticks) => ticks.map(({ label }) => widthOf(label, 11))));
  const left = names.length > 1 ? 34 + widest : 12;
  const size = Math.max(8, (width - left - 12 + GAP) / names.length - GAP);
  const place = (i: number): number => i * (size + GAP);
  const cells = variables.flatMap((row, i) => [
    ...variables.slice(0, i).map((column, j) => scatter(column, row, left + place(j), head + 26 + place(i), size)),
    text(left + place(i), head + 20 + place(i), shortened(row.name, size), 'name'),
    ...diagonal(row, left + place(i), head + 26 + place(i), size),
  ]);
  const bottom = head + 26 + place(names.length) - GAP;
  const axes = variables.flatMap(({ name, range }, i) => [
    ...axisBelow(withinPanel(ticksWithin(range, size, most), range, size), range, left + place(i), bottom, size),
    text(left + place(i) + size / 2, bottom + 34, shortened(name, size), 'label', 'middle'),
    ...(i === 0 ? [] : axisLeft(yTicks[i], range, left, head + 26 + place(i), size)),
    ...(i === 0 ? [] : [upwards(16, head + 26 + place(i) + size / 2, shortened(name, size), 'label')]),
  ]);
  return picture(title ?? `Pairs of ${names.join(', ')}`, width, bottom + 44, [
    ...(title === undefined ? [] : [text(12, 22, title, 'title')]),
    ...cells,
    ...axes,
  ]);
}

const GAP = 8;

function variableNamed(name: string, draws: Float64Array): Variable & { name: string } {
  const summary = summarize(draws);
  return { name, ...variableOf(summary, spanOf(summary.range)) };
}

function diagonal(variable: Variable, x: number, y: number, size: number): string[] {
  const density = densityOf(variable, cellsOf(size));
  const highest = density.reduce((most, value) => Math.max(most, value), 0);
  const frame = { range: variable.range, highest, width: size, height: size };
  return [
    panel(x, y, size, size, [inColour(0, area(density, variable.summary, frame))]),
    path('axis', `M${at(x)} ${at(y + size)}h${at(size)}`),
  ];
}

/** Draws of two variables, and where they are dense. */
function scatter(across: Variable, up: Variable, x: number, y: number, size: number): string {
  const isLine = [across, up].some(({ summary }) => isPoint(summary.range));
  const [wide, narrow] = isLine ? ['', ''] : regions(across, up, size);
  const frame = `<rect class="grid" width="${at(size)}" height="${at(size)}"/>`;
  return panel(x, y, size, size, [
    frame,
    inColour(0, [path('draws', points(across, up, size)), path('region', wide), path('region', narrow)]),
  ]);
}

const MOST_DRAWS = 1000;
/** Pixels of a panel for each draw, so that they do not cover it. */
const SPACE = 12;

function points(across: Variable, up: Variable, size: number): string {
  const length = across.summary.draws.length;
  const count = Math.min(length, MOST_DRAWS, Math.floor((size * size) / SPACE));
  return Array.from({ length: count }, (_, k) => {
    const i = Math.floor((k * length) / count);
    const [x, y] = [share(across.summary.draws[i], across.range), share(up.summary.draws[i], up.range)];
    const isShown = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    return isShown ? `M${roughly(x * size)} ${roughly((1 - y) * size)}h0` : '';
  }).join('');
}

/** The smallest regions that hold 90 % and 50 % of the density. */
function regions(across: Variable, up: Variable, size: number): string[] {
  const cells = Math.min(Math.ceil(size / 1.25), 128);
  const density = densityInPlane(across, up, cells);
  const field = contours().size([cells, cells]);
  const place = ([x, y]: number[]): string => `${roughly((x / cells) * size)} ${roughly((1 - y / cells) * size)}`;
  return levelsOf(density, [0.9, 0.5]).map((level) => {
    const rings = field.contour([...density], level).coordinates.flat();
    return rings.map((ring) => `M${ring.map(place).join('L')}Z`).join('');
  });
}

/** The density above which these shares of it lie. */
function levelsOf(density: Float64Array, shares: readonly number[]): number[] {
  const descending = density.slice().sort().reverse();
  const total = descending.reduce((sum, value) => sum + value, 0);
  return shares.map((held) => {
    let sum = 0;
    return descending.find((value) => (sum += value) >= held * total) ?? 0;
  });
}

/** Those whose labels reach no further out than half a gap. */
function withinPanel(ticks: readonly Tick[], range: Range, size: number): Tick[] {
  return ticks.filter(({ value, label }) => {
    const middle = share(value, range) * size;
    return Math.min(middle, size - middle) + GAP / 2 >= widthOf(label, 11) / 2;
  });
}
