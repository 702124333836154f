// Random variates for predictive quantities, a function of a key alone
//
//   gamma      Marsaglia & Tsang 2000, ACM TOMS 26:363: d (1 + c x)³ of a normal x, accepted; Γ(a) = Γ(a + 1) U^(1/a) below 1
//   Poisson    Ahrens & Dieter 1974, Computing 12:223: while the rate is large, the m-th arrival is at a gamma variate: before the rate's end, m
//              arrivals are counted and the rest is begun from there; behind it, each of m − 1 arrivals falls below the end by chance
//   binomial   Relles 1972, JASA 67:612: the i-th smallest of n uniforms is a beta variate; the count below p goes on, on its one side
//
// All three are exact, and take log n steps.

import { exponential, naturalLog } from '../runtime/math.js';
import { type RandomKey, Stream, normals, uniforms } from '../runtime/random.js';

const FIRST_BLOCK = 16;
/** Up to here, counting one by one. */
const FEW = 30;

/** Random numbers for `PosteriorFit.generate`: for a draw they are the same each time. Scales are standard deviations, `exponential` and `gamma` take rates. */
export class RandomSource {
  readonly #uniforms: Supply;
  readonly #normals: Supply;

  /** @internal */
  constructor(key: RandomKey) {
    this.#uniforms = new Supply((count) => uniforms(key, Stream.Generation, count));
    this.#normals = new Supply((count) => normals(key, Stream.GenerationNormals, count));
  }

  /** In (low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#uniforms.next();
  }

  normal(mean = 0, sd = 1): number {
    return mean + sd * this.#normals.next();
  }

  lognormal(mean = 0, sd = 1): number {
    return exponential(this.normal(mean, sd));
  }

  /** @throws {RangeError} unless the rate is positive */
  exponential(rate = 1): number {
    requirePositive('exponential', 'rate', rate);
    return -naturalLog(this.#uniforms.next()) / rate;
  }

  /** @throws {RangeError} unless shape and rate are positive */
  gamma(shape: number, rate = 1): number {
    requirePositive('gamma', 'shape', shape);
    requirePositive('gamma', 'rate', rate);
    if (shape < 1) return this.gamma(shape + 1, rate) * exponential(naturalLog(this.#uniforms.next()) / shape);
    const d = shape - 1 / 3;
    const c = 1 / Math.sqrt(9 * d);
    for (;;) {
      const x = this.#normals.next();
      const root = 1 + c * x;
      if (root <= 0) continue;
      const v = root * root * root;
      if (naturalLog(this.#uniforms.next()) < 0.5 * x * x + d * (1 - v + naturalLog(v))) return (d * v) / rate;
    }
  }

  /** @throws {RangeError} unless both are positive */
  beta(a: number, b: number): number {
    const x = this.gamma(a);
    return x / (x + this.gamma(b));
  }

  /** @throws {RangeError} unless nu is positive */
  studentT(nu: number, location = 0, scale = 1): number {
    return location + (scale * this.#normals.next()) / Math.sqrt((2 * this.gamma(nu / 2)) / nu);
  }

  /** 1 with probability p, else 0. @throws {RangeError} unless p lies in [0, 1] */
  bernoulli(p: number): number {
    requireProbability('bernoulli', p);
    return this.#uniforms.next() < p ? 1 : 0;
  }

  /** @throws {RangeError} unless the rate is finite and not negative */
  poisson(rate: number): number {
    if (!(rate >= 0 && rate < Infinity))
      throw new RangeError(`RandomSource.poisson: rate must be finite and not negative; got ${rate}.`);
    let count = 0;
    while (rate > FEW) {
      const arrivals = Math.floor(0.875 * rate);
      const time = this.gamma(arrivals);
      if (time > rate) return count + this.binomial(arrivals - 1, rate / time);
      count += arrivals;
      rate -= time;
    }
    for (let time = this.exponential(); time <= rate; time += this.exponential()) count++;
    return count;
  }

  /** @throws {RangeError} unless n is a non-negative integer and p lies in [0, 1] */
  binomial(n: number, p: number): number {
    if (!(Number.isSafeInteger(n) && n >= 0))
      throw new RangeError(`RandomSource.binomial: n must be a non-negative integer; got ${n}.`);
    requireProbability('binomial', p);
    let count = 0;
    while (n > FEW && p > 0 && p < 1) {
      const middle = 1 + Math.floor(n / 2);
      const split = this.beta(middle, n + 1 - middle);
      if (split <= p) {
        count += middle;
        n -= middle;
        p = (p - split) / (1 - split);
      } else {
        n = middle - 1;
        p /= split;
      }
    }
    if (p >= 1) return count + n;
    for (let k = 0; k < n; k++) count += this.#uniforms.next() < p ? 1 : 0;
    return count;
  }

  /** Mean μ, variance μ + μ²/φ. @throws {RangeError} unless both are positive */
  negativeBinomial(mean: number, dispersion: number): number {
    requirePositive('negativeBinomial', 'mean', mean);
    return this.poisson(this.gamma(dispersion, dispersion / mean));
  }

  /** An index, by probabilities up to a constant. @throws {RangeError} for negative ones, or none that is positive */
  categorical(probabilities: ArrayLike<number>): number {
    const weights = Array.from(probabilities);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (!(total > 0 && total < Infinity) || weights.some((weight) => weight < 0))
      throw new RangeError('RandomSource.categorical: probabilities must not be negative, with a finite sum above 0.');
    let rest = total * this.#uniforms.next();
    const found = weights.findIndex((weight) => (rest -= weight) < 0);
    return found >= 0 ? found : weights.indexOf(Math.max(...weights)); // what rounding left of the total
  }
}

/** Numbers of one stream, drawn ahead in blocks that grow. */
class Supply {
  #numbers = new Float64Array(0);
  #next = 0;

  constructor(readonly draw: (count: number) => Float64Array) {}

  next(): number {
    if (this.#next === this.#numbers.length)
      this.#numbers = this.draw(Math.max(FIRST_BLOCK, 2 * this.#numbers.length)) as Float64Array<ArrayBuffer>;
    return this.#numbers[this.#next++];
  }
}

function requirePositive(method: string, name: string, value: number): void {
  if (!(value > 0 && value < Infinity))
    throw new RangeError(`RandomSource.${method}: ${name} must be positive and finite; got ${value}.`);
}

function requireProbability(method: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`RandomSource.${method}: p must lie in [0, 1]; got ${p}.`);
}
