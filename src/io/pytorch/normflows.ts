import { describe, requireBoolean, requireChoice, requireCount, requireOptions } from '../../arguments.js';
import { maps } from '../../maps/index.js';
import type { ElementwiseMap } from '../../maps/map.js';
import type { Scale } from '../../maps/affine.js';
import type { Activation } from '../../nets/network.js';
import { affine } from '../../transforms/affine.js';
import { coupling } from '../../transforms/coupling.js';
import { inverseOrder, permutation } from '../../transforms/permutation.js';
import { planar } from '../../transforms/planar.js';
import { plu } from '../../transforms/plu.js';
import { radial } from '../../transforms/radial.js';
import { hiddenOf, networkParameters, readLayers, sequentialNames } from './network.js';
import type { Layer, Model, StateDict } from './state-dict.js';

// normflows (VincentStimper/normalizing-flows)
//
// Its flows map base to data in `forward`, as ours do.

/** One of normflows' flows, by the name of its class: what the state dict does not say. */
export type NormflowsLayer =
  | {
      readonly type: 'AffineCouplingBlock';
      /** Of the network; an `MLP` without `leaky` has `'relu'`. Default `'relu'`. */
      readonly activation?: Activation;
      /** Whether it scales besides shifting. Default true. */
      readonly scale?: boolean;
      /** `scale_map`. Default `'exp'`. */
      readonly scaleMap?: keyof typeof SCALES;
      /** `split_mode`. Default `'channel'`. */
      readonly splitMode?: 'channel' | 'channel_inv';
    }
  | { readonly type: 'Planar' | 'Radial' | 'AffineConstFlow' | 'ActNorm' | 'InvertibleAffine' }
  | {
      readonly type: 'Permute';
      /** `'swap'`, as whose state dict is empty; `'shuffle'`, whose permutation is in it. Default `'shuffle'`. */
      readonly mode?: 'shuffle' | 'swap';
      /** `num_channels`, for `'swap'`. */
      readonly channels?: number;
    };

const SCALES = { exp: 'exp', sigmoid: 'sigmoid-reciprocal', sigmoid_inv: 'sigmoid' } as const satisfies Record<string, Scale>;

type Reader = (where: string, state: StateDict, layer: never) => Layer;

const READERS: { readonly [type in NormflowsLayer['type']]: { readonly options: readonly string[]; readonly read: Reader } } = {
  AffineCouplingBlock: { options: ['type', 'activation', 'scale', 'scaleMap', 'splitMode'], read: readCouplingBlock },
  Planar: { options: ['type'], read: readPlanar },
  Radial: { options: ['type'], read: readRadial },
  AffineConstFlow: { options: ['type'], read: readAffine },
  ActNorm: { options: ['type'], read: readActNorm },
  InvertibleAffine: { options: ['type'], read: readInvertibleAffine },
  Permute: { options: ['type', 'mode', 'channels'], read: readPermute },
};

/** The state dict of a `NormalizingFlow`. */
export function readNormflows(state: StateDict, architecture: readonly NormflowsLayer[]): Model {
  const where = `${state.where}: architecture`;
  if (!Array.isArray(architecture) || architecture.length === 0)
    throw new RangeError(`${where} must be a list of at least one flow; got ${describe(architecture)}.`);
  const flows = state.module('flows');
  const layers = architecture.map((layer: NormflowsLayer, k) => {
    const place = `${where}[${k}]`;
    if (layer === null || typeof layer !== 'object') throw new TypeError(`${place} must be a flow; got ${describe(layer)}.`);
    const type = requireChoice(place, 'type', layer.type, Object.keys(READERS) as NormflowsLayer['type'][]);
    requireOptions(place, layer, READERS[type].options);
    return READERS[type].read(place, flows.module(String(k)), layer as never);
  });
  const base = state.module('q0');
  if (!base.has('loc')) return { layers };
  const shape = [1, layers[0].transform.dim];
  return { layers, base: { location: base.numbers('loc', shape), logScale: base.numbers('log_scale', shape), trainable: true } };
}

