import { describe, requireChoice, requireOptions } from '../../arguments.js';
import { maps } from '../../maps/index.js';
import type { Activation } from '../../nets/network.js';
import { naturalLog } from '../../runtime/math.js';
import { autoregressive } from '../../transforms/autoregressive.js';
import { invert } from '../../transforms/invert.js';
import { inverseOrder } from '../../transforms/permutation.js';
import { FlowFileError } from '../flow-file.js';
import { type Masking, hiddenOf, networkParameters, readLayers, requireMasks, sortedByDegree } from './network.js';
import type { Layer, Model, Placement, StateDict } from './state-dict.js';

// zuko (probabilists/zuko)
//
// Its transforms map data to base, ours base to data: they are taken in reverse, and inverted. `order` holds the features' ranks, ours the features by rank.

/** One of zuko's flows, by the name of its class: what the state dict does not say. */
export interface ZukoArchitecture {
  readonly type: 'MAF';
  /** Of the networks. Default `'relu'`. */
  readonly activation?: Activation;
}

/** Of a feature: shift, raw scale, as ours. */
const PARAMETERS = [0, 1];

/** The state dict of a `MAF`. */
export function readZuko(state: StateDict, architecture: ZukoArchitecture): Model {
  const where = `${state.where}: architecture`;
  if (architecture === null || typeof architecture !== 'object')
    throw new TypeError(`${where} must be an object; got ${describe(architecture)}.`);
  requireChoice(where, 'type', architecture.type, ['MAF']);
  requireOptions(where, architecture, ['type', 'activation']);
  const layers: Layer[] = [];
  for (;;) {
    const transform = state.module(`transform.transforms.${layers.length}`);
    if (layers.length > 0 && !transform.has('order')) break;
    layers.push(readMasked(transform, architecture));
  }
  return { layers: layers.reverse(), base: readBase(state, layers[0].transform.dim) };
}

function readMasked(state: StateDict, { activation }: ZukoArchitecture): Layer {
  const ranks = state.order('order');
  const dim = ranks.length;
  const net = state.module('hyper');
  const names: string[] = [];
  for (let k = 0; net.has(`${k}.weight`); k += 2) names.push(String(k));
  const layers = readLayers(net, names, dim, dim * PARAMETERS.length);
  // Units take turns over 1 … dim − 1 features.
  const degrees = layers
    .slice(0, -1)
    .map(({ outputs }) => Array.from({ length: outputs }, (_, unit) => 1 + (unit % Math.max(1, dim - 1))));
  if (dim === 1) throw new FlowFileError(`${state.where}: a MAF must have at least two features; got one.`);
  const masking: Masking = { ranks, degrees, parameters: PARAMETERS };
  requireMasks(net, names, layers, masking);
  const transform = autoregressive(dim, {
    map: maps.affine(),
    order: inverseOrder(ranks),
    hidden: hiddenOf(layers),
    activation,
    degrees: degrees.map((layer) => [...layer].sort((a, b) => a - b)),
  });
  return { transform: invert(transform), parameters: networkParameters(sortedByDegree(layers, masking)) };
}

/** A `DiagNormal` of buffers, which are not trained. Older versions number them. */
function readBase(state: StateDict, dim: number): Placement | undefined {
  const base = state.module('base');
  const names = ['loc', 'scale'].map((name, k) => (base.has(name) ? name : `_${k}`));
  const [location, scale] = names.map((name) => base.numbers(name, [dim]));
  const wrong = scale.find((value) => !(value > 0 && value < Infinity));
  if (wrong !== undefined) base.fail(names[1], 'hold positive numbers', `${wrong}`);
  return { location, logScale: scale.map(naturalLog), trainable: false };
}
