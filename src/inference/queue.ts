import type { Flow } from '../flow.js';
import { prepareToLead } from '../runtime/pool.js';
import { type FitSettings, requireFlow } from './fit-options.js';

/** Of each flow, a promise that is resolved when all fits asked for so far are over. */
const queues = new WeakMap<Flow, Promise<void>>();

/** Runs a fit when those of the same flow that were asked for before are over, unless its signal comes first. */
export async function inTurn<Fit>(flow: Flow, { where, signal }: FitSettings, run: () => Promise<Fit>): Promise<Fit> {
  signal?.throwIfAborted();
  const before = queues.get(flow) ?? Promise.resolve();
  const fit = untilOver(before, signal).then(async () => {
    await untilOver(prepareToLead(), signal);
    signal?.throwIfAborted();
    requireFlow(where, flow);
    return run();
  });
  queues.set(
    flow,
    Promise.allSettled([before, fit]).then(() => undefined),
  );
  return fit;
}

/** Resolved when what is waited for is over; rejected with the signal's reason if that comes first. */
function untilOver(before: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal!.reason);
    signal?.addEventListener('abort', abort, { once: true });
    void before.finally(() => signal?.removeEventListener('abort', abort)).then(resolve, reject);
  });
}
