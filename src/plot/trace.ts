import { describe, numbersOf, requireOptions } from '../arguments.js';
import { axisBelow, gridAcross } from './axis.js';
import { LARGEST, labelsOf, requirePixels, requireTitle } from './columns.js';
import { quantile } from './density.js';
import { NO_LEGEND, legend } from './legend.js';
import { type Range, share, spanOf, ticksOf, ticksWithin, union, widened } from './scale.js';
import { type Point, inColour, lineThrough, panel, path, picture, text, widthOf } from './svg.js';

export interface TraceOptions {
  /** Above the picture. Default: none. */
  readonly title?: string;
  /** Pixels. Default 480. */
  readonly width?: number;
  /** Pixels, title and legend not counted. Default 260. */
  readonly height?: number;
  /** [n] The step of each value, ascending, where not every step has one. Default 1, 2, 3 … */
  readonly steps?: ArrayLike<number>;
  /** A name for each trace. Default `'restart 1'`, `'restart 2'` …, and no legend for one trace. */
  readonly labels?: readonly string[];
}

const WHERE = 'plot.trace';
const OPTION_NAMES: readonly (keyof TraceOptions)[] = ['title', 'width', 'height', 'steps', 'labels'];

/**
 * A picture of the ELBO over the steps of a fit, as the text of an SVG file. Each restart has its colour: faint its values, and strong their mean
 *
 *   m_t = mean(y_s : |s − t| ≤ n / 60),   t = 1 … n
 *
 * The first steps, far below all others, do not set the scale: of each trace is shown what is between Q₁ − 3 (Q₃ − Q₁) and
 * Q₃ + 3 (Q₃ − Q₁), Q being its quartiles. A restart that ends out of sight, as those do that are 20 times the best one's spread below
 * it, is marked ↓.
 *
 * @param traces [restarts][n] the ELBO of each step, in nats; n may differ. −∞, where a step had none that is finite, is a gap
 * @returns the file, without a reference to another, in the reader's colour scheme, light or dark; the same bytes everywhere
 * @throws {RangeError} when there is no trace, a trace is empty or −∞ alone, or a value is NaN, ∞ or beyond 1e300 in size; when steps are
 * fewer than values, or do not ascend; when there is not one label for each trace; when the picture is smaller than 160 × 120
 * @throws {TypeError} for arguments of another kind, and unknown options
 * @example
 * ```ts
 * const fit = await fitToTarget(flow, energies.u1, { steps: 300 });
 * const svg = plot.trace([fit.trace.map((freeEnergy) => -freeEnergy)], { title: 'Energy U1' });
 * ```
 */
export function trace(traces: readonly Float64Array[], options: TraceOptions = {}): string {
  requireOptions(WHERE, options, OPTION_NAMES);
  const { title, width = 480, height = 260 } = options;
  requireTitle(WHERE, title);
  requirePixels(WHERE, 'width', width, 160);
  requirePixels(WHERE, 'height', height, 120);
  const values = requireTraces(traces);
  const steps = stepsOf(options.steps, Math.max(...values.map(({ length }) => length)));
  const labels = labelsOf(WHERE, options.labels ?? values.map((_, i) => `restart ${i + 1}`), values.length);

  const y = heightsOf(values);
  const x = widened({ low: steps[0], high: steps[steps.length - 1] });
  const marked = labels.map((label, i) => (endsBelow(values[i], y) ? `${label} ↓` : label));
  const key = values.length > 1 || options.labels !== undefined ? legend(marked, width - 24) : NO_LEGEND;
  const head = (title === undefined ? 0 : 24) + key.height;
  const yTicks = ticksOf(y, Math.floor(height / 50));
  const left = 18 + Math.max(...yTicks.map(({ label }) => widthOf(label, 11)));
  const inner = { left, top: head + 28, width: width - left - 16, height: height - 66 };
  const place = (step: number, value: number): Point => [
    share(steps[step], x) * inner.width,
    (1 - Math.min(Math.max(share(value, y), -1), 2)) * inner.height,
  ];
  const draw = (kind: string, points: (values: Float64Array) => (Entry | undefined)[]): string[] =>
    values.map((each, i) => {
      const line = points(each).map((entry) => entry && place(...entry));
      return inColour(i, [path(kind, lineThrough(line))]);
    });
  return picture(title ?? 'ELBO over the steps of a fit', width, height + head, [
    ...(title === undefined ? [] : [text(12, 22, title, 'title')]),
    ...key.draw(12, head - key.height + 6),
    text(12, head + 18, 'ELBO', 'faint'),
    ...gridAcross(yTicks, y, inner.left, inner.top, inner.width, inner.height),
    panel(inner.left, inner.top, inner.width, inner.height, [...draw('raw', outline), ...draw('line', movingMean)]),
    ...axisBelow(ticksWithin(x, inner.width, 6), x, inner.left, inner.top + inner.height, inner.width),
    text(width - 16, inner.top + inner.height + 31, 'step', 'faint', 'end'),
  ]);
}

