import { describe, requireBoolean, requireCount, requireOptions } from '../arguments.js';
import { type LogDet, NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { type ParameterSpec, type Transform, type TransformDescription, parameterCount } from './transform.js';

/** Where the columns of Q come from. */
export type SylvesterOptions =
  /** `rank` columns, by default `dim`, of a product of `rank` reflections: any such columns, up to their signs, which do not matter. */
  | { readonly kind: 'orthogonal'; readonly rank?: number }
  /** All `dim` columns of a product of `reflections`, by default the lesser of `dim` and 8. */
  | { readonly kind: 'householder'; readonly reflections?: number }
  /** The identity, or where `reversed` the reversal of features; layers take them by turns. */
  | { readonly kind: 'triangular'; readonly reversed?: boolean };

/**
 * Sylvester flow: x = z + Q R₁ tanh(R₂ Qᵀz + b), a planar flow with `rank` hidden units instead of one.
 *
 *   ln |det ∂x/∂z| = Σᵢ ln(1 + tanh′(aᵢ) (R₁)ᵢᵢ (R₂)ᵢᵢ),   a = R₂ Qᵀz + b
 *
 * Q [dim × rank] has orthonormal columns; R₁ and R₂ are upper triangular, their diagonals between −1 and 1, which makes every layer
 * invertible. Use it where planar layers, which bend one direction each, would have to be many. A layer costs O(dim · rank + rank²) a row
 * in both directions; the inverse is `rank` scalar roots, one after the other, each solved to rounding.
 *
 * Parameters: `r1` and `r2` [rank (rank + 1) / 2], the triangles row by row, of whose diagonals tanh is taken; `b` [rank]; and, but for
 * the triangular kind and one dimension, `v` [reflections × dim], Q being the first columns of H_{K−1} … H₀ with H_k = I − 2 v_k v_kᵀ / |v_k|². They are
 * unconstrained, but no v_k must be 0.
 *
 * Source: van den Berg, Hasenclever, Tomczak & Welling 2018, arXiv:1803.05649, §3 and §4; the inverse is ours, and so are reflections in
 * place of the paper's iterative orthogonalisation. Initially r1 ~ U(−0.1, 0.1), r2 ~ U(−√(2/rank), √(2/rank)), v ~ U(−1, 1), b = 0.
 *
 * @param dim dimension of both sides
 * @param options `kind`, and what belongs to it: see {@link SylvesterOptions}
 * @throws {RangeError} when `dim`, `rank` or `reflections` is no positive integer, `rank` is above `dim`, or `kind` is none of the three
 * @throws {TypeError} when an option is not one of the kind's
 * @example
 * ```ts
 * const layers = [sylvester(4, { kind: 'orthogonal', rank: 2 }), sylvester(4, { kind: 'householder' })];
 * const flow = new Flow({ base: normal(4), transforms: layers, seed: 1 });
 * const { x, logDet } = flow.forward(Float64Array.of(0.5, -1, 0, 2));
 * ```
 */
export function sylvester(dim: number, options: SylvesterOptions): Transform {
  requireCount('sylvester', 'dim', dim, 1);
  const kind = options?.kind;
  switch (kind) {
    case 'orthogonal': {
      requireOptions('sylvester', options, ['kind', 'rank']);
      const rank = options.rank ?? dim;
      requireCount('sylvester', 'rank', rank, 1);
      if (rank > dim) throw new RangeError(`sylvester: rank must be at most dim, ${dim}; got ${rank}.`);
      return new Sylvester(dim, rank, turning(dim, rank), false, { kind, rank });
    }
    case 'householder': {
      requireOptions('sylvester', options, ['kind', 'reflections']);
      const reflections = options.reflections ?? Math.min(dim, DEFAULT_REFLECTIONS);
      requireCount('sylvester', 'reflections', reflections, 1);
      return new Sylvester(dim, dim, turning(dim, reflections), false, { kind, reflections });
    }
    case 'triangular': {
      requireOptions('sylvester', options, ['kind', 'reversed']);
      const reversed = requireBoolean('sylvester', 'reversed', options.reversed ?? false);
      return new Sylvester(dim, dim, 0, reversed, { kind, reversed });
    }
    default:
      throw new RangeError(`sylvester: kind must be 'orthogonal', 'householder' or 'triangular'; got ${describe(kind)}.`);
  }
}

const DEFAULT_REFLECTIONS = 8;

/** In one dimension there is nothing to turn: a reflection is −1, whatever its v, and the sign of Q does not matter. */
function turning(dim: number, reflections: number): number {
  return dim === 1 ? 0 : reflections;
}

const R1_RANGE = 0.1;

class Sylvester implements Transform {
  readonly parameters: readonly ParameterSpec[];
  readonly #triangle: number;

  constructor(
    readonly dim: number,
    readonly rank: number,
    readonly reflections: number,
    readonly reversed: boolean,
    readonly options: SylvesterOptions,
  ) {
    this.#triangle = (rank * (rank + 1)) / 2;
    const triangle = [this.#triangle];
    this.parameters = [
      { name: 'r1', shape: triangle },
      { name: 'r2', shape: triangle },
      { name: 'b', shape: [rank] },
      ...(reflections > 0 ? [{ name: 'v', shape: [reflections, dim] }] : []),
    ];
  }

  describe(): TransformDescription {
    return { type: 'sylvester', dim: this.dim, ...this.options };
  }

  initialize(uniforms: Float64Array): Float64Array {
    const r2Range = Math.sqrt(2 / this.rank);
    const ranges = { r1: R1_RANGE, r2: r2Range, b: 0, v: 1 };
    const [first, second, third] = [this.#triangle, 2 * this.#triangle, 2 * this.#triangle + this.rank];
    return uniforms.map((uniform, k) => {
      const range = k < first ? ranges.r1 : k < second ? ranges.r2 : k < third ? ranges.b : ranges.v;
      return range === 0 ? 0 : (2 * uniform - 1) * range;
    });
  }

  validate(where: string, parameters: Float64Array): void {
    const start = parameterCount(this.parameters) - this.reflections * this.dim;
    for (let k = 0; k < this.reflections; k++) {
      const v = parameters.subarray(start + k * this.dim, start + (k + 1) * this.dim);
      const norm2 = v.reduce((sum, value) => sum + value * value, 0);
      if (norm2 >= 2 ** -1022 && norm2 < Infinity) continue;
      throw new RangeError(`${where}: v must hold no row that is 0 (|v|² a normal number); got |v|² = ${norm2} in row ${k}.`);
    }
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet): Operand {
    const operands = { z, ...this.#constrain(recorder, parameters), logDet: this.#factors(logDet, 1) };
    return recorder.emit('sylvesterForward', operands, this.#sizes()).x;
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet): Operand {
    const operands = { x, ...this.#constrain(recorder, parameters), logDet: this.#factors(logDet, -1) };
    return recorder.emit('sylvesterInverse', operands, this.#sizes()).z;
  }

  #sizes(): Record<string, number> {
    return { dim: this.dim, rank: this.rank, reversed: this.reversed ? 1 : 0 };
  }

  /** The accumulator, for one factor per hidden unit. */
  #factors(logDet: LogDet, multiplicity: 1 | -1): Operand {
    for (let i = 1; i < this.rank; i++) logDet.times(multiplicity);
    return logDet.times(multiplicity);
  }

  #constrain(recorder: Recorder, { r1: raw1, r2: raw2, b, v }: Operands): Operands {
    const { dim, rank, reflections } = this;
    const sizes = { rank, triangle: this.#triangle };
    const { r1, r2, delta, logDelta } = recorder.emit('sylvesterConstrain', { raw1, raw2 }, sizes);
    if (reflections === 0) return { q: NONE, r1, r2, delta, logDelta, b };
    const { q } = recorder.emit('sylvesterFrame', { v }, { dim, rank, reflections, frame: dim * rank, pair: 2 * dim });
    return { q, r1, r2, delta, logDelta, b };
  }
}
