// A posterior of one parameter: no training finds the map from the base as exactly as quadrature
//
//   u = F⁻¹(Φ(z)),   du/dz = φ(z) / p(u),   F(u) = ∫ p up to u,   p = p̃ / Z,
//
// through which a monotone spline goes, with these slopes, at knots that lie where it bends. The nodes of the quadrature,
//
//   u = m + s sinh t,   t equally spaced,
//
// are close where the mass is and reach far. From the approximation that a path found, m and s become the median and half of what lies
// between Φ(−1) and Φ(1), and the nodes those that matter, in a few passes.

import type { Target } from '../densities/target.js';
import type { Flow } from '../flow.js';
import { inParts } from '../inference/pace.js';
import { maps } from '../maps/index.js';
import type { ElementwiseMap } from '../maps/map.js';
import { normalCdf } from '../model/operations.js';
import { exponential, exponentialEach, exponentialMinusOne, naturalLog } from '../runtime/math.js';
import type { Ascent } from './ascent.js';
import type { Approximation } from './pathfinder.js';

const FIRST_BINS = 24;
const BINS = 48;
/** Knots lie in [−6, 6]: 2e-9 of the mass are outside, and hardly a draw in the last bins, where the spline becomes linear. */
const BOUND = 6;
/** Of a bin's height and a slope, as parts of the whole: those of a Cauchy distribution range over as much. */
const LEAST = 1e-11;

const NODES = 4096;
const PASSES = 3;
/** Of t in the first pass: 4e10 s. */
const FAR = 25;
/** Of the mass: what a cell may hold beside a density of ∞, as rounding makes it where a bounded parameter meets its bound. */
const NEGLIGIBLE = 1e-7;
const ROOT_2PI = 2.5066282746310002;

/** The spline, before it is the quantiles'. */
export const quantileMap = (): ElementwiseMap =>
  maps.spline({ bins: BINS, bound: BOUND, minWidth: LEAST, minHeight: LEAST, minDerivative: LEAST });

