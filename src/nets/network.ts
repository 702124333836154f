import { ActivationFunction } from '../../assembly/opcodes.js';
import { describe, requireBoolean, requireChoice, requireCount } from '../arguments.js';
import { LONGEST_TILE } from '../program/plan.js';
import { NONE, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { type ParameterSpec, parameterCount } from '../transforms/transform.js';

export type Activation = keyof typeof ACTIVATIONS;

/** The network that computes a map's parameters from the features and the context that it may see. */
export interface NetworkOptions {
  /** Widths of the hidden layers; of the residual blocks, all alike, where `residual` is true. Default [64, 64]. */
  readonly hidden?: readonly number[];
  /** `'tanh'`, `'relu'`, `'elu'`, `'silu'`, `'softplus'` or `'gelu'`, x Φ(x) exactly. Default `'relu'`. */
  readonly activation?: Activation;
  /** Blocks v + W₂ act(W₁ act(v)) instead of layers. Default false. */
  readonly residual?: boolean;
}

export const NETWORK_OPTIONS: readonly (keyof NetworkOptions)[] = ['hidden', 'activation', 'residual'];

/** Those that keep their output for the backward pass may overwrite their input; a dense layer can end with ReLU itself. */
const ACTIVATIONS = {
  tanh: { fn: ActivationFunction.Tanh, kernel: 'activation' },
  relu: { fn: ActivationFunction.Relu, kernel: 'activation' },
  elu: { fn: ActivationFunction.Elu, kernel: 'activation' },
  silu: { fn: ActivationFunction.Silu, kernel: 'smoothActivation' },
  softplus: { fn: ActivationFunction.Softplus, kernel: 'smoothActivation' },
  gelu: { fn: ActivationFunction.Gelu, kernel: 'smoothActivation' },
} as const;

/** One dense layer: output i sees inputs 0 … ends[i] − 1. */
export interface Layer {
  readonly inputs: number;
  readonly outputs: number;
  readonly ends: readonly number[];
  /** Whether it is computed as a whole, from lists of the inputs that are not 0. */
  readonly sparse?: boolean;
}

/** The options, complete and checked. @throws {RangeError | TypeError} */
export function readNetwork(where: string, options: NetworkOptions): Required<NetworkOptions> {
  const { hidden = [64, 64], activation = 'relu', residual = false } = options;
  if (!Array.isArray(hidden) || hidden.length === 0)
    throw new RangeError(`${where}: hidden must hold at least one width; got ${describe(hidden)}.`);
  Array.from(hidden).forEach((width, k) => requireCount(where, `hidden[${k}]`, width, 1));
  requireChoice(where, 'activation', activation, Object.keys(ACTIVATIONS) as Activation[]);
  if (requireBoolean(where, 'residual', residual) && hidden.some((width) => width !== hidden[0]))
    throw new RangeError(`${where}: hidden must hold one width for all residual blocks; got ${hidden.join(', ')}.`);
  return { hidden: [...hidden], activation, residual };
}

/** The settings as `describe()` of a transform shows them. */
export function describeNetwork({ hidden, activation, residual }: Required<NetworkOptions>): NetworkOptions {
  return { hidden, activation, residual };
}

/**
 * Dense layers with an activation between them, masked or not:
 *
 *   h₁ = act(W₁ x + b₁), …, y = W h_L + b;   residual: v = W₁ x + b₁, v ← v + W″ act(W′ act(v) + b′) + b″ for every block, y = W v + b
 *
 * Parameters: `net.k.weight` [outputs × inputs], `net.k.bias` [outputs] of layer k. Initially uniform in ±1 / √(inputs seen), the last
 * layer's weights 0, so that the network is constant.
 */
export class Network {
  readonly layers: readonly Layer[];
  readonly parameters: readonly ParameterSpec[];
  readonly #activation: (typeof ACTIVATIONS)[Activation];
  readonly #residual: boolean;

  constructor(layers: readonly Layer[], { activation, residual }: Required<NetworkOptions>) {
    this.layers = layers;
    this.#activation = ACTIVATIONS[activation];
    this.#residual = residual;
    this.parameters = layers.flatMap(({ inputs, outputs }, k) => [
      { name: `net.${k}.weight`, shape: [outputs, inputs], shared: true },
      { name: `net.${k}.bias`, shape: [outputs], shared: true },
    ]);
  }

  /** @param outputs [outputs] what the network gives at first */
  initialize(uniforms: Float64Array, outputs: ArrayLike<number>): Float64Array {
    const values = new Float64Array(parameterCount(this.parameters));
    let at = 0;
    this.layers.forEach((layer, k) => {
      const isLast = k === this.layers.length - 1;
      const bias = at + layer.outputs * layer.inputs;
      for (let i = 0; i < layer.outputs; i++) {
        const bound = isLast ? 0 : 1 / Math.sqrt(Math.max(1, layer.ends[i]));
        const row = at + i * layer.inputs;
        for (let j = 0; j < layer.ends[i]; j++) values[row + j] = bound * (2 * uniforms[row + j] - 1);
        values[bias + i] = isLast ? outputs[i] : bound * (2 * uniforms[bias + i] - 1);
      }
      at = bias + layer.outputs;
    });
    return values;
  }

  /** Record the outputs for a block of inputs; `NONE` where there are none. */
  record(recorder: Recorder, input: Operand, parameters: Operands): Operand {
    return this.#steps(recorder, parameters).all(input);
  }

  /** The same, range by range, as the inputs become known. */
  sequentially(recorder: Recorder, input: Operand, parameters: Operands): Sequence {
    return new Sequence(this.#steps(recorder, parameters), input);
  }

  #steps(recorder: Recorder, parameters: Operands): Steps {
    return new Steps(this.layers, this.#activation, this.#residual, recorder, parameters);
  }
}

/** Records layers and activations, and packs each layer's weights once. */
class Steps {
  constructor(
    readonly layers: readonly Layer[],
    readonly activation: (typeof ACTIVATIONS)[Activation],
    readonly residual: boolean,
    readonly recorder: Recorder,
    readonly parameters: Operands,
  ) {}

  get last(): number {
    return this.layers.length - 1;
  }

  all(input: Operand): Operand {
    let v = input;
    if (this.residual) {
      v = this.dense(0, v);
      for (let k = 1; k < this.last; k += 2) v = this.recorder.combine(v, this.dense(k + 1, this.active(k, this.act(v))), 1);
    } else {
      for (let k = 0; k < this.last; k++) v = this.active(k, v);
    }
    return this.dense(this.last, v);
  }

  /** The activation of outputs first … first + count − 1 of layer k. */
  active(k: number, x: Operand, first?: number, count?: number): Operand {
    const { rectifies } = this;
    const y = this.dense(k, x, first, count, rectifies);
    return rectifies ? y : this.act(y);
  }

  /** Outputs first … first + count − 1 of layer k. */
  dense(k: number, x: Operand, first = 0, count = this.layers[k].outputs, rectified = false): Operand {
    const { inputs, outputs, ends, sparse } = this.layers[k];
    const weight = this.parameters[`net.${k}.weight`];
    const bias = this.parameters[`net.${k}.bias`];
    const sizes = { outputs, inputs, packedSize: packedSize(outputs, inputs), transposedSize: packedSize(inputs, outputs), ends };
    const packed = this.recorder.emit('densePack', { weight }, sizes);
    const operands = { ...packed, bias, x: ends[first + count - 1] === 0 ? NONE : x };
    const own = { ...sizes, first, count, ends: ends.slice(first, first + count) };
    if (!sparse) return this.recorder.emit(rectified ? 'rectifiedDense' : 'dense', operands, own).y;
    const kernel = rectified ? 'rectifiedSparseDense' : 'sparseDense';
    return this.recorder.emit(kernel, operands, { ...own, ...sparseRoom(outputs, inputs) }).y;
  }

  act(x: Operand): Operand {
    return this.recorder.emit(this.activation.kernel, { x }, { dim: x.rows, fn: this.activation.fn }).y;
  }

  /** A dense layer can end with it. */
  get rectifies(): boolean {
    return this.activation === ACTIVATIONS.relu;
  }
}

/** Fewer outputs do not pay for lists. */
const SPARSE_OUTPUTS = 48;

/**
 * Rows of a tile for the lists of `assembly/nets/sparse.ts`: of inputs on the way forward; on the way back first of the tile's rows, with
 * the gradients in panels behind them, then of outputs.
 */
export function sparseRoom(outputs: number, inputs: number): { room: number; roomBack: number } {
  const lists = (length: number): number => Math.ceil(length / 4) + 2;
  return { room: lists(inputs), roomBack: Math.max(lists(LONGEST_TILE) + 4 * Math.ceil(outputs / 4), lists(outputs)) };
}

function packedSize(outputs: number, inputs: number): number {
  return 4 * Math.ceil(outputs / 4) * inputs;
}

/**
 * A masked network whose hidden units stand in order of degree, evaluated as its inputs become known: every unit once. What it computes
 * has the bits of `record`, as an output has one accumulator, whatever the range.
 */
export class Sequence {
  readonly #steps: Steps;
  /** Inputs, then what each layer but the last gives, put together part by part. */
  readonly #blocks: Operand[];
  /** v of residual blocks, at the layers that add to it. */
  readonly #sums: Operand[];
  /** Units of each layer that are known. */
  readonly #known: number[];

  constructor(steps: Steps, input: Operand) {
    this.#steps = steps;
    const hidden = steps.layers.slice(0, -1).map(({ outputs }) => steps.recorder.block(outputs));
    this.#blocks = [input, ...hidden];
    this.#sums = steps.layers.map(({ outputs }) => steps.recorder.block(outputs));
    this.#known = hidden.map(() => 0);
  }

  /** Outputs first … first + count − 1; the inputs that they see must be known by now. */
  outputs(first: number, count: number): Operand {
    const { layers, last } = this.#steps;
    this.#compute(last - 1, layers[last].ends[first + count - 1]);
    return this.#steps.dense(last, this.#blocks[last], first, count);
  }

  /** Make units up to `end` of hidden layer k known. */
  #compute(k: number, end: number): void {
    const first = this.#known[k];
    const count = end - first;
    if (count <= 0) return;
    this.#known[k] = end;
    if (k > 0) this.#compute(k - 1, this.#steps.layers[k].ends[end - 1]);
    if (this.#steps.residual && k > 0 && k % 2 === 0) this.#compute(k - 2, end);
    this.#put(k, first, count);
  }

  /** What the next layer reads of these units. */
  #put(k: number, first: number, count: number): void {
    const { recorder, last, residual } = this.#steps;
    const next = recorder.rows(this.#blocks[k + 1], first, count);
    if (!residual || k % 2 === 1) return recorder.put(next, this.#steps.active(k, this.#blocks[k], first, count));
    const y = this.#steps.dense(k, this.#blocks[k], first, count);
    const v = k === 0 ? y : recorder.combine(recorder.rows(this.#sums[k - 2], first, count), y, 1);
    if (k === last - 1) return recorder.put(next, v);
    recorder.put(recorder.rows(this.#sums[k], first, count), v);
    recorder.put(next, this.#steps.act(v));
  }
}

/** The layers of a network in which every unit sees all of the layer before. */
export function denseLayers(inputs: number, outputs: number, network: Required<NetworkOptions>): Layer[] {
  const widths = [inputs, ...hiddenWidths(network), outputs];
  const layers = between(widths, (_, width) => new Array<number>(width.outputs).fill(width.inputs));
  return layers.map((layer, k) => {
    const isBehindActivation = k > 0 && !(network.residual && k === layers.length - 1);
    return { ...layer, sparse: isBehindActivation && network.activation === 'relu' && layer.outputs >= SPARSE_OUTPUTS };
  });
}

/** Widths of the hidden layers: two for every residual block, and the one before. */
export function hiddenWidths({ hidden, residual }: Required<NetworkOptions>): readonly number[] {
  return residual ? new Array<number>(1 + 2 * hidden.length).fill(hidden[0]) : hidden;
}

export function between(
  widths: readonly number[],
  ends: (k: number, width: { inputs: number; outputs: number }) => readonly number[],
): Layer[] {
  return widths.slice(1).map((outputs, k) => {
    const inputs = widths[k];
    return { inputs, outputs, ends: ends(k, { inputs, outputs }) };
  });
}
