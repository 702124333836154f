import { Random } from './random.js';

export function linear(seed: number, count: number, low: number, high: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => low + (high - low) * (random.uniform() + random.uniform() * 2 ** -32));
}

/** Evenly spread in log |x|, low > 0. */
export function logarithmic(seed: number, count: number, low: number, high: number): number[] {
  return linear(seed, count, Math.log(low), Math.log(high)).map((t) => Math.min(Math.max(Math.exp(t), low), high));
}

export const negative = (points: number[]): number[] => points.map((x) => -x);
/** Each point and its two neighbours among the doubles. */
export const around = (points: number[]): number[] => points.flatMap((x) => [neighbour(x, -1), x, neighbour(x, 1)]);

/** The double next to x, towards +∞ or −∞. */
function neighbour(x: number, direction: 1 | -1): number {
  const bits = new BigInt64Array(1);
  const value = new Float64Array(bits.buffer);
  value[0] = x;
  if (x === 0) return direction * Number.MIN_VALUE;
  bits[0] += BigInt(x > 0 === direction > 0 ? 1 : -1);
  return value[0];
}
