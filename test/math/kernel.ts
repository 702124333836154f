import { UnaryFunction } from '../../assembly/functions.js';
import { arena } from '../../src/runtime/memory.js';
import { wasm } from '../../src/runtime/wasm.js';

/** fn of each x, as the kernel computes it. */
export function map(fn: UnaryFunction, x: number[]): number[] {
  return run(x, (out, _, input) => wasm().kernels.mapUnary(fn, out, input, x.length))[0];
}

/** [tanh x, sech² x] of each x. */
export function tanhSech2(x: number[]): [number[], number[]] {
  return run(x, (h, s, input) => wasm().kernels.mapTanhSech2(h, s, input, x.length));
}

function run(x: number[], kernel: (first: number, second: number, input: number) => void): [number[], number[]] {
  const bytes = (x.length + 1) * 8;
  const addresses = [0, 0, 0].map(() => arena().allocate(bytes));
  const [first, second, input] = addresses;
  arena().f64.set(x, input / 8);
  kernel(first, second, input);
  const read = (address: number): number[] => Array.from(arena().f64.subarray(address / 8, address / 8 + x.length));
  const results: [number[], number[]] = [read(first), read(second)];
  for (const address of addresses) arena().free(address);
  return results;
}
