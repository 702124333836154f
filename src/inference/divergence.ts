import { type Flow, requireParameters, showParameters } from '../flow.js';
import type { FitSettings } from './fit-options.js';
import type { TrainingLoop } from './training.js';

/**
 * A fit has left what can be computed: too many steps in a row had a loss or a gradient that was not finite, or a step took a parameter
 * out of its domain. The flow has the last good parameters, those that the last finite step was taken from; after a fit to data
 * with validation rows, the best ones so far.
 */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  constructor(
    message: string,
    /** Steps done, skipped ones included. */
    readonly step: number,
    readonly skippedSteps: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Shows the flow the parameters so far. @throws {DivergenceError} with the last good ones in place, when these are not */
export function publish(flow: Flow, loop: TrainingLoop, settings: FitSettings): void {
  const diverged = divergence(flow, loop, settings);
  if (diverged !== undefined) {
    loop.restoreLastGood();
    // A finite step may have been taken from where the map is undefined, as at a planar w of 0: then what was shown before stays.
    if (refusal(settings.where, flow, loop) === undefined) showParameters(flow, loop.parameters.values);
    throw diverged;
  }
  showParameters(flow, loop.parameters.values);
}

/** Why the loop's parameters are none of a flow, if so. */
function refusal(where: string, flow: Flow, loop: TrainingLoop): Error | undefined {
  try {
    requireParameters(where, flow, loop.parameters.values);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

function divergence(
  flow: Flow,
  loop: TrainingLoop,
  { where, skipLimit, fitted, kept }: FitSettings,
): DivergenceError | undefined {
  const { step, skipped, escaped } = loop;
  const advice = `The flow has the ${kept} parameters. Try a smaller learning rate, or check the ${fitted}.`;
  if (loop.skippedInARow >= skipLimit) {
    const what = `loss and gradient must be finite; ${skipLimit} steps in a row up to step ${step} were not.`;
    return new DivergenceError(`${where}: ${what} ${advice}`, step, skipped);
  }
  if (escaped !== undefined) {
    const value = loop.parameters.values[escaped];
    const what = `${nameOf(where, flow, escaped)} must stay within the limits of training; got ${value} after step ${step}.`;
    return new DivergenceError(`${where}: ${what} ${advice}`, step, skipped);
  }
  const cause = refusal(where, flow, loop);
  if (cause === undefined) return undefined;
  return new DivergenceError(
    `${where}: parameters must be those of a flow; those after step ${step} were not. ${advice}`,
    step,
    skipped,
    { cause },
  );
}

/** Of element k of the parameter vector, such as `transforms.0.u[1]`. */
function nameOf(where: string, flow: Flow, k: number): string {
  let first = 0;
  for (const [name, { length }] of Object.entries(flow.namedParameters())) {
    if (k < first + length) return length === 1 ? name : `${name}[${k - first}]`;
    first += length;
  }
  throw new Error(`${where}: k must be below ${first}; got ${k}.`);
}
