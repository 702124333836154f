import { describe, requireCount, requireOptions } from '../arguments.js';
import { affineMap } from '../maps/affine.js';
import { type ElementwiseMap, requireMap } from '../maps/map.js';
import { NETWORK_OPTIONS, Network, type NetworkOptions, denseLayers, describeNetwork, readNetwork } from '../nets/network.js';
import { type LogDet, NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/** Which features a coupling moves: every second one from the second (`'odd'`) or the first (`'even'`), one half, or those marked. */
export type Mask = 'odd' | 'even' | 'first-half' | 'second-half' | readonly boolean[];

export interface CouplingOptions extends NetworkOptions {
  /** What moves a feature, with parameters from the network. Default `maps.affine()`. */
  readonly map?: ElementwiseMap;
  /** The features that move; the others pass, and are what the network sees. Default `'odd'`. */
  readonly mask?: Mask;
  /** Numbers of a row of the context, which the network sees as well. Default 0: none. */
  readonly context?: number;
}

/**
 * Coupling: features A pass, features B move by an element-wise map whose parameters a network computes from A,
 *
 *   x_A = z_A,   x_B = f(z_B; θ(z_A, context)),   ln |det ∂x/∂z| = Σ_B ln |∂x_j/∂z_j|
 *
 * One network evaluation a row in both directions. With `maps.additive()` it is NICE's layer, with `maps.affine()` RealNVP's, with
 * `maps.spline()` that of neural spline flows. Change the mask from layer to layer, so that every feature moves. Starts as the identity.
 *
 * Parameters: those of the network, `net.k.weight` [outputs × inputs] and `net.k.bias` [outputs].
 *
 * Source: Dinh, Krueger & Bengio 2015, arXiv:1410.8516, §3.2; Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803, eq. 4–5.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` or a width is no positive integer, or the mask moves no feature, or all of several without a context
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const layers = [coupling(4, { mask: 'odd', hidden: [32, 32] }), coupling(4, { mask: 'even', hidden: [32, 32] })];
 * const flow = new Flow({ base: normal(4), transforms: layers, seed: 1 });
 * ```
 */
export function coupling(dim: number, options: CouplingOptions = {}): Transform {
  const where = 'coupling';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['map', 'mask', 'context', ...NETWORK_OPTIONS]);
  const { context = 0, map = affineMap() } = options;
  requireCount(where, 'context', context, 0);
  const moves = readMask(dim, context, options.mask ?? (dim === 1 ? [true] : 'odd'));
  return new Coupling(dim, requireMap(where, map), moves, context, readNetwork(where, options));
}

function readMask(dim: number, context: number, mask: Mask): boolean[] {
  const moves = typeof mask === 'string' ? Array.from({ length: dim }, (_, j) => MASKS[mask]?.(j, dim)) : mask;
  const isMask = Array.isArray(moves) && moves.length === dim && moves.every((value) => typeof value === 'boolean');
  if (!isMask)
    throw new RangeError(
      `coupling: mask must be among ${Object.keys(MASKS).join(', ')}, or hold ${dim} booleans; got ${describe(mask)}.`,
    );
  if (!moves.includes(true)) throw new RangeError('coupling: mask must move at least one feature; got one that moves none.');
  if (dim > 1 && context === 0 && !moves.includes(false))
    throw new RangeError('coupling: mask must let at least one feature pass, for the network to see; got one that moves all.');
  return [...moves];
}

const MASKS: Readonly<Record<string, (j: number, dim: number) => boolean>> = {
  odd: (j) => j % 2 === 1,
  even: (j) => j % 2 === 0,
  'first-half': (j, dim) => j < Math.ceil(dim / 2),
  'second-half': (j, dim) => j >= Math.ceil(dim / 2),
};

class Coupling implements Transform {
  readonly parameters: readonly ParameterSpec[];
  readonly #network: Network;
  readonly #moved: readonly number[];
  /** The network's inputs, as rows of z, and of the context behind them. */
  readonly #seen: readonly number[];

  constructor(
    readonly dim: number,
    readonly map: ElementwiseMap,
    readonly mask: readonly boolean[],
    readonly context: number,
    readonly options: Required<NetworkOptions>,
  ) {
    const features = mask.map((_, j) => j);
    this.#moved = features.filter((j) => mask[j]);
    this.#seen = [...features.filter((j) => !mask[j]), ...Array.from({ length: context }, (_, k) => ~k)];
    this.#network = new Network(denseLayers(this.#seen.length, this.#moved.length * map.parameterCount, options), options);
    this.parameters = this.#network.parameters;
  }

  describe(): TransformDescription {
    const { dim, mask, context } = this;
    return { type: 'coupling', dim, map: this.map.describe(), mask, context, ...describeNetwork(this.options) };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return this.#network.initialize(
      uniforms,
      this.#moved.flatMap(() => this.map.identity),
    );
  }

  validate(): void {
    // Every network is one.
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    const theta = this.#theta(recorder, z, parameters, context);
    return this.#assemble(recorder, z, this.map.recordForward(recorder, recorder.select(z, this.#moved), theta, logDet));
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    const theta = this.#theta(recorder, x, parameters, context);
    return this.#assemble(recorder, x, this.map.recordInverse(recorder, recorder.select(x, this.#moved), theta, logDet));
  }

  /** The map's parameters, of what passes. */
  #theta(recorder: Recorder, input: Operand, parameters: Operands, context: Operand = NONE): Operand {
    const seen = this.#seen.length === 0 ? NONE : recorder.merge(input, context, this.#seen);
    return this.#network.record(recorder, seen, parameters);
  }

  #assemble(recorder: Recorder, input: Operand, moved: Operand): Operand {
    let at = 0;
    return recorder.merge(
      input,
      moved,
      this.mask.map((moves, j) => (moves ? ~at++ : j)),
    );
  }
}
