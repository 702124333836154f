import { requireCount, requireOptions } from '../arguments.js';
import { NETWORK_OPTIONS, Network, type NetworkOptions, denseLayers, describeNetwork, readNetwork } from '../nets/network.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import { requireTransforms } from './chain.js';
import { type ParameterSpec, type Transform, type TransformDescription, parameterCount, parameterOperands } from './transform.js';

export interface ConditionalOptions extends NetworkOptions {
  /** Numbers of a row of the context. */
  readonly context: number;
}

/**
 * A transform whose parameters a network computes from the context, so that every row has its own: f(z; θ(context)). It makes a conditional
 * (amortised) layer of any transform. Starts as the transform does, whatever the context.
 *
 * Parameters: those of the network, `net.k.weight` [outputs × inputs] and `net.k.bias` [outputs]. What the network gives is not checked
 * as parameters of a flow are: a transform's limits must hold by themselves.
 *
 * Source: van den Berg et al. 2018, arXiv:1803.05649, §4 (amortised parameters).
 *
 * @param transform any transform without a context or a network of its own
 * @throws {RangeError} when `context` or a width is no positive integer, or the transform has no parameters, a context, or a
 *   network: give couplings and autoregressive layers their context themselves
 * @throws {TypeError} when it is no transform; for an unknown option
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [conditional(planar(2), { context: 1, hidden: [16] })], seed: 1 });
 * const x = flow.sample(3, { context: [[0], [0.5], [1]] });
 * ```
 */
export function conditional(transform: Transform, options: ConditionalOptions): Transform {
  const where = 'conditional';
  const [inner] = requireTransforms(where, [transform]);
  requireOptions(where, options, ['context', ...NETWORK_OPTIONS]);
  requireCount(where, 'context', options.context, 1);
  if (inner.context)
    throw new RangeError(`conditional: transform must have no context of its own; got one of ${inner.context} numbers.`);
  if (inner.parameters.length === 0)
    throw new RangeError('conditional: transform must have parameters, for the network to give; got one without.');
  if (inner.parameters.some(({ shared }) => shared === true))
    throw new RangeError('conditional: transform must be one without a network, whose weights all rows share; got one with.');
  const fixed = inner.parameters.find(({ trainable }) => trainable === false);
  if (fixed !== undefined)
    throw new RangeError(`conditional: transform must have trained parameters only; got ${fixed.name}, which is not.`);
  return new Conditional(inner, options.context, readNetwork(where, options));
}

class Conditional implements Transform {
  readonly dim: number;
  readonly dataDim: number | undefined;
  readonly parameters: readonly ParameterSpec[];
  readonly #network: Network;
  readonly #count: number;

  constructor(
    readonly transform: Transform,
    readonly context: number,
    readonly options: Required<NetworkOptions>,
  ) {
    this.dim = transform.dim;
    this.dataDim = transform.dataDim;
    this.#count = parameterCount(transform.parameters);
    this.#network = new Network(denseLayers(context, this.#count, options), options);
    this.parameters = this.#network.parameters;
  }

  describe(): TransformDescription {
    const { transform, context, options } = this;
    return { type: 'conditional', transform: transform.describe(), context, ...describeNetwork(options) };
  }

  initialize(uniforms: Float64Array): Float64Array {
    const initial = this.transform.initialize(uniforms.slice(uniforms.length - this.#count));
    return this.#network.initialize(uniforms, initial);
  }

  validate(): void {
    // Every network is one.
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transform.recordForward(recorder, z, this.#given(recorder, parameters, context!), logDet);
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet, context?: Operand): Operand {
    return this.transform.recordInverse(recorder, x, this.#given(recorder, parameters, context!), logDet);
  }

  /** The transform's parameters, every row its own. */
  #given(recorder: Recorder, parameters: Operands, context: Operand): Operands {
    const given = this.#network.record(recorder, context, parameters);
    const places = parameterOperands(this.transform.parameters, { ...given, offset: 0 });
    return Object.fromEntries(
      Object.entries(places).map(([name, { offset, rows }]) => [name, recorder.rows(given, offset, rows)]),
    );
  }
}
