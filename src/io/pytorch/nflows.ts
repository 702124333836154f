import { describe, requireChoice, requireCount, requireOptions } from '../../arguments.js';
import { maps } from '../../maps/index.js';
import type { ElementwiseMap } from '../../maps/map.js';
import type { Activation } from '../../nets/network.js';
import { actNorm } from '../../transforms/act-norm.js';
import { autoregressive } from '../../transforms/autoregressive.js';
import { coupling } from '../../transforms/coupling.js';
import { invert } from '../../transforms/invert.js';
import { lu } from '../../transforms/lu.js';
import { inverseOrder, permutation } from '../../transforms/permutation.js';
import { FlowFileError } from '../flow-file.js';
import {
  type Linear,
  type Masking,
  blockNames,
  hiddenOf,
  networkParameters,
  readLayers,
  requireMasks,
  sequentialNames,
  sortedByDegree,
  withOutputs,
} from './network.js';
import type { Layer, Model, StateDict } from './state-dict.js';

// nflows (bayesiains/nflows)
//
// Its transforms map data to base in `forward`, ours base to data: layers are taken in reverse and, where the direction matters, inverted.

interface NflowsNetwork {
  /** Of the network. Default `'relu'`. */
  readonly activation?: Activation;
}

interface NflowsSpline extends NflowsNetwork {
  /** `tail_bound`; `tails` must have been `'linear'`. Default 1. */
  readonly tailBound?: number;
  /** `min_bin_width`, `min_bin_height`, `min_derivative`. Default 1e-3 each. */
  readonly minBinWidth?: number;
  readonly minBinHeight?: number;
  readonly minDerivative?: number;
  /**
   * The attribute `hidden_features` of the network, by whose root nflows divides the logits of widths and heights. Default: that of a `ResidualNet`; none
   * for other networks, whose logits are taken as they are.
   */
  readonly hiddenFeatures?: number;
}

/** One of nflows' transforms, by the name of its class: what the state dict does not say. */
export type NflowsLayer =
  | ({
      readonly type: 'AffineCouplingTransform';
      /** `scale_activation`: `DEFAULT_SCALE_ACTIVATION` or `GENERAL_SCALE_ACTIVATION`. Default `'default'`. */
      readonly scale?: 'default' | 'general';
    } & NflowsNetwork)
  | ({ readonly type: 'AdditiveCouplingTransform' } & NflowsNetwork)
  | ({ readonly type: 'PiecewiseRationalQuadraticCouplingTransform' } & NflowsSpline)
  | ({ readonly type: 'MaskedAffineAutoregressiveTransform' } & NflowsNetwork)
  | ({ readonly type: 'MaskedPiecewiseRationalQuadraticAutoregressiveTransform' } & NflowsSpline)
  | { readonly type: 'LULinear' | 'ActNorm' | 'Permutation' | 'RandomPermutation' | 'ReversePermutation' };

/** A transform, or a `CompositeTransform` of several: a list. */
export type NflowsArchitecture = NflowsLayer | readonly NflowsArchitecture[];

const NETWORK = ['type', 'activation'];
const SPLINE = [...NETWORK, 'tailBound', 'minBinWidth', 'minBinHeight', 'minDerivative', 'hiddenFeatures'];

type Reader = (where: string, state: StateDict, layer: never) => Layer;

const READERS: { readonly [type in NflowsLayer['type']]: { readonly options: readonly string[]; readonly read: Reader } } = {
  AffineCouplingTransform: { options: [...NETWORK, 'scale'], read: readAffineCoupling },
  AdditiveCouplingTransform: { options: NETWORK, read: readAdditiveCoupling },
  PiecewiseRationalQuadraticCouplingTransform: { options: SPLINE, read: readSplineCoupling },
  MaskedAffineAutoregressiveTransform: { options: NETWORK, read: readAffineAutoregressive },
  MaskedPiecewiseRationalQuadraticAutoregressiveTransform: { options: SPLINE, read: readSplineAutoregressive },
  LULinear: { options: ['type'], read: readLu },
  ActNorm: { options: ['type'], read: readActNorm },
  Permutation: { options: ['type'], read: readPermutation },
  RandomPermutation: { options: ['type'], read: readPermutation },
  ReversePermutation: { options: ['type'], read: readReversal },
};

