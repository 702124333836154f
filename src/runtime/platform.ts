// What differs between Node, Deno, Bun and browsers: how a worker starts, how many are worth starting, who may sleep.

import type { Report } from './worker.js';

/** A worker thread, wherever it runs. */
export interface WorkerThread {
  post(message: unknown): void;
  /** Whether it keeps the process alive; of no effect in browsers. */
  keepAlive(alive: boolean): void;
  terminate(): void;
}

export interface WorkerEvents {
  report(report: Report): void;
  /** It could not start, or died of an error. */
  error(reason: string): void;
  /** The thread is gone: it writes nothing any more. */
  exit(): void;
}

/** Browsers do not say when a terminated worker is gone. Theirs stop at once, or within two seconds. */
const TERMINATED_MS = 10_000;

type NodeThreads = typeof import('node:worker_threads');

const builtin = <T>(name: string): T | undefined => globalThis.process?.getBuiltinModule?.(name) as T | undefined;

/**
 * @param script the worker's program, as text or, where that is not allowed to run, as an address
 * @throws what the runtime throws when it refuses workers
 */
export function startWorker(script: string | URL, isAddress: boolean, events: WorkerEvents): WorkerThread {
  const threads = builtin<NodeThreads>('node:worker_threads');
  return threads === undefined ? startWebWorker(script, isAddress, events) : startNodeWorker(threads, script, isAddress, events);
}

function startNodeWorker(threads: NodeThreads, script: string | URL, isAddress: boolean, events: WorkerEvents): WorkerThread {
  const address = isAddress && typeof script === 'string' && /^[a-z]+:\/\//.test(script) ? new URL(script) : script;
  // None of the parent's flags: `--input-type=module` and the like would change what the text means.
  const worker = new threads.Worker(address, { eval: !isAddress, execArgv: [] });
  worker.on('message', events.report);
  worker.on('error', (error) => events.error(error instanceof Error ? error.message : String(error)));
  worker.on('exit', events.exit);
  return {
    post: (message) => worker.postMessage(message),
    keepAlive: (alive) => (alive ? worker.ref() : worker.unref()),
    terminate: () => void worker.terminate(),
  };
}

function startWebWorker(script: string | URL, isAddress: boolean, events: WorkerEvents): WorkerThread {
  const address = isAddress ? script : URL.createObjectURL(new Blob([script as string], { type: 'text/javascript' }));
  const worker = new Worker(address, { name: 'normalizing-flows' });
  const forgetAddress = (): void => {
    if (!isAddress) URL.revokeObjectURL(address as string);
  };
  worker.onmessage = ({ data }) => {
    forgetAddress();
    events.report(data as Report);
  };
  // A worker that a Content-Security-Policy blocks gives an event without a message.
  worker.onerror = ({ message }) => {
    forgetAddress();
    events.error(message || 'the page did not allow the script (its Content-Security-Policy?)');
  };
  return {
    post: (message) => worker.postMessage(message),
    keepAlive: () => undefined,
    terminate: () => {
      forgetAddress();
      worker.terminate();
      setTimeout(events.exit, TERMINATED_MS);
    },
  };
}

export const MAXIMUM_THREADS = 256;

/** How many threads run at once on this machine, {@link MAXIMUM_THREADS} at most. */
export function machineThreads(): number {
  const os = builtin<typeof import('node:os')>('node:os');
  const count = os?.availableParallelism?.() ?? globalThis.navigator?.hardwareConcurrency ?? 1;
  return Number.isSafeInteger(count) && count >= 1 ? Math.min(count, MAXIMUM_THREADS) : 1;
}

/** Why no worker can share memory with this thread, if so. */
export function whyNoWorkers(): string | undefined {
  if (globalThis.crossOriginIsolated === false && builtin('node:worker_threads') === undefined) {
    return 'the page is not cross-origin isolated: it needs the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
  }
  if (typeof SharedArrayBuffer === 'undefined') return 'SharedArrayBuffer is missing';
  if (builtin('node:worker_threads') === undefined && typeof Worker === 'undefined') return 'the runtime has no workers';
  return undefined;
}

let sleeps: boolean | undefined;

/** Whether this thread may sleep: browsers do not let a page's main thread. */
export function mayBlock(): boolean {
  if (sleeps === undefined) {
    try {
      Atomics.wait(new Int32Array(new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }).buffer), 0, 1, 0);
      sleeps = true;
    } catch {
      sleeps = false;
    }
  }
  return sleeps;
}
