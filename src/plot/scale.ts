// An axis: what it spans, where its round numbers are, and how they are written. Powers of ten are read from decimal text, never computed.

import { widthOf } from './svg.js';

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Where a value stands in its range: 0 … 1. */
export function share(value: number, { low, high }: Range): number {
  return (value - low) / (high - low);
}

/** Values that differ by less than rounding are one value. */
const ROUNDING = 1e-12;
const TINY = 1e-300;

/** Whether a picture could tell the ends apart. */
export function isPoint({ low, high }: Range): boolean {
  return !(high - low > Math.max(TINY, ROUNDING * Math.max(Math.abs(low), Math.abs(high))));
}

/** The range, or one of some width around it where it is a point. */
export function widened({ low, high }: Range): Range {
  if (!isPoint({ low, high })) return { low, high };
  const half = Math.abs(low) > TINY ? Math.abs(low) / 10 : 1;
  return { low: low - half, high: high + half };
}

/** What an axis spans: the range, and a little on either side. */
export function spanOf(range: Range): Range {
  const { low, high } = widened(range);
  return { low: low - PADDING * (high - low), high: high + PADDING * (high - low) };
}

const PADDING = 0.03;

/** Around both. */
export function union(a: Range, b: Range): Range {
  return { low: Math.min(a.low, b.low), high: Math.max(a.high, b.high) };
}

export interface Tick {
  readonly value: number;
  readonly label: string;
}

/** Up to about `count` multiples of 1, 2 or 5 times a power of ten. */
export function ticksOf({ low, high }: Range, count: number): Tick[] {
  const [digits, power] = scientific((high - low) / count);
  const factor = digits < 1.5 ? 1 : digits < 3.5 ? 2 : digits < 7.5 ? 5 : 10;
  const exponent = factor === 10 ? power + 1 : power;
  const unit = factor === 10 ? 1 : factor;
  const step = Number(`${unit}e${exponent}`);
  const ticks: Tick[] = [];
  for (let i = Math.ceil(low / step); i <= Math.floor(high / step); i++) {
    const value = Number(`${i * unit}e${exponent}`);
    ticks.push({ value, label: written(value, exponent, Math.max(Math.abs(low), Math.abs(high))) });
  }
  return ticks;
}

/** As many, up to `most`, as have room beside each other in `width` pixels. */
export function ticksWithin(range: Range, width: number, most: number): Tick[] {
  for (let count = most; count > 1; count--) {
    const ticks = ticksOf(range, count);
    const widest = Math.max(...ticks.map(({ label }) => widthOf(label, 11)));
    if (ticks.length * (widest + GAP) <= width + GAP) return ticks;
  }
  return ticksOf(range, 1).slice(0, 1);
}

/** Between labels. */
const GAP = 6;

/** A number to two or three digits of a width; of no width, to six of its own. */
export function rounded(value: number, width: number): string {
  if (width === 0)
    return String(Number(value.toPrecision(6)))
      .replace('e+', 'e')
      .replace(/-/g, '−');
  return written(value, scientific(width / 50)[1], Math.abs(value));
}

const LARGE = 1e6;
const SMALLEST_POWER = -4;

/** To the digit of 10^power; as m × 10^e where `largest`, of what stands beside it, would have too many digits. */
function written(value: number, power: number, largest: number): string {
  if (value === 0) return '0';
  const isShort = largest < LARGE && (power >= SMALLEST_POWER || largest >= 1);
  const decimals = Math.min(Math.max(0, isShort ? -power : scientific(value)[1] - power), 15);
  const label = isShort ? value.toFixed(decimals) : value.toExponential(decimals).replace('e+', 'e');
  return (Number(label) === 0 ? '0' : label).replace(/-/g, '−');
}

/** m and e of |x| = m × 10^e, 1 ≤ m < 10. */
function scientific(x: number): [digits: number, power: number] {
  const [digits, power] = Math.abs(x).toExponential().split('e');
  return [Number(digits), Number(power)];
}
