import { Boundary as BoundaryCode } from '../../assembly/opcodes.js';
import { describe, requireChoice, requireCount, requireOptions } from '../arguments.js';
import type { LogDet, Operand, Recorder } from '../program/recorder.js';
import { exponentialMinusOne, naturalLog } from '../runtime/math.js';
import type { ElementwiseMap, MapDescription } from './map.js';

/** What a spline is beyond its ends. */
export type Boundary = keyof typeof BOUNDARIES;

export interface SplineMapOptions {
  /** Number of bins B. Default 8. */
  readonly bins?: number;
  /** Where the spline acts: [−bound, bound], or [low, high]; its values fill the same interval. Default 3. */
  readonly bound?: number | readonly [low: number, high: number];
  /**
   * `'linear'`: the identity outside, which the spline joins with slope 1; `'bounded'`: no density outside; `'circular'`: low and high are the same
   * point, as of an angle. Default `'linear'`.
   */
  readonly boundary?: Boundary;
  /** The least width of a bin, as a part of high − low. Default 1e-3. */
  readonly minWidth?: number;
  /** The least height of a bin, likewise. Default 1e-3. */
  readonly minHeight?: number;
  /** The least slope at a knot. Default 1e-3. */
  readonly minDerivative?: number;
  /** By what the logits of widths and heights are multiplied; nflows takes 1 / √hidden. Default 1. */
  readonly logitScale?: number;
}

const BOUNDARIES = {
  linear: { code: BoundaryCode.Linear, extra: -1 },
  bounded: { code: BoundaryCode.Bounded, extra: 1 },
  circular: { code: BoundaryCode.Circular, extra: 0 },
} as const;

type Settings = Required<SplineMapOptions>;

/** A bin must be far wider than the rounding of its knots. */
const RESOLUTION = 2 ** -40;

/**
 * Monotone rational-quadratic spline on [low, high]: B bins, in bin k
 *
 *   x = x_k + h (s ξ² + d_k ξ η) / (s (ξ² + η²) + (d_k + d_{k+1}) ξ η),   ξ = (z − z_k) / w,   η = 1 − ξ,   s = h / w
 *
 * The most flexible of the maps: what neural spline flows apply. A row costs some 100 ns a feature with 8 bins, in either direction; the inverse
 * is closed and as exact as the spline's own steepness allows.
 *
 * Parameters of a feature, in this order: B logits of widths w, B of heights h, and the raw slopes, d = minDerivative + softplus(raw): B − 1 at
 * inner knots (`'linear'`), B + 1 at all (`'bounded'`, whose input is clamped outside, with ln |det| = −∞), B of which the first belongs to both ends (`'circular'`, whose
 * input is taken modulo high − low).
 *
 * Source: Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032, eq. 4–8; circular: Rezende et al. 2020, arXiv:2002.02428, §2.1.2, without their phase.
 *
 * @throws {TypeError} for an unknown option, or a bound of another kind
 * @throws {RangeError} when `bins` is no positive integer, low is not below high, a least width, height or slope is not positive or leaves no
 *   room, or the bins would be finer than float64 resolves
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [elementwise(2, maps.spline({ bins: 4, bound: 5 }))] });
 * ```
 */
export function splineMap(options: SplineMapOptions = {}): ElementwiseMap {
  const where = 'maps.spline';
  requireOptions(where, options, ['bins', 'bound', 'boundary', 'minWidth', 'minHeight', 'minDerivative', 'logitScale']);
  const { bins = 8, bound = 3, boundary = 'linear', minWidth = 1e-3, minHeight = 1e-3 } = options;
  const { minDerivative = 1e-3, logitScale = 1 } = options;
  requireCount(where, 'bins', bins, 1);
  requireChoice(where, 'boundary', boundary, Object.keys(BOUNDARIES) as Boundary[]);
  const [low, high] = requireInterval(where, bound);
  for (const [name, least] of Object.entries({ minWidth, minHeight })) requireLeast(where, name, least, bins, low, high);
  requireBetween(where, 'minDerivative', minDerivative, 1);
  requireBetween(where, 'logitScale', logitScale, Infinity);
  const kept = typeof bound === 'number' ? bound : ([low, high] as const);
  return new SplineMap({ bins, bound: kept, boundary, minWidth, minHeight, minDerivative, logitScale });
}