/** A transform's state dict, or that of a `Flow` around it. */
export function readNflows(state: StateDict, architecture: NflowsArchitecture): Model {
  const isFlow = state.names().some((name) => name.startsWith('_transform.'));
  const transform = isFlow ? state.module('_transform') : state;
  const layers = readTransform(`${state.where}: architecture`, transform, architecture, 0).reverse();
  const [{ transform: first }] = layers;
  const base = state.module('_distribution');
  if (base.has('_log_z')) base.read('_log_z', []);
  if (!base.has('mean_')) return { layers };
  const shape = [1, first.dim];
  return { layers, base: { location: base.numbers('mean_', shape), logScale: base.numbers('log_std_', shape), trainable: true } };
}

/** From the data to the base. */
function readTransform(where: string, state: StateDict, architecture: NflowsArchitecture, depth: number): Layer[] {
  if (Array.isArray(architecture)) {
    if (architecture.length === 0 || depth > 32) {
      const got = architecture.length === 0 ? 'none' : 'lists in more than 32 others';
      throw new RangeError(`${where} must hold at least one layer; got ${got}.`);
    }
    const transforms = state.module('_transforms');
    return architecture.flatMap((part: NflowsArchitecture, k) =>
      readTransform(`${where}[${k}]`, transforms.module(String(k)), part, depth + 1),
    );
  }
  const layer = architecture as NflowsLayer;
  if (layer === null || typeof layer !== 'object')
    throw new TypeError(`${where} must be a layer, or a list of layers; got ${describe(layer)}.`);
  const type = requireChoice(where, 'type', layer.type, Object.keys(READERS) as NflowsLayer['type'][]);
  const { options, read } = READERS[type];
  requireOptions(where, layer, options);
  return [read(where, state, layer as never)];
}

// --- coupling ----------------------------------------------------------------------------------------------------------------------

interface CouplingNet {
  readonly mask: readonly boolean[];
  readonly layers: Linear[];
  readonly residual: boolean;
  /** Features that move. */
  readonly moved: number;
}

/** @param outputs of the network, per feature that moves, where they are known */
function readCoupling(state: StateDict, outputs?: number): CouplingNet {
  const passing = state.numbers('identity_features', [undefined]);
  const moving = state.numbers('transform_features', [undefined]);
  const moves = new Set(moving);
  const features = Array.from({ length: passing.length + moving.length }, (_, j) => j);
  const mask = features.map((j) => moves.has(j));
  requireFeatures(state, 'transform_features', moving, features.filter((j) => mask[j])); // prettier-ignore
  requireFeatures(state, 'identity_features', passing, features.filter((j) => !mask[j])); // prettier-ignore
  const net = state.module('transform_net');
  const { names, residual } = netOf(net);
  const total = outputs === undefined ? undefined : outputs * moving.length;
  return { mask, layers: readLayers(net, names, passing.length, total), residual, moved: moving.length };
}

/** The two lists must share out the features, each ascending. */
function requireFeatures(state: StateDict, name: string, got: Float64Array, expected: readonly number[]): void {
  const at = got.findIndex((feature, k) => feature !== expected[k]);
  if (at >= 0 || got.length !== expected.length)
    state.fail(name, 'be ascending features that the other list has not', `${got[Math.max(at, 0)]} at index ${Math.max(at, 0)}`);
}

/** nflows' `ResidualNet` and `MLP`, or a module around a `Sequential`. */
function netOf(net: StateDict): { names: string[]; residual: boolean } {
  if (net.has('initial_layer.weight')) return { names: residualNames(net), residual: true };
  if (net.has('_input_layer.weight')) {
    const names = blockNames(net, '_input_layer', (k) => [`_hidden_layers.${k}`], '_output_layer');
    return { names, residual: false };
  }
  return { names: sequentialNames(net), residual: false };
}