/** Where nodes lie: u = middle + scale sinh t, t in [low, high]. */
interface Frame {
  readonly middle: number;
  readonly scale: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Gives a flow of one spline, an affine layer and the scale of an approximation the parameters with which it is the posterior's quantile function.
 *
 * @param pause lets other code run
 * @returns how the bound rose: in one step, to ln Z; undefined, and a flow as it was, where the density does not fall off, or is ∞ somewhere
 */
export async function followQuantiles(
  flow: Flow,
  target: Target,
  { location, factor }: Approximation,
  pause: () => Promise<void>,
): Promise<Ascent | undefined> {
  let frame: Frame = { middle: location[0], scale: factor[0], low: -FAR, high: FAR };
  let found: Distribution | undefined;
  for (let pass = 0; pass < PASSES; pass++) {
    found = await integrate(target, frame, pause);
    if (found === undefined) return undefined;
    const { quantile } = found;
    const [first, below, middle, above, last] = [-BOUND, -1, 0, 1, BOUND].map(quantile);
    const scale = (above - below) / 2;
    frame = { middle, scale, low: areaSinh((first - middle) / scale), high: areaSinh((last - middle) / scale) };
    if (![middle, 1 / scale, frame.low, frame.high].every(Number.isFinite)) return undefined;
  }
  const knots = knotsOf(target, found!);
  const { logMass } = found!;
  const [first, last] = [knots[0], knots[BINS]];
  const span = last.u - first.u;
  const bins = knots
    .slice(1)
    .map((knot, k) => ({ width: (knot.z - knots[k].z) / (2 * BOUND), height: (knot.u - knots[k].u) / span }));
  const slopes = knots.slice(1, BINS).map(({ slope }) => (slope * 2 * BOUND) / span);
  if (!bins.every(({ height }) => height > LEAST) || !slopes.every(Number.isFinite)) return undefined;
  flow.setParameters({
    'transforms.0.parameters': [
      ...bins.map(({ width }) => naturalLog(width - LEAST)),
      ...bins.map(({ height }) => naturalLog(height - LEAST)),
      ...slopes.map((slope) => inverseSoftplus(Math.max(slope - LEAST, LEAST))),
    ],
    'transforms.1.shift': [((first.u + last.u) / 2 - location[0]) / factor[0]],
    'transforms.1.logScale': [naturalLog(span / (2 * BOUND) / factor[0])],
  });
  return { trace: Float64Array.of(logMass), isConverged: true, learningRate: 0, gradients: 0, failure: undefined };
}

/** A point of the quantile function. */
interface Knot {
  readonly z: number;
  readonly u: number;
  /** du/dz */
  readonly slope: number;
}

/** Between two knots, what the spline would be in the middle and what is there. */
interface Bin {
  readonly left: Knot;
  readonly middle: Knot;
  readonly right: Knot;
  /** How far they are apart, as a part of the bin, times the root of its mass: by the mass alone, ratios of rare draws would be off. */
  readonly error: number;
}

/** Bins of equal width, of which the one that is furthest off is halved until there are enough. */
function knotsOf(target: Target, { quantile, logMass }: Distribution): Knot[] {
  const at = (places: readonly number[]): Knot[] => {
    const u = Float64Array.from(places, quantile);
    const logDensity = target.logProb(u);
    const ratios = exponentialEach(Float64Array.from(places, (z, k) => logMass - logDensity[k] - 0.5 * z * z));
    return places.map((z, k) => ({ z, u: u[k], slope: ratios[k] / ROOT_2PI }));
  };
  const binsBetween = (knots: readonly Knot[]): Bin[] =>
    at(knots.slice(1).map(({ z }, k) => (knots[k].z + z) / 2)).map((middle, k) => binOf(knots[k], middle, knots[k + 1]));
  let bins = binsBetween(at(Array.from({ length: FIRST_BINS + 1 }, (_, k) => (k * 2 * BOUND) / FIRST_BINS - BOUND)));
  while (bins.length < BINS) {
    const worst = bins.reduce((a, b) => (b.error > a.error ? b : a));
    const { left, middle, right } = worst;
    bins = bins.flatMap((bin) => (bin === worst ? binsBetween([left, middle, right]) : [bin]));
  }
  return [bins[0].left, ...bins.map(({ right }) => right)];
}

/** In the middle of a bin of height h, secant s and slopes d, the spline is h (s + d₀) / (2 s + d₀ + d₁) above its left end. */
function binOf(left: Knot, middle: Knot, right: Knot): Bin {
  const [width, height] = [right.z - left.z, right.u - left.u];
  const secant = height / width;
  const place = (secant + left.slope) / (2 * secant + left.slope + right.slope);
  const mass = width * exponential(-0.5 * middle.z * middle.z);
  return { left, middle, right, error: Math.sqrt(mass) * Math.abs(place - (middle.u - left.u) / height) };
}

/** A density on its nodes. */
interface Distribution {
  /** F⁻¹(Φ(z)); NaN beyond the nodes. */
  readonly quantile: (z: number) => number;
  /** ln Z */
  readonly logMass: number;
}

/** By the trapezoidal rule in t; undefined where a density of ∞ stands beside mass that counts. */
async function integrate(
  target: Target,
  { middle, scale, low, high }: Frame,
  pause: () => Promise<void>,
): Promise<Distribution | undefined> {
  const step = (high - low) / (NODES - 1);
  const growth = exponentialEach(Float64Array.from({ length: NODES }, (_, i) => low + i * step));
  const u = growth.map((each) => middle + (scale * (each - 1 / each)) / 2);
  const logDensity = new Float64Array(NODES);
  const compute = (first: number, rows: number): void => logDensity.set(target.logProb(u.subarray(first, first + rows)), first);
  await inParts(NODES, compute, pause);
  const largest = logDensity.reduce((most, value) => (value < Infinity ? Math.max(most, value) : most), -Infinity);
  const density = exponentialEach(logDensity.map((value) => (value < Infinity ? value - largest : -Infinity)));
  const weights = density.map((value, i) => (value * scale * (growth[i] + 1 / growth[i])) / 2); // p̃ du/dt
  const below = cumulative(weights);
  const above = cumulative(weights.slice().reverse());
  const total = below[NODES - 1];
  const counts = (i: number): boolean => weights[i] > NEGLIGIBLE * total;
  if (logDensity.some((value, i) => value === Infinity && (counts(i - 1) || counts(i + 1)))) return undefined;
  const quantile = (z: number): number => {
    const [tail] = normalCdf(-Math.abs(z)).content as Float64Array;
    const t = z < 0 ? low + step * placeOf(tail * total, below) : high - step * placeOf(tail * total, above);
    const each = exponential(t);
    return middle + (scale * (each - 1 / each)) / 2;
  };
  return { quantile, logMass: largest + naturalLog(total * step) };
}

/** Sums of the cells up to each node, in units of their width. */
function cumulative(weights: Float64Array): Float64Array {
  const sums = new Float64Array(weights.length);
  for (let i = 1; i < weights.length; i++) sums[i] = sums[i - 1] + (weights[i - 1] + weights[i]) / 2;
  return sums;
}

/** How many cells it takes to reach a sum; NaN for less than one. */
function placeOf(sum: number, sums: Float64Array): number {
  const i = sums.findIndex((value) => value >= sum);
  return i < 2 ? NaN : i - 1 + (sum - sums[i - 1]) / (sums[i] - sums[i - 1]);
}

/** asinh x */
function areaSinh(x: number): number {
  return Math.sign(x) * naturalLog(Math.abs(x) + Math.sqrt(x * x + 1));
}

/** ln(e^x − 1) */
function inverseSoftplus(x: number): number {
  return x > 30 ? x : naturalLog(exponentialMinusOne(x));
}