class SplineMap implements ElementwiseMap {
  readonly parameterCount: number;

  constructor(readonly settings: Settings) {
    this.parameterCount = 3 * settings.bins + BOUNDARIES[settings.boundary].extra;
  }

  /** Equal bins, and slopes of 1. */
  get identity(): readonly number[] {
    const { bins, minDerivative } = this.settings;
    const slope = naturalLog(exponentialMinusOne(1 - minDerivative));
    return Array.from({ length: this.parameterCount }, (_, k) => (k < 2 * bins ? 0 : slope));
  }

  describe(): MapDescription {
    return { type: 'spline', ...this.settings };
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operand, logDet: LogDet): Operand {
    return recorder.emit('splineForward', { z, parameters, logDet: logDet.times(1, z.rows) }, this.#sizes(z)).x;
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operand, logDet: LogDet): Operand {
    return recorder.emit('splineInverse', { x, parameters, logDet: logDet.times(-1, x.rows) }, this.#sizes(x)).z;
  }

  #sizes({ rows }: Operand): Record<string, number> {
    const { bins, bound, boundary, minWidth, minHeight, minDerivative, logitScale } = this.settings;
    const [low, high] = intervalOf(bound);
    const span = high - low;
    return {
      dim: rows,
      bins,
      boundary: BOUNDARIES[boundary].code,
      // A row of a block holds 40 numbers at least; the kernel needs 10 a bin and 36.
      work: bins + 1,
      low,
      high,
      leastWidth: span * minWidth,
      spareWidth: span * (1 - minWidth * bins),
      leastHeight: span * minHeight,
      spareHeight: span * (1 - minHeight * bins),
      minDerivative,
      logitScale,
    };
  }
}

function intervalOf(bound: Settings['bound']): readonly [number, number] {
  return typeof bound === 'number' ? [-bound, bound] : bound;
}

function requireInterval(where: string, bound: Settings['bound']): readonly [number, number] {
  const isPair = Array.isArray(bound) && bound.length === 2 && bound.every((end) => typeof end === 'number');
  if (typeof bound !== 'number' && !isPair)
    throw new TypeError(`${where}: bound must be a number or [low, high]; got ${describe(bound)}.`);
  const [low, high] = intervalOf(bound);
  if (low < high && Number.isFinite(high - low)) return [low, high];
  const rule = typeof bound === 'number' ? 'be positive and finite' : 'be [low, high] with low below high, both finite';
  throw new RangeError(`${where}: bound must ${rule}; got ${isPair ? `[${low}, ${high}]` : high}.`);
}

function requireLeast(where: string, name: string, least: number, bins: number, low: number, high: number): void {
  requireBetween(where, name, least, Infinity);
  if (!(least * bins < 1))
    throw new RangeError(`${where}: ${name} times bins must be below 1; got ${least} · ${bins} = ${least * bins}.`);
  const finest = (RESOLUTION * Math.max(Math.abs(low), Math.abs(high))) / (high - low);
  if (least < finest)
    throw new RangeError(
      `${where}: ${name} must be at least ${finest} on [${low}, ${high}], or rounding moves knots; got ${least}.`,
    );
}

/** @throws {RangeError} unless 0 < value < limit */
function requireBetween(where: string, name: string, value: number, limit: number): void {
  if (value > 0 && value < limit) return;
  const rule = limit === Infinity ? 'positive and finite' : `between 0 and ${limit}`;
  throw new RangeError(`${where}: ${name} must be ${rule}; got ${describe(value)}.`);
}
