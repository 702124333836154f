import { describe, requireCount, requireOptions } from '../arguments.js';
import { affineMap } from '../maps/affine.js';
import { type ElementwiseMap, requireMap } from '../maps/map.js';
import { type Degrees, maskedLayers, requireDegrees, spreadDegrees } from '../nets/masked.js';
import { NETWORK_OPTIONS, Network, type NetworkOptions, describeNetwork, readNetwork } from '../nets/network.js';
import { type LogDet, NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

export interface AutoregressiveOptions extends NetworkOptions {
  /** What moves a feature, with parameters from the network. Default `maps.affine()`. */
  readonly map?: ElementwiseMap;
  /** A permutation of 0 … dim − 1: `order[k]` is the feature that comes k-th, and depends on those before it. Default as they stand. */
  readonly order?: readonly number[];
  /** Numbers of a row of the context, which every unit of the network sees as well. Default 0: none. */
  readonly context?: number;
  /** Of every hidden layer, how many features each unit sees, ascending. Default: spread evenly. */
  readonly degrees?: Degrees;
}

/**
 * Masked autoregressive transform: feature i moves by an element-wise map whose parameters a masked network (MADE) computes from the
 * features before it,
 *
 *   x_i = f(z_i; θ_i(z_{<i}, context)),   ln |det ∂x/∂z| = Σ_i ln |∂x_i/∂z_i|
 *
 * `forward` needs one evaluation of the network, and so does `inverse`, though feature by feature: a hidden unit is evaluated once, as soon
 * as what it sees is known. As it stands it is the layer of inverse autoregressive flows (IAF), `invert(autoregressive(…))` that of
 * masked autoregressive flows (MAF), whose density direction is the one in parallel. Starts as the identity.
 *
 * Parameters: those of the network, `net.k.weight` [outputs × inputs] and `net.k.bias` [outputs]; entries that the mask makes zero are
 * there, without effect. Inputs are the context and then the features in their order; outputs are the map's parameters, feature by
 * feature.
 *
 * Source: Papamakarios, Pavlakou & Murray 2017, arXiv:1705.07057, §3; Kingma et al. 2016, arXiv:1606.04934, §3.
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` or a width is no positive integer, `order` no permutation, or `degrees` are none of the network
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const layers = [invert(autoregressive(3, { hidden: [32, 32] })), invert(autoregressive(3, { hidden: [32, 32], order: [2, 1, 0] }))];
 * const flow = new Flow({ base: normal(3), transforms: layers, seed: 1 });
 * ```
 */
export function autoregressive(dim: number, options: AutoregressiveOptions = {}): Transform {
  const where = 'autoregressive';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['map', 'order', 'context', 'degrees', ...NETWORK_OPTIONS]);
  const { context = 0, map = affineMap() } = options;
  requireCount(where, 'context', context, 0);
  const network = readNetwork(where, options);
  const order = readOrder(dim, options.order);
  const { degrees } = options;
  const checked = degrees === undefined ? undefined : requireDegrees(where, degrees, dim, network);
  return new Autoregressive(dim, requireMap(where, map), order, context, network, checked);
}

function readOrder(dim: number, order: readonly number[] | undefined): number[] {
  const identity = Array.from({ length: dim }, (_, j) => j);
  if (order === undefined) return identity;
  const isPermutation = Array.isArray(order) && order.length === dim && identity.every((j) => order.includes(j));
  if (isPermutation) return [...order];
  throw new RangeError(`autoregressive: order must be a permutation of 0 … ${dim - 1}; got ${describe(order)}.`);
}

class Autoregressive implements Transform {
  readonly parameters: readonly ParameterSpec[];
  readonly #network: Network;

  constructor(
    readonly dim: number,
    readonly map: ElementwiseMap,
    readonly order: readonly number[],
    readonly context: number,
    readonly options: Required<NetworkOptions>,
    readonly degrees: Degrees | undefined,
  ) {
    const known = degrees ?? spreadDegrees('autoregressive', dim, context, options);
    this.#network = new Network(maskedLayers(dim, context, map.parameterCount, known), options);
    this.parameters = this.#network.parameters;
  }

  describe(): TransformDescription {
    const { dim, order, context, degrees } = this;
    const description = {
      type: 'autoregressive',
      dim,
      map: this.map.describe(),
      order,
      context,
      ...describeNetwork(this.options),
    };
    return degrees === undefined ? description : { ...description, degrees };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return this.#network.initialize(
      uniforms,
      this.order.flatMap(() => this.map.identity),
    );
  }

  validate(): void {
    // Every network is one.
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context: Operand = NONE): Operand {
    const seen = recorder.merge(z, context, [...Array.from({ length: this.context }, (_, k) => ~k), ...this.order]);
    const theta = this.#network.record(recorder, seen, parameters);
    const ordered = recorder.rows(seen, this.context, this.dim);
    return this.#inPlace(recorder, this.map.recordForward(recorder, ordered, theta, logDet));
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    const { parameterCount } = this.map;
    const seen = recorder.block(this.context + this.dim);
    if (context !== undefined && this.context > 0) recorder.put(recorder.rows(seen, 0, this.context), context);
    const sequence = this.#network.sequentially(recorder, seen, parameters);
    this.order.forEach((feature, i) => {
      const theta = sequence.outputs(i * parameterCount, parameterCount);
      const z = this.map.recordInverse(recorder, recorder.rows(x, feature, 1), theta, logDet);
      recorder.put(recorder.rows(seen, this.context + i, 1), z);
    });
    return this.#inPlace(recorder, recorder.rows(seen, this.context, this.dim));
  }

  /** From the order in which they depend on each other to that of the rows. */
  #inPlace(recorder: Recorder, ordered: Operand): Operand {
    if (this.order.every((feature, i) => feature === i) && ordered.within === undefined) return ordered;
    return recorder.select(
      ordered,
      this.order.map((_, feature) => this.order.indexOf(feature)),
    );
  }
}