function residualNames(net: StateDict): string[] {
  const block = (k: number): string[] => [`blocks.${k}.linear_layers.0`, `blocks.${k}.linear_layers.1`];
  return withBlocks(net, blockNames(net, 'initial_layer', block, 'final_layer'));
}

/** A MADE without blocks has an activation unless it was to have residual ones, which its state dict does not tell. */
function withBlocks(net: StateDict, names: string[]): string[] {
  if (names.length > 2) return names;
  throw new FlowFileError(`${net.where}: network '${net.prefix}' must have at least one block; got none.`);
}

function couplingLayer({ mask, layers, residual }: CouplingNet, map: ElementwiseMap, { activation }: NflowsNetwork): Layer {
  const hidden = hiddenOf(layers, residual);
  const transform = invert(coupling(mask.length, { map, mask, hidden, residual, activation }));
  return { transform, parameters: networkParameters(layers) };
}

function readAffineCoupling(where: string, state: StateDict, layer: NflowsLayer & { type: 'AffineCouplingTransform' }): Layer {
  const scale = requireChoice(where, 'scale', layer.scale ?? 'default', ['default', 'general']);
  const net = readCoupling(state, 2);
  // All shifts, then all raw scales; ours take turns.
  const rows = Array.from({ length: net.moved }, (_, j) => [j, net.moved + j]).flat();
  const map = maps.affine({ scale: scale === 'default' ? 'sigmoid-floor' : 'softplus-capped' });
  return couplingLayer({ ...net, layers: withOutputs(net.layers, rows) }, map, layer);
}

function readAdditiveCoupling(_where: string, state: StateDict, layer: NflowsNetwork): Layer {
  return couplingLayer(readCoupling(state, 1), maps.additive(), layer);
}

function readSplineCoupling(_where: string, state: StateDict, layer: NflowsSpline): Layer {
  const net = readCoupling(state);
  const hiddenFeatures = layer.hiddenFeatures ?? (net.residual ? net.layers[0].outputs : undefined);
  return couplingLayer(net, splineOf(state, net.layers, net.moved, { ...layer, hiddenFeatures }), layer);
}

/** The network's outputs tell the number of bins B: 3 B − 1 a feature. */
function splineOf(state: StateDict, layers: readonly Linear[], features: number, layer: NflowsSpline): ElementwiseMap {
  const { tailBound = 1, minBinWidth, minBinHeight, minDerivative, hiddenFeatures } = layer;
  const { outputs } = layers[layers.length - 1];
  const bins = (outputs / features + 1) / 3;
  if (!Number.isInteger(bins)) {
    const rule = `have 3 bins − 1 outputs for each of ${features} features, as those of linear tails have`;
    throw state.fail('network', rule, `${outputs}`);
  }
  if (hiddenFeatures !== undefined) requireCount(state.where, 'hiddenFeatures', hiddenFeatures, 1);
  const logitScale = hiddenFeatures === undefined ? 1 : 1 / Math.sqrt(hiddenFeatures);
  const least = { minWidth: minBinWidth, minHeight: minBinHeight, minDerivative };
  return maps.spline({ bins, bound: tailBound, logitScale, ...least });
}

// --- autoregressive ----------------------------------------------------------------------------------------------------------------

interface Made {
  readonly dim: number;
  readonly names: readonly string[];
  readonly layers: Linear[];
  readonly residual: boolean;
}

function readMade(state: StateDict): Made {
  const residual = state.has('blocks.0.linear_layers.0.weight');
  const plain = (): string[] => blockNames(state, 'initial_layer', (k) => [`blocks.${k}.linear`], 'final_layer');
  const names = residual ? residualNames(state) : withBlocks(state, plain());
  const layers = readLayers(state, names);
  return { dim: layers[0].inputs, names, layers, residual };
}

