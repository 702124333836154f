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

/** Addresses of blocks, on lines of the cache; the last one is longer. */
const place = (k) => Math.ceil(heapBase() / 64) * 64 + k * (BLOCK + 64);
const [x, dy, halfX, halfDy, y, dx, weight, dWeight, packed, transposed, bias, ends, positive, room] = Array.from(
  { length: 14 },
  (_, k) => place(k),
);
memory.grow(Math.ceil(place(16) / 65536));
const doubles = (at) => new Float64Array(memory.buffer, at, BLOCK / 8);
for (const at of [x, dy, weight]) doubles(at).forEach((_, i, block) => (block[i] = Math.sin(i)));
for (const at of [halfX, halfDy]) doubles(at).forEach((_, i, block) => (block[i] = Math.max(0, Math.sin(i * i))));
doubles(positive).fill(1);
new Int32Array(memory.buffer, ends, SIZE).fill(SIZE);
densePack(packed, transposed, weight, SIZE, SIZE, ends);

const forward = (x, room) => () => dense(y, x, packed, bias, room, SIZE, 0, SIZE, ends, SIZE, STRIDE, false);
const backward = (dx, dWeight, dy, x, y, room) => () =>
  denseBackward(dx, dWeight, 0, dy, x, transposed, y, room, SIZE, SIZE, 0, SIZE, ends, SIZE, STRIDE, false);

const bars = [{ ofPeak: onNode(0.6, 0.72) }];
const products = [
  { name: 'y = W x + b', version: 'y', bars, call: forward(x, 0) },
  { name: 'dx = Wᵀ dy', version: 'dx', bars, call: backward(dx, 0, dy, 0, 0, 0) },
  { name: 'dW += dy xᵀ', version: 'dW', bars, call: backward(0, dWeight, dy, x, 0, 0) },
  // As behind a ReLU. The share of the peak counts all products, those with 0 as well.
  { name: 'y, half of x 0', version: 'y', bars: [], call: forward(halfX, room) },
  { name: 'dx, half of dy 0', version: 'dx', bars: [], call: backward(dx, 0, halfDy, 0, positive, room) },
  { name: 'dW, half of x 0', version: 'dW', bars: [], call: backward(0, dWeight, dy, halfX, 0, room) },
];

export const cases = products.map(({ name, version, bars, call }) => ({
  title: `${name} (${SIZE} × ${SIZE} × ${SIZE})`,
  threads: [1],
  bars,
  flops: FLOPS,
  peers: torch('gemm.py', { threads: [1] }).map((peer) => ({ ...peer, version })),
  setUp: () => ({ measure: () => secondsPerCall(call, { calls: CALLS, time: 300, warmupTime: 100 }), dispose() {} }),
}));
