import { type Range, type Tick, share } from './scale.js';
import { at, path, text } from './svg.js';

const MARK = 4;

/** A line from (x, y) of this width, with marks and labels below. */
export function axisBelow(ticks: readonly Tick[], range: Range, x: number, y: number, width: number): string[] {
  const places = ticks.map(({ value }) => x + share(value, range) * width);
  return [
    path('axis', `M${at(x)} ${at(y)}h${at(width)}${places.map((place) => `M${at(place)} ${at(y)}v${MARK}`).join('')}`),
    ...ticks.map(({ label }, i) => text(places[i], y + 16, label, 'faint', 'middle')),
  ];
}

/** The same from (x, y) down, with marks and labels on its left. */
export function axisLeft(ticks: readonly Tick[], range: Range, x: number, y: number, height: number): string[] {
  const places = ticks.map(({ value }) => y + (1 - share(value, range)) * height);
  return [
    path('axis', `M${at(x)} ${at(y)}v${at(height)}${places.map((place) => `M${at(x)} ${at(place)}h${-MARK}`).join('')}`),
    ...ticks.map(({ label }, i) => text(x - 7, places[i] + 4, label, 'faint', 'end')),
  ];
}

/** A line across at each tick, with labels on its left. */
export function gridAcross(ticks: readonly Tick[], range: Range, x: number, y: number, width: number, height: number): string[] {
  const places = ticks.map(({ value }) => y + (1 - share(value, range)) * height);
  return [
    path('grid', places.map((place) => `M${at(x)} ${at(place)}h${at(width)}`).join('')),
    ...ticks.map(({ label }, i) => text(x - 7, places[i] + 4, label, 'faint', 'end')),
  ];
}