/** @param parameters of a feature: which of the library's each of ours is */
function madeLayer(
  state: StateDict,
  { dim, names, layers, residual }: Made,
  map: ElementwiseMap,
  parameters: readonly number[],
  { activation }: NflowsNetwork,
): Layer {
  const last = layers.length - 1;
  if (layers[last].outputs !== dim * parameters.length)
    state.fail(`${names[last]}.weight`, `have ${dim * parameters.length} rows`, `${layers[last].outputs}`);
  const ranks = Array.from({ length: dim }, (_, j) => j);
  const degrees = layers.slice(0, -1).map((layer, k) => readDegrees(state, `${names[k]}.degrees`, layer.outputs, dim));
  const outputs = ranks.flatMap((rank) => parameters.map(() => rank + 1));
  requireDegrees(state, `${names[last]}.degrees`, [...state.numbers(`${names[last]}.degrees`, [outputs.length])], outputs);
  if (residual) for (let k = 2; k < last; k += 2) requireDegrees(state, `${names[k]}.degrees`, degrees[k], degrees[0]);
  const masking: Masking = { ranks, degrees, parameters };
  requireMasks(state, names, layers, masking);
  const sorted = sortedByDegree(layers, masking);
  const ascendingDegrees = degrees.map((layer) => [...layer].sort((a, b) => a - b));
  const options = { map, hidden: hiddenOf(layers, residual), residual, activation, degrees: ascendingDegrees };
  return { transform: invert(autoregressive(dim, options)), parameters: networkParameters(sorted) };
}

/** A unit of degree m sees the first m features, as ours do. */
function readDegrees(state: StateDict, name: string, length: number, dim: number): number[] {
  const degrees = [...state.numbers(name, [length])];
  const wrong = degrees.find((degree) => !(Number.isInteger(degree) && degree >= 0 && degree < dim));
  if (wrong !== undefined) state.fail(name, `hold integers in [0, ${dim - 1}]`, `${wrong}`);
  return degrees;
}

function requireDegrees(state: StateDict, name: string, got: readonly number[], expected: readonly number[]): void {
  const at = got.findIndex((degree, k) => degree !== expected[k]);
  if (at >= 0) state.fail(name, `hold ${expected[at]} at index ${at}`, `${got[at]}`);
}

function readAffineAutoregressive(_where: string, state: StateDict, layer: NflowsNetwork): Layer {
  const net = state.module('autoregressive_net');
  // The raw scale, then the shift.
  return madeLayer(net, readMade(net), maps.affine({ scale: 'softplus' }), [1, 0], layer);
}

function readSplineAutoregressive(_where: string, state: StateDict, layer: NflowsSpline): Layer {
  const net = state.module('autoregressive_net');
  const made = readMade(net);
  const map = splineOf(net, made.layers, made.dim, layer);
  const parameters = Array.from({ length: map.parameterCount }, (_, k) => k);
  return madeLayer(net, made, map, parameters, layer);
}

// --- without networks --------------------------------------------------------------------------------------------------------------

function readLu(_where: string, state: StateDict): Layer {
  const shift = state.numbers('bias', [undefined]);
  const dim = shift.length;
  const entries = [(dim * (dim - 1)) / 2];
  const lower = state.numbers('lower_entries', entries);
  const upper = state.numbers('upper_entries', entries);
  return {
    transform: lu(dim),
    parameters: { lower, upper, rawDiagonal: state.numbers('unconstrained_upper_diag', [dim]), shift },
  };
}

/** Whether data have initialised it is part of the state dict in some versions only. */
function readActNorm(_where: string, state: StateDict): Layer {
  const logScale = state.numbers('log_scale', [undefined]);
  const dim = logScale.length;
  const shift = state.numbers('shift', [dim]);
  if (state.has('initialized') && state.numbers('initialized', [])[0] === 0)
    state.fail('initialized', 'be 1, once data have passed', '0');
  return { transform: actNorm(dim), parameters: { logScale, shift, initialized: Float64Array.of(1) } };
}

/** base_j = data_order(j). */
function readPermutation(_where: string, state: StateDict): Layer {
  return { transform: permutation(inverseOrder(state.order('_permutation'))), parameters: {} };
}

function readReversal(_where: string, state: StateDict): Layer {
  const order = state.order('_permutation');
  const at = order.findIndex((feature, j) => feature !== order.length - 1 - j);
  if (at >= 0) state.fail('_permutation', 'be the reversal', `${order[at]} at index ${at}`);
  return { transform: permutation(order), parameters: {} };
}
