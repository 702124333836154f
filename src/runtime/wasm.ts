import { instantiateSync } from '@assemblyscript/loader';
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
  fillNormal: FillRandom;
  fillUniform: FillRandom;
  runPrologue(job: number): void;
  runPhase(job: number): void;
  runEpilogue(job: number): void;
  clearTotal(job: number): void;
  /** @returns the number of steps run */
  train(training: number): number;
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
  readonly memory: WebAssembly.Memory;
}

const INITIAL_PAGES = 16;
/** 2 GiB, then less: some devices reserve the maximum at once and refuse the larger ones. Above 2 GiB pointers would be negative. */
const MAXIMUM_PAGES = [32768, 16384, 8192, 4096];

let loaded: Wasm | undefined;

/** The one instance of the numerical core; compiled synchronously on first use. */
export function wasm(): Wasm {
  loaded ??= load();
  return loaded;
}

function load(): Wasm {
  const memory = createMemory();
  const bytes = Uint8Array.from(atob(bytesAsBase64), (character) => character.charCodeAt(0));
  const { instance } = instantiateSync(bytes, { env: { memory } });
  return { kernels: instance.exports as unknown as Kernels, memory };
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
  throw new Error('normalizing-flows: shared WebAssembly memory must be available; this runtime refused it.', { cause });
}
