import { describe } from '../arguments.js';
import { type Layer, type NetworkOptions, between, hiddenWidths } from './network.js';

// Masked networks (MADE)
//
// A hidden unit of degree m sees the context and features 0 … m − 1; the outputs of feature i see hidden units of degree up to i. Units
// stand in order of degree, so that what a unit sees is a beginning of the layer before it.
//
// Source: Germain, Gregor, Murray & Larochelle 2015, arXiv:1502.03509, eq. 8–12, degrees counted from 0.

/** Degrees of the units of every hidden layer, ascending. */
export type Degrees = readonly (readonly number[])[];

/**
 * Degrees spread evenly: over 1 … dim − 1, as those of degree 0 see nothing, unless there is a context.
 *
 * A layer with fewer units than degrees leaves some features out of what later ones depend on; it warns.
 */
export function spreadDegrees(where: string, dim: number, context: number, network: Required<NetworkOptions>): Degrees {
  const from = context > 0 || dim === 1 ? 0 : 1;
  const choices = dim - from;
  return hiddenWidths(network).map((width) => {
    if (width >= choices) {
      // As many of each, the lower ones first: what taking turns gives, sorted.
      const degrees = Array.from({ length: width }, (_, unit) => from + (unit % choices));
      return degrees.sort((a, b) => a - b);
    }
    console.warn(
      `${where}: hidden should have at least ${choices} units a layer, one for each feature to see; got ${width}. Degrees are spread evenly.`,
    );
    return Array.from({ length: width }, (_, unit) => from + Math.round((unit * (choices - 1)) / Math.max(1, width - 1)));
  });
}

/** @throws {RangeError} unless they are degrees of that network, ascending, and a residual block adds to units that see no more */
export function requireDegrees(where: string, degrees: Degrees, dim: number, network: Required<NetworkOptions>): Degrees {
  const widths = hiddenWidths(network);
  if (!Array.isArray(degrees) || degrees.length !== widths.length)
    throw new RangeError(`${where}: degrees must hold ${widths.length} lists; got ${describe(degrees)}.`);
  widths.forEach((width, k) => {
    const layer: readonly number[] = degrees[k];
    const isValid = (degree: number, unit: number): boolean =>
      Number.isSafeInteger(degree) && degree >= (layer[unit - 1] ?? 0) && degree < dim;
    if (Array.isArray(layer) && layer.length === width && Array.from(layer).every(isValid)) return;
    throw new RangeError(
      `${where}: degrees[${k}] must hold ${width} ascending integers in [0, ${dim - 1}]; got ${describe(layer)}.`,
    );
  });
  if (network.residual) requireRisingDegrees(where, degrees);
  return degrees.map((layer) => [...layer]);
}

/** Unit i of a block's end carries on unit i of its beginning, and all that this has seen. */
function requireRisingDegrees(where: string, degrees: Degrees): void {
  for (let k = 2; k < degrees.length; k += 2) {
    const unit = degrees[k].findIndex((degree, i) => degree < degrees[k - 2][i]);
    if (unit < 0) continue;
    throw new RangeError(
      `${where}: degrees[${k}] must not fall below degrees[${k - 2}], which its residual block adds to; got ${degrees[k][unit]} below ${degrees[k - 2][unit]} at index ${unit}.`,
    );
  }
}

/** @param multiplier outputs of every feature */
export function maskedLayers(dim: number, context: number, multiplier: number, degrees: Degrees): Layer[] {
  const widths = [context + dim, ...degrees.map(({ length }) => length), dim * multiplier];
  const counts = degrees.map((layer) => countsUpTo(layer, dim));
  const countUpTo = (k: number, degree: number): number => counts[k][degree];
  return between(widths, (k, { outputs }) =>
    Array.from({ length: outputs }, (_, unit) => {
      const degree = k < degrees.length ? degrees[k][unit] : Math.floor(unit / multiplier);
      return k === 0 ? context + degree : countUpTo(k - 1, degree);
    }),
  );
}

/** [dim] How many units of a layer have each degree or a lower one. */
function countsUpTo(layer: readonly number[], dim: number): number[] {
  let count = 0;
  return Array.from({ length: dim }, (_, degree) => {
    while (count < layer.length && layer[count] <= degree) count++;
    return count;
  });
}
