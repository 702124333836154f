import { requireCount, requireOptions } from '../arguments.js';
import { NETWORK_OPTIONS, Network, type NetworkOptions, denseLayers, describeNetwork, readNetwork } from '../nets/network.js';
import type { Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec } from '../transforms/transform.js';
import type { Base, BaseDescription } from './base.js';
import { standardNormal } from './normal.js';
import { logProbOfPlaced, place } from './placement.js';

export interface ConditionalNormalOptions extends NetworkOptions {
  /** Numbers of a row of the context. */
  readonly context: number;
}

/**
 * Normal distribution with a diagonal covariance whose mean and scale a network computes from the context,
 * z ~ N(location(context), e^{2 logScale(context)}). For conditional flows: what depends on the context in location and scale alone is
 * out of the way of the layers. Starts as the standard normal, whatever the context.
 *
 * Parameters: those of the network, `base.net.k.weight` [outputs × inputs] and `base.net.k.bias` [outputs]; its outputs are location [dim] and
 * logScale [dim].
 *
 * @param dim dimension
 * @throws {RangeError} when `dim`, `context` or a width is no positive integer
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const flow = new Flow({ base: conditionalNormal(2, { context: 1, hidden: [16] }), transforms: [planar(2)], seed: 1 });
 * const logProb = flow.logProb([[0, 0], [1, 1]], { context: [[0.5]] });
 * ```
 */
export function conditionalNormal(dim: number, options: ConditionalNormalOptions): Base {
  const where = 'conditionalNormal';
  requireCount(where, 'dim', dim, 1);
  requireOptions(where, options, ['context', ...NETWORK_OPTIONS]);
  requireCount(where, 'context', options.context, 1);
  return new ConditionalNormal(dim, options.context, readNetwork(where, options));
}

class ConditionalNormal implements Base {
  readonly parameters: readonly ParameterSpec[];
  readonly constants = new Float64Array(0);
  readonly #network: Network;

  constructor(
    readonly dim: number,
    readonly context: number,
    readonly options: Required<NetworkOptions>,
  ) {
    this.#network = new Network(denseLayers(context, 2 * dim, options), options);
    this.parameters = this.#network.parameters;
  }

  describe(): BaseDescription {
    const { dim, context, options } = this;
    return { type: 'conditionalNormal', dim, context, ...describeNetwork(options) };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return this.#network.initialize(uniforms, new Float64Array(2 * this.dim));
  }

  validate(): void {
    // Every network is one.
  }

  recordSample(
    recorder: Recorder,
    stream: number,
    parameters: Operands,
    _constants: Operand,
    context?: Operand,
  ): { z: Operand; logProb: Operand } {
    const noise = recorder.emit('normal', {}, { dim: this.dim, stream }).block;
    return place(recorder, noise, standardNormal(recorder, noise), this.#placement(recorder, parameters, context!));
  }

  recordLogProb(recorder: Recorder, z: Operand, parameters: Operands, _constants: Operand, context?: Operand): Operand {
    const placement = this.#placement(recorder, parameters, context!);
    return logProbOfPlaced(recorder, z, placement, (noise) => standardNormal(recorder, noise));
  }

  #placement(recorder: Recorder, parameters: Operands, context: Operand): Operands {
    const given = this.#network.record(recorder, context, parameters);
    return { location: recorder.rows(given, 0, this.dim), logScale: recorder.rows(given, this.dim, this.dim) };
  }
}
