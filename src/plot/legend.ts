import { at, inColour, path, shortened, text, widthOf } from './svg.js';

const ROW = 18;
const KEY = 18;
const GAP = 16;

export interface Legend {
  readonly height: number;
  /** With its upper left corner at (x, y). */
  draw(x: number, y: number): string[];
}

export const NO_LEGEND: Legend = { height: 0, draw: () => [] };

/** A line in the colour of each series and its name, in rows of this width. */
export function legend(labels: readonly string[], width: number, isDashed?: (series: number) => boolean): Legend {
  const names = labels.map((label) => shortened(label, width - KEY - 6));
  const places: { x: number; row: number }[] = [];
  let [x, row] = [0, 0];
  for (const name of names) {
    const needed = KEY + 6 + widthOf(name);
    if (x > 0 && x + needed > width) [x, row] = [0, row + 1];
    places.push({ x, row });
    x += needed + GAP;
  }
  const item = (left: number, y: number, i: number): string[] => [
    inColour(i, [path('line', `M${at(left)} ${at(y)}h${KEY}`)], isDashed?.(i)),
    text(left + KEY + 6, y + 4, names[i], 'label'),
  ];
  return {
    height: ROW * (row + 1),
    draw: (left, y) => places.flatMap((place, i) => item(left + place.x, y + ROW * (place.row + 0.5), i)),
  };
}
