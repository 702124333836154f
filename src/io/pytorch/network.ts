// Linear layers, masked or not, in the order of ours
//
// torch's `Linear` holds a weight [outputs × inputs] and a bias [outputs], as ours do. Two things differ. Outputs: ours are the map's
// parameters feature by feature, the libraries' partly in blocks or otherwise ordered; rows of the last layer are put in order. Masked hidden
// units: ours stand in order of degree, the libraries' take turns; rows are sorted, and with them the columns of the layer that follows.
// A masked layer's mask stands in the file, and is held against its degrees.

import { FlowFileError } from '../flow-file.js';
import type { StateDict } from './state-dict.js';

export interface Linear {
  readonly inputs: number;
  readonly outputs: number;
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/**
 * Layers that follow one another.
 *
 * @param inputs of the first, and `outputs` of the last, where they are known
 * @throws {FlowFileError} when one is missing, or does not fit the one before, or there are fewer than two
 */
export function readLayers(state: StateDict, names: readonly string[], inputs?: number, outputs?: number): Linear[] {
  if (names.length < 2) {
    const got = names.length === 0 ? 'none' : `'${names[0]}' alone`;
    throw new FlowFileError(`${state.where}: network '${state.prefix}' must have at least two linear layers; got ${got}.`);
  }
  const layers: Linear[] = [];
  let sees = inputs;
  names.forEach((name, k) => {
    const { shape, data } = state.read(`${name}.weight`, [k === names.length - 1 ? outputs : undefined, sees]);
    layers.push({ outputs: shape[0], inputs: shape[1], weight: data, bias: state.numbers(`${name}.bias`, [shape[0]]) });
    [sees] = shape;
  });
  return layers;
}

/** The names of the layers of a `Sequential`, by their numbers: `net.0`, `net.2`, … */
export function sequentialNames(state: StateDict): string[] {
  const layers = state.names().flatMap((name) => {
    const match = /^((?:.*\.)?(\d{1,9}))\.weight$/.exec(name);
    return match === null ? [] : [{ name: match[1], place: Number(match[2]) }];
  });
  return layers.sort((a, b) => a.place - b.place).map(({ name }) => name);
}

/** Names of the layers of a chain of blocks, as many as there are. */
export function blockNames(state: StateDict, first: string, block: (k: number) => readonly string[], last: string): string[] {
  const names = [first];
  for (let k = 0; state.has(`${block(k)[0]}.weight`); k++) names.push(...block(k));
  return [...names, last];
}

/** Row i is the former row `rows[i]`, column j the former column `columns[j]`; as they are where left out. */
export function inOrder(layer: Linear, rows?: readonly number[], columns?: readonly number[]): Linear {
  const { inputs, outputs } = layer;
  const weight = new Float64Array(layer.weight.length);
  const bias = layer.bias.map((_, i) => layer.bias[rows?.[i] ?? i]);
  for (let i = 0; i < outputs; i++) {
    const from = (rows?.[i] ?? i) * inputs;
    for (let j = 0; j < inputs; j++) weight[i * inputs + j] = layer.weight[from + (columns?.[j] ?? j)];
  }
  return { inputs, outputs, weight, bias };
}

/** The last layer's rows in another order. */
export function withOutputs(layers: readonly Linear[], rows: readonly number[]): Linear[] {
  return layers.map((layer, k) => (k === layers.length - 1 ? inOrder(layer, rows) : layer));
}

/** As our networks name them. */
export function networkParameters(layers: readonly Linear[]): Record<string, Float64Array> {
  const entries = layers.flatMap(({ weight, bias }, k): [string, Float64Array][] => [
    [`net.${k}.weight`, weight],
    [`net.${k}.bias`, bias],
  ]);
  return Object.fromEntries(entries);
}

/** Widths of the hidden layers, as the option `hidden` takes them: of the blocks, where they are residual. */
export function hiddenOf(layers: readonly Linear[], residual = false): number[] {
  const widths = layers.slice(0, -1).map(({ outputs }) => outputs);
  return residual ? new Array<number>((widths.length - 1) / 2).fill(widths[0]) : widths;
}

/** What a masked network's masks follow from. */
export interface Masking {
  /** Of each feature, how many come before it. */
  readonly ranks: readonly number[];
  /** Of every hidden unit, how many features it sees. */
  readonly degrees: readonly (readonly number[])[];
  /** Of a feature's parameters of ours, which of its own each is. */
  readonly parameters: readonly number[];
}

/** @throws {FlowFileError} when a mask is another than the degrees make: unit i sees unit j where degree j ≤ degree i */
export function requireMasks(
  state: StateDict,
  names: readonly string[],
  layers: readonly Linear[],
  { ranks, degrees, parameters }: Masking,
): void {
  const columns = [ranks.map((rank) => rank + 1), ...degrees];
  const rows = [...degrees, ranks.flatMap((rank) => parameters.map(() => rank))];
  layers.forEach(({ inputs, outputs }, k) => {
    const mask = state.numbers(`${names[k]}.mask`, [outputs, inputs]);
    const at = mask.findIndex((value, entry) => {
      const sees = columns[k][entry % inputs] <= rows[k][Math.floor(entry / inputs)];
      return value !== Number(sees);
    });
    if (at >= 0) {
      const place = `${mask[at]} in row ${Math.floor(at / inputs)}, column ${at % inputs}`;
      state.fail(`${names[k]}.mask`, `be the one of its degrees`, place);
    }
  });
}

/** The layers with units in order of degree, features in order of rank. */
export function sortedByDegree(layers: readonly Linear[], { ranks, degrees, parameters }: Masking): Linear[] {
  const features = ascending(ranks);
  const outputs = features.flatMap((feature) => parameters.map((k) => feature * parameters.length + k));
  const orders = [features, ...degrees.map(ascending), outputs];
  return layers.map((layer, k) => inOrder(layer, orders[k + 1], orders[k]));
}

/** Indices in ascending order of their values; of equal ones, as they stand. */
export function ascending(values: readonly number[]): number[] {
  return values.map((_, k) => k).sort((a, b) => values[a] - values[b] || a - b);
}
