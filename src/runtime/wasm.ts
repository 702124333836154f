import { instantiateSync } from '@assemblyscript/loader';
import { describe, requireOptions } from '../arguments.js';
import { missingFeatures } from './features.js';
import bytesAsBase64 from '../../build/kernels.wasm';

/** What `assembly/index.ts` exports: functions on pointers and sizes. Pointers are byte offsets into the shared memory. */
export interface Kernels {
  heapBase(): number;
  mapUnary(fn: number, out: number, x: number, count: number): void;
  mapTanhSech2(h: number, s: number, x: number, count: number): void;
  fillWords(
    low: number,
    high: number,
    rows: number,
    firstRow: number,
    c1: number,
    c2: number,
    c3: number,
    keyLow: number,
    keyHigh: number,
  ): void;
  shuffle(order: number, scratch: number, count: number, keyLow: number, keyHigh: number, step: number, stream: number): void;
  fillNormal: FillRandom;
  fillUniform: FillRandom;
  runPrologue(job: number): void;
  /** Workers start on the phase; the caller joins them with `runPhase`. */
  openPhase(job: number): void;
  /** @returns 1 when finished; 0 while another thread is at work: call again */
  runPhase(job: number, worker: number): number;
  runEpilogue(job: number): void;
  clearTotal(job: number): void;
  /** @returns 1 when finished; 0 while another thread is at work: call again */
  train(training: number, worker: number): number;
  /** A number that changes as long as a worker makes progress. */
  progress(crew: number): number;
  orderTraining(crew: number, training: number): void;
  closeCrew(crew: number): void;
}

type FillRandom = (
  out: number,
  spare: number,
  stride: number,
  dim: number,
  rows: number,
  firstRow: number,
  keyLow: number,
  keyHigh: number,
  step: number,
  stream: number,
) => void;

export interface Wasm {
  readonly kernels: Kernels;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** The runtime lacks what the library is made of. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

export interface Configuration {
  /** `normalizing-flows/kernels.wasm`, compiled, where a runtime does not compile modules from bytes. */
  readonly module?: WebAssembly.Module;
  /** Where `normalizing-flows/worker` is hosted, for a Content-Security-Policy that does not allow workers from `blob:` addresses. */
  readonly worker?: string | URL;
}

let configuration: Configuration = {};

/**
 * Overrides what the library carries inside itself: the module before its first use, the worker's address for those started from then on.
 *
 * @throws {Error} for a module after the first use
 * @throws {TypeError} for an unknown option, or one of another kind
 * @example
 * ```ts
 * configure({ worker: '/assets/normalizing-flows-worker.js' }); // a copy of the package's dist/worker.js
 * ```
 */
export function configure(options: Configuration): void {
  requireOptions('configure', options, ['module', 'worker']);
  const { module, worker } = options;
  if (module !== undefined && !(module instanceof WebAssembly.Module))
    throw new TypeError(`configure: module must be a WebAssembly.Module; got ${describe(module)}.`);
  if (worker !== undefined && typeof worker !== 'string' && !(worker instanceof URL))
    throw new TypeError(`configure: worker must be an address; got ${describe(worker)}.`);
  if (module !== undefined && loaded !== undefined)
    throw new Error('configure: module must be given before the first use of the library; it is in use.');
  configuration = { ...configuration, ...options };
}

/** The address of the worker's program, where it is not to be run from the text that the library carries. */
export function workerAddress(): string | URL | undefined {
  return configuration.worker;
}

const INITIAL_PAGES = 16;
/** 2 GiB, then less: some devices reserve the maximum at once and refuse the larger ones. Above 2 GiB pointers would be negative. */
const MAXIMUM_PAGES = [32768, 16384, 8192, 4096];

let loaded: Wasm | undefined;

/**
 * The one instance of the numerical core; compiled synchronously on first use.
 *
 * @throws {UnsupportedError}
 */
export function wasm(): Wasm {
  loaded ??= load();
  return loaded;
}

function load(): Wasm {
  const missing = missingFeatures();
  if (missing.length > 0) {
    throw new UnsupportedError(
      `normalizing-flows: the runtime must have WebAssembly with SIMD and threads; ${missing.join(', ')} missing.`,
    );
  }
  const memory = createMemory();
  const { instance, module } = instantiateSync(configuration.module ?? compile(), { env: { memory } });
  return { kernels: instance.exports as unknown as Kernels, module, memory };
}

function compile(): WebAssembly.Module {
  const bytes = Uint8Array.from(atob(bytesAsBase64), (character) => character.charCodeAt(0));
  try {
    return new WebAssembly.Module(bytes);
  } catch (cause) {
    throw new UnsupportedError(
      "normalizing-flows: the page must allow WebAssembly; it was refused. A Content-Security-Policy needs script-src 'wasm-unsafe-eval'.",
      { cause },
    );
  }
}

function createMemory(): WebAssembly.Memory {
  let cause: unknown;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch (error) {
      cause = error;
    }
  }
  const least = (MAXIMUM_PAGES[MAXIMUM_PAGES.length - 1] * 64) / 1024;
  throw new UnsupportedError(
    `normalizing-flows: a shared memory of up to ${least} MiB must be available; the runtime refused it.`,
    { cause },
  );
}
