// The dense kernels by themselves: 128 outputs of 128 inputs over a tile of 128 rows, which stays in cache. As fractions of the peak.

import { onNode } from './flow-case.mjs';
import { compile } from './peak.mjs';
import { torch } from './peers/run.mjs';
import { secondsPerCall } from './stopwatch.mjs';

const SIZE = 128;
const FLOPS = 2 * SIZE ** 3;
const CALLS = 20;
/** Of a row of a block, as in src/program/plan.ts: padded, or all rows would fall on the same lines of the first cache. */
const STRIDE = 8 * (SIZE + 8);
const BLOCK = SIZE * STRIDE;

const { memory, heapBase, dense, denseBackward, densePack } = new WebAssembly.Instance(new WebAssembly.Module(compile('gemm')))
  .exports;

/** Addresses of blocks, on lines of the cache. */
const place = (k) => Math.ceil(heapBase() / 64) * 64 + k * (BLOCK + 64);
const [x, dy, y, dx, weight, dWeight, packed, transposed, bias, ends] = Array.from({ length: 10 }, (_, k) => place(k));
memory.grow(Math.ceil(place(10) / 65536));
for (const at of [x, dy, weight])
  new Float64Array(memory.buffer, at, BLOCK / 8).set(Array.from({ length: BLOCK / 8 }, (_, i) => Math.sin(i)));
new Int32Array(memory.buffer, ends, SIZE).fill(SIZE);
densePack(packed, transposed, weight, SIZE, SIZE, ends);

const backward = (dx, dWeight) => () =>
  denseBackward(dx, dWeight, 0, dy, x, transposed, SIZE, SIZE, 0, SIZE, ends, SIZE, STRIDE, false);

const products = {
  'y = W x + b': () => dense(y, x, packed, bias, SIZE, 0, SIZE, ends, SIZE, STRIDE),
  'dx = Wᵀ dy': backward(dx, 0),
  'dW += dy xᵀ': backward(0, dWeight),
};

export const cases = Object.entries(products).map(([name, call], i) => ({
  title: `${name} (${SIZE} × ${SIZE} × ${SIZE})`,
  threads: [1],
  bars: [{ ofPeak: onNode(0.6, 0.72) }],
  flops: FLOPS,
  peers: torch('gemm.py', { threads: [1] }).map((peer) => ({ ...peer, version: ['y', 'dx', 'dW'][i] })),
  setUp: () => ({ measure: () => secondsPerCall(call, { calls: CALLS, time: 300, warmupTime: 100 }), dispose() {} }),
}));
