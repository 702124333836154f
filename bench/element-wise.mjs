// The kernels' own functions over a block of doubles, which the library does not export: its wasm module is taken as built.

import { instantiateSync } from '@assemblyscript/loader';
import { readFileSync } from 'node:fs';
import { arrayFor, COUNT, FUNCTIONS } from './peers/element-wise.inputs.mjs';
import { jax, plain, tfjs, torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

/** As in assembly/functions.ts. */
const NUMBERS = { exp: 0, log: 2, tanh: 4, sigmoid: 5, softplus: 6, sin: 8, cos: 9 };
const PAGES = 1024;

export const cases = FUNCTIONS.map((name, i) => ({
  title: `${name}, per element`,
  group: `element-wise, ns per element (n ${COUNT})`,
  column: name,
  threads: [1],
  bars: [],
  peers: [
    ...torch('element-wise.py', { threads: [1] }),
    ...plain('element-wise.plain.mjs'),
    ...tfjs('element-wise.tfjs.mjs'),
    ...jax('element-wise.jax.mjs'),
  ].map((peer) => ({ ...peer, version: name })),
  setUp() {
    const { kernels, memory } = loadKernels();
    const block = 8 * COUNT + 64;
    const x = Math.ceil(kernels.heapBase() / 64) * 64 + 2 * i * block;
    const out = x + block;
    new Float64Array(memory.buffer, x, COUNT).set(arrayFor(name));
    const call = () => kernels.mapUnary(NUMBERS[name], out, x, COUNT);
    return { measure: async () => (await secondsPerCall(call, { time: 200, warmupTime: 100 })) / COUNT, dispose() {} };
  },
}));

let loaded;

function loadKernels() {
  if (loaded === undefined) {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
    const bytes = readFileSync(new URL('../build/kernels.wasm', import.meta.url));
    loaded = { kernels: instantiateSync(bytes, { env: { memory } }).instance.exports, memory };
  }
  return loaded;
}
