// What the draws of an approximation cannot show: looked for outside of them. Each gives sentences, or none.

import type { Flow } from '../flow.js';
import type { BoundModel } from '../model/model.js';
import { naturalLog } from '../runtime/math.js';
import type { Appraisal } from './appraisal.js';
import { dot } from './matrix.js';
import type { PosteriorFlow } from './options.js';
import type { Approximation } from './pathfinder.js';
import { columnOf } from './summary.js';

/** How far out, in standard deviations; at both, so that another mode at one of them is none. Directions are not known better. */
const FAR = [10, 15];
/** That a sentence names. */
const MOST_PLACES = 2;

/**
 * Directions in which the density does not fall off. From the mean m of the draws, along each coordinate and along the first principal
 * axis v of their correlations, s being the standard deviation of the draws there,
 *
 *   ln p̃(m) − ln p̃(m ± t s v) < ln t,   t = 10 and 15,
 *
 * which no integrable density does whose tail is that of a power. A ridge without end that bends is
 * missed, and an approximation that knows no correlations has no direction v.
 */
export function improperDirections(target: BoundModel, { u }: Appraisal, kind: PosteriorFlow): string[] {
  const { dim } = target;
  const columns = Array.from({ length: dim }, (_, j) => columnOf(u, dim, j));
  const centre = columns.map(mean);
  const spreads = columns.map((column, j) => Math.sqrt(mean(column.map((value) => (value - centre[j]) * (value - centre[j])))));
  const axes = spreads.map((spread, j) => centre.map((_, i) => (i === j ? spread : 0)));
  const directions = dim === 1 || kind === 'mean-field' ? axes : [...axes, longest(u, centre, spreads)];
  const signed = directions.flatMap((direction) => [direction, direction.map((value) => -value)]);
  const rows = signed.flatMap((direction) => FAR.map((far) => centre.map((value, i) => value + far * direction[i])));
  if (![...rows, centre].flat().every(Number.isFinite)) return ['the draws overflow, as those of an improper posterior do'];
  const [middle, ...ends] = target.logProb([centre, ...rows]);
  const flat = signed.filter((_, side) => FAR.every((far, t) => middle - ends[FAR.length * side + t] < naturalLog(far)));
  if (flat.length === 0) return [];
  const places = flat.slice(0, MOST_PLACES).map((direction) => placeOf(target, centre, direction));
  return [`the posterior is improper, or nearly so: its density does not fall off as far out as ${places.join(', nor as ')}`];
}

/** Parameters that a direction moves, with their values far out; of those that have no numbers of their own, what the numbers without bounds are. */
function placeOf(target: BoundModel, centre: readonly number[], direction: readonly number[]): string {
  const { dim, names } = target;
  const far = centre.map((value, i) => value + FAR[FAR.length - 1] * direction[i]);
  const isOneToOne = names.length === dim;
  const values = isOneToOne ? Object.values(target.constrain([far])).flatMap((array) => [...array]) : far;
  const most = Math.max(...direction.map(Math.abs));
  return values
    .map((value, j) => `${isOneToOne ? names[j] : `u[${j + 1}]`} = ${Number(value.toPrecision(2))}`)
    .filter((_, j) => Math.abs(direction[j]) > 0.1 * most)
    .join(', ');
}

const POWER_STEPS = 50;
/** Draws that correlations are taken of. */
const CORRELATION_DRAWS = 1000;

/** The first principal axis of (u − m) ⊘ s, as long as the standard deviation along it, taken back by s: power iteration. */
function longest(u: Float64Array, centre: readonly number[], spreads: readonly number[]): number[] {
  const dim = centre.length;
  const draws = Math.min(CORRELATION_DRAWS, u.length / dim);
  const rows = Array.from({ length: draws }, (_, k) =>
    Float64Array.from(centre, (value, j) => (u[k * dim + j] - value) / (spreads[j] || 1)),
  );
  // not along any diagonal, which might be another axis
  let axis = Float64Array.from(centre, (_, j) => 1 / (j + 1)) as Float64Array;
  let variance = 1;
  for (let step = 0; step < POWER_STEPS; step++) {
    const next = new Float64Array(dim);
    for (const row of rows) {
      const along = dot(row, axis) / draws;
      for (let j = 0; j < dim; j++) next[j] += along * row[j];
    }
    variance = Math.sqrt(dot(next, next)) || 1;
    axis = next.map((value) => value / variance);
  }
  return [...axis].map((value, j) => value * spreads[j] * Math.sqrt(variance));
}

/** Bounds of another mode that are less than this below, in nats, make it count: a twentieth of the mass. */
const COUNTS = 3;
/** Of ln p̃/q there, above the log evidence: as if a draw stood for that many. */
const MISSED = 1000;

/** Normal approximations of other restarts' paths that have mass where the approximation has next to none. */
export function missedModes(
  target: BoundModel,
  flow: Flow,
  { elbo, logEvidence }: Appraisal,
  candidates: readonly Approximation[],
): string[] {
  const rivals = candidates.filter(({ bound }) => bound > elbo - COUNTS);
  if (rivals.length === 0 || !Number.isFinite(logEvidence)) return [];
  const rows = rivals.map(({ location }) => location);
  const logTarget = target.logProb(rows);
  const logProb = flow.logProb(rows);
  const missed = rivals.filter((_, k) => logTarget[k] - logProb[k] - logEvidence > naturalLog(MISSED));
  if (missed.length === 0) return [];
  const most = missed.reduce((a, b) => (b.bound > a.bound ? b : a));
  const values = Object.values(target.constrain(most.location)).flatMap((array) => [...array]);
  const place = target.names.slice(0, 4).map((name, j) => `${name} = ${Number(values[j].toPrecision(3))}`);
  return [`there is another mode, near ${place.join(', ')}, which the approximation leaves out`];
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
