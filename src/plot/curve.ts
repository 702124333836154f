import type { Summary } from './density.js';
import { type Range, share } from './scale.js';
import { type Point, lineThrough, path } from './svg.js';

export interface Frame {
  readonly range: Range;
  /** The density at the top. */
  readonly highest: number;
  readonly width: number;
  readonly height: number;
}

/** A density as a line. */
export function curve(density: Float64Array, frame: Frame): string {
  return path('line', outlineOf(pointsOf(density, frame), frame));
}

/** What is under the line, the central 90 % darker, and the line. */
export function area(density: Float64Array, { interval }: Summary, frame: Frame): string[] {
  const points = pointsOf(density, frame);
  const [from, to] = [interval.low, interval.high].map((value) => share(value, frame.range) * frame.width);
  const inner = points.filter(([x]) => x >= from && x <= to);
  return [path('area', outlineOf(points, frame)), path('inner', outlineOf(inner, frame)), path('line', outlineOf(points, frame))];
}

/** Cells of a curve of this width. */
export function cellsOf(width: number): number {
  return Math.min(Math.ceil(width / 1.5), 400);
}

/** From the ground up, along the points and down again: at a bound, a density ends with a cliff. */
function outlineOf(points: readonly Point[], { height }: Frame): string {
  if (points.length === 0) return '';
  const [[left], [right]] = [points[0], points[points.length - 1]];
  return lineThrough([[left, height], ...points, [right, height]]);
}

/** Above the middle of each cell, from the first that has draws near to the last. */
function pointsOf(density: Float64Array, { width, height, highest }: Frame): Point[] {
  const step = width / density.length;
  const points = Array.from(density, (value, i): Point => [(i + 0.5) * step, height - (value / highest) * (height - 2)]);
  const filled = points.flatMap((_, i) => (density[i] > 0 ? [i] : []));
  return filled.length === 0 ? [] : points.slice(filled[0], filled[filled.length - 1] + 1);
}
