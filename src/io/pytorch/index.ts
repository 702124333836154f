import { describe, requireChoice, requireOptions } from '../../arguments.js';
import { type Base } from '../../bases/base.js';
import { normal } from '../../bases/normal.js';
import { type Flow, flowFrom } from '../../flow.js';
import { requireOutsideCallback } from '../../runtime/callback.js';
import { decodeTensors } from '../flow-file.js';
import { type NflowsArchitecture, readNflows } from './nflows.js';
import { type NormflowsLayer, readNormflows } from './normflows.js';
import { type Model, StateDict } from './state-dict.js';
import { type ZukoArchitecture, readZuko } from './zuko.js';

export type { NflowsArchitecture, NflowsLayer } from './nflows.js';
export type { NormflowsLayer } from './normflows.js';
export type { ZukoArchitecture } from './zuko.js';

/** The library that a state dict comes from, and what the state dict does not say. */
export type PyTorchOptions =
  | { readonly library: 'nflows'; readonly architecture: NflowsArchitecture }
  | { readonly library: 'normflows'; readonly architecture: readonly NormflowsLayer[] }
  | { readonly library: 'zuko'; readonly architecture: ZukoArchitecture };

const READERS: { readonly [L in PyTorchOptions['library']]: (state: StateDict, architecture: never) => Model } = {
  nflows: readNflows,
  normflows: readNormflows,
  zuko: readZuko,
};

/**
 * A flow trained in Python with nflows, normflows or zuko, from the state dict as `safetensors.torch.save_file` writes it. Its densities are those of the
 * library in float64, and it can be trained further. `docs/pytorch.md` has both sides of each library.
 *
 * The architecture says what a state dict does not: layers by the names of their classes, activations, scales. Dimensions, widths, bins
 * and masks are in the tensors; masks are checked, and no tensor may be left over. Reading a float32 model loses nothing.
 *
 * @param stateDict a safetensors file: F64 or F32 weights, BOOL, integer or float masks and permutations
 * @throws {SafetensorsError} when the bytes are no safetensors file, or hold float16
 * @throws {FlowFileError} when a tensor is missing, surplus, of another shape, or a mask not that of the architecture
 * @throws {RangeError} for an unknown library or layer, or a setting out of range
 * @throws {TypeError} for an unknown option, or what is no Uint8Array
 * @example
 * ```ts
 * // A file of two tensors, which is read from disk or fetched otherwise.
 * const base64 =
 *   'gAAAAAAAAAB7ImZsb3dzLjAucyI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMSwyXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sImZsb3dzLjAudCI6eyJkdHlwZSI6IkYzMiIs' +
 *   'InNoYXBlIjpbMSwyXSwiZGF0YV9vZmZzZXRzIjpbOCwxNl19fQAAAD8AAAC/AACAPwAAAEA=';
 * const stateDict = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
 * const flow = fromPyTorch(stateDict, { library: 'normflows', architecture: [{ type: 'AffineConstFlow' }] });
 * flow.getParameters(); // shift 1, 2; logScale 0.5, −0.5
 * ```
 */
export function fromPyTorch(stateDict: Uint8Array, options: PyTorchOptions): Flow {
  const where = 'fromPyTorch';
  requireOutsideCallback(where);
  if (!(stateDict instanceof Uint8Array))
    throw new TypeError(`${where}: stateDict must be a Uint8Array; got ${describe(stateDict)}.`);
  requireOptions(where, options, ['library', 'architecture']);
  const library = requireChoice(where, 'library', options.library, Object.keys(READERS) as PyTorchOptions['library'][]);
  const state = new StateDict(where, decodeTensors(where, stateDict).tensors);
  const model = READERS[library](state, options.architecture as never);
  state.requireRead();
  return flowOf(where, model);
}

function flowOf(where: string, { layers, base }: Model): Flow {
  const { dim } = layers[0].transform;
  const named = layers.flatMap(({ parameters }, k) =>
    Object.entries(parameters).map(([name, values]): [string, Float64Array] => [`transforms.${k}.${name}`, values]),
  );
  const distribution: Base = base === undefined ? normal(dim) : normal(dim, base);
  if (base?.trainable) named.push(['base.location', base.location], ['base.logScale', base.logScale]);
  const transforms = layers.map(({ transform }) => transform);
  return flowFrom(where, { base: distribution, transforms }, Object.fromEntries(named));
}