/** A value and its index. */
type Entry = readonly [index: number, value: number];

/** A longer trace is drawn at so many places. */
const STRETCHES = 240;

/** The values; of a long trace, the smallest and the largest of each stretch, in their order. `undefined` is a gap. */
function outline(values: Float64Array): (Entry | undefined)[] {
  if (values.length <= 2 * STRETCHES) return Array.from(values, (value, i) => (value > -Infinity ? [i, value] : undefined));
  return Array.from({ length: STRETCHES }, (_, k) =>
    extremes(values, boundary(k, values.length), boundary(k + 1, values.length)),
  ).flat();
}

function boundary(k: number, length: number): number {
  return Math.floor((k * length) / STRETCHES);
}

function extremes(values: Float64Array, from: number, to: number): (Entry | undefined)[] {
  let [least, most] = [-1, -1];
  for (let i = from; i < to; i++) {
    if (values[i] === -Infinity) continue;
    if (least < 0 || values[i] < values[least]) least = i;
    if (most < 0 || values[i] > values[most]) most = i;
  }
  if (least < 0) return [undefined];
  return [Math.min(least, most), Math.max(least, most)].map((i) => [i, values[i]]);
}

/** m_t, of a long trace at the middle of each stretch. */
function movingMean(values: Float64Array): (Entry | undefined)[] {
  const n = values.length;
  const count = Math.min(n, 2 * STRETCHES);
  return Array.from({ length: count }, (_, k) => {
    const t = count === n ? k : Math.round((k * (n - 1)) / (count - 1));
    const mean = meanAround(values, t);
    return mean === undefined ? undefined : [t, mean];
  });
}

function meanAround(values: Float64Array, t: number): number | undefined {
  const half = Math.floor(values.length / 60);
  const last = Math.min(t + half, values.length - 1);
  let [sum, count] = [0, 0];
  for (let s = Math.max(0, t - half); s <= last; s++) {
    if (values[s] === -Infinity) continue;
    sum += values[s];
    count++;
  }
  return count === 0 ? undefined : sum / count;
}

/** How far a trace may be below the best one and be shown, in widths of that one. */
const SIGHT = 20;

/** What is shown of all traces. */
function heightsOf(values: readonly Float64Array[]): Range {
  const sorted = values.map((each) => each.filter((value) => value > -Infinity).sort());
  const ranges = sorted.map(withoutPlunge);
  const medians = sorted.map((each) => quantile(each, 0.5));
  const best = widened(ranges[medians.indexOf(Math.max(...medians))]);
  const floor = best.high - SIGHT * (best.high - best.low);
  const { low, high } = widened(ranges.filter((_, i) => medians[i] >= floor).reduce(union));
  return spanOf({ low: Math.max(low, floor), high });
}

function withoutPlunge(sorted: Float64Array): Range {
  const [lower, upper] = [0.25, 0.75].map((p) => quantile(sorted, p));
  const reach = 3 * (upper - lower);
  return { low: Math.max(sorted[0], lower - reach), high: Math.min(sorted[sorted.length - 1], upper + reach) };
}

function endsBelow(values: Float64Array, { low }: Range): boolean {
  return !((meanAround(values, values.length - 1) ?? -Infinity) >= low);
}

function requireTraces(traces: readonly Float64Array[]): Float64Array[] {
  if (!Array.isArray(traces)) throw new TypeError(`${WHERE}: traces must be an array of traces; got ${describe(traces)}.`);
  if (traces.length === 0) throw new RangeError(`${WHERE}: traces must hold at least one trace; got none.`);
  return traces.map((each: Float64Array, i) => {
    const name = `traces[${i}]`;
    const values = numbersOf(WHERE, name, each);
    const wrong = values.findIndex((value) => !(value === -Infinity || Math.abs(value) <= LARGEST));
    if (wrong >= 0) {
      const rule = `be -Infinity, or finite and at most ${LARGEST} in size`;
      throw new RangeError(`${WHERE}: ${name} must ${rule}; got ${values[wrong]} at index ${wrong}.`);
    }
    if (values.some((value) => value > -Infinity)) return values;
    const found = values.length === 0 ? 'no number' : '-Infinity alone';
    throw new RangeError(`${WHERE}: ${name} must hold a finite number; got ${found}.`);
  });
}

function stepsOf(given: ArrayLike<number> | undefined, length: number): Float64Array {
  if (given === undefined) return Float64Array.from({ length }, (_, i) => i + 1);
  const steps = numbersOf(WHERE, 'steps', given);
  if (steps.length < length) throw new RangeError(`${WHERE}: steps must hold ${length} numbers; got ${steps.length}.`);
  const wrong = steps.findIndex((step, i) => !(Math.abs(step) <= LARGEST && (i === 0 || step > steps[i - 1])));
  if (wrong < 0) return steps.subarray(0, length);
  throw new RangeError(`${WHERE}: steps must ascend; got ${steps[wrong]} at index ${wrong}.`);
}
