import { requireOptions } from '../arguments.js';
import { type Model, type ModelData, requireModel } from '../model/model.js';
import type { Parameter } from '../model/parameters.js';
import { requireOutsideCallback } from '../runtime/callback.js';
import { PosteriorFit } from './posterior-fit.js';
import { decodePosterior } from './posterior-file.js';

/**
 * The fit that `save` wrote: with the same model and data, it says, draws and predicts the same. The file has neither; that they are the same is seen
 * by the names of the parameters, and by the log density at some of the draws.
 *
 * @param bytes of `PosteriorFit.save`
 * @param model as it was fitted
 * @param options `data`, as they were
 * @throws {FlowFileError | SafetensorsError} for bytes that are no fit's, with what is wrong
 * @throws {RangeError} for a model with other parameters, or where its log density at the file's draws is another one
 * @throws {RangeError | TypeError} as `Model.bind`, for an unknown option, or what is no Uint8Array
 * @example
 * ```ts
 * const coin = model({ p: interval(0, 1) }, ({ p }, { heads, n }) => logDensity.binomial(heads, n, p));
 * const data = { heads: 7, n: 10 };
 * const bytes = (await fitPosterior(coin, { data })).save();
 * const fit = loadPosterior(bytes, coin, { data });
 * console.log(fit.summary().trust);
 * ```
 */
export function loadPosterior<P extends Readonly<Record<string, Parameter>>, D extends ModelData>(
  bytes: Uint8Array,
  model: Model<P, D>,
  options: { readonly data?: D } = {},
): PosteriorFit<P> {
  const where = 'loadPosterior';
  requireOutsideCallback(where);
  requireModel(where, model);
  requireOptions(where, options, ['data']);
  const target = model.bind((options.data ?? {}) as D);
  return new PosteriorFit(target, decodePosterior(where, bytes, target));
}