function readCouplingBlock(where: string, state: StateDict, layer: NormflowsLayer & { type: 'AffineCouplingBlock' }): Layer {
  const { activation, splitMode = 'channel', scaleMap = 'exp' } = layer;
  requireChoice(where, 'splitMode', splitMode, ['channel', 'channel_inv']);
  requireChoice(where, 'scaleMap', scaleMap, Object.keys(SCALES) as (keyof typeof SCALES)[]);
  const map: ElementwiseMap = requireBoolean(where, 'scale', layer.scale ?? true)
    ? maps.affine({ scale: SCALES[scaleMap] })
    : maps.additive();
  const net = state.module('flows.1.param_map');
  // Shift and raw scale take turns, as ours do.
  const layers = readLayers(net, sequentialNames(net));
  const passing = layers[0].inputs;
  const moving = layers[layers.length - 1].outputs / map.parameterCount;
  const isFirst = splitMode === 'channel_inv';
  const [first, second] = isFirst ? [moving, passing] : [passing, moving];
  if (first !== second && first !== second + 1) {
    const halves = `halves of the features, the first as long as the second or longer by one`;
    net.fail('network', `see and move ${halves}`, `${passing} and ${moving}`);
  }
  const mask = isFirst ? 'first-half' : 'second-half';
  const transform = coupling(first + second, { map, mask, hidden: hiddenOf(layers), activation });
  return { transform, parameters: networkParameters(layers) };
}

function readPlanar(_where: string, state: StateDict): Layer {
  const { shape, data: u } = state.read('u', [1, undefined]);
  return { transform: planar(shape[1]), parameters: { u, w: state.numbers('w', shape), b: state.numbers('b', [1]) } };
}

function readRadial(_where: string, state: StateDict): Layer {
  const { shape, data: z0 } = state.read('z_0', [1, undefined]);
  const [alpha, beta] = [state.numbers('alpha', [1]), state.numbers('beta', [1])];
  return { transform: radial(shape[1]), parameters: { z0, alpha, beta } };
}

/** data = shift + e^logScale base. */
function readAffine(_where: string, state: StateDict): Layer {
  const { shape, data: logScale } = state.read('s', [1, undefined]);
  return { transform: affine(shape[1]), parameters: { shift: state.numbers('t', shape), logScale } };
}

function readActNorm(where: string, state: StateDict): Layer {
  const [done] = state.numbers('data_dep_init_done', []);
  if (done === 0) state.fail('data_dep_init_done', 'be 1, once data have passed', '0');
  return readAffine(where, state);
}

/** base = data P L U, of which the file holds squares with an unused triangle. */
function readInvertibleAffine(_where: string, state: StateDict): Layer {
  const { shape, data: logDiagonal } = state.read('log_S', [undefined]);
  const [dim] = shape;
  const square = [dim, dim];
  const [P, L, U] = ['P', 'L', 'U'].map((name) => state.numbers(name, square));
  const eye = state.numbers('eye', square);
  if (eye.some((value, k) => value !== Number(k % (dim + 1) === 0))) state.fail('eye', 'be the identity', 'another matrix');
  const triangle = (matrix: Float64Array, isEntry: (i: number, j: number) => boolean): Float64Array =>
    matrix.filter((_, k) => isEntry(Math.floor(k / dim), k % dim));
  const signs = [...state.numbers('sign_S', [dim])];
  if (signs.some((sign) => sign !== 1 && sign !== -1)) state.fail('sign_S', 'hold 1 and −1 alone', 'other numbers');
  const order = inverseOrder(permutationOf(state, 'P', P, dim));
  const parameters = { lower: triangle(L, (i, j) => j < i), upper: triangle(U, (i, j) => j > i), logDiagonal };
  return { transform: plu(dim, { order, signs }), parameters };
}

/** Of each row, the column of its 1. */
function permutationOf(state: StateDict, name: string, matrix: Float64Array, dim: number): number[] {
  const columns = Array.from({ length: dim }, (_, i) => matrix.subarray(i * dim, (i + 1) * dim).indexOf(1));
  const ones = matrix.reduce((sum, value) => sum + Math.abs(value), 0);
  if (columns.includes(-1) || new Set(columns).size !== dim || ones !== dim)
    state.fail(name, 'be a permutation matrix', 'another matrix');
  return columns;
}

/** data_j = base_order(j). */
function readPermute(where: string, state: StateDict, layer: NormflowsLayer & { type: 'Permute' }): Layer {
  const mode = requireChoice(where, 'mode', layer.mode ?? 'shuffle', ['shuffle', 'swap']);
  if (mode === 'shuffle') {
    const order = state.order('perm');
    const inverse = state.order('inv_perm', [order.length]);
    if (inverseOrder(order).some((index, j) => index !== inverse[j])) state.fail('inv_perm', 'be the inverse of perm', 'another');
    return { transform: permutation(order), parameters: {} };
  }
  const { channels } = layer;
  requireCount(where, 'channels', channels as number, 1);
  const half = Math.floor((channels as number) / 2);
  const order = Array.from({ length: channels as number }, (_, j) => (j + half) % (channels as number));
  return { transform: permutation(order), parameters: {} };
}
