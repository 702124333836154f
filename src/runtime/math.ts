import { UnaryFunction } from '../../assembly/functions.js';
import { arena } from './memory.js';
import { wasm } from './wasm.js';

// Engines differ in the last bits of Math.exp, Math.log, Math.cos …; these are the kernels' own, the same everywhere.

/** ln x */
export const naturalLog = (x: number): number => evaluate(UnaryFunction.Log, x);

/** e^x */
export const exponential = (x: number): number => evaluate(UnaryFunction.Exp, x);

/** e^x − 1 */
export const exponentialMinusOne = (x: number): number => evaluate(UnaryFunction.Expm1, x);

/** cos x, |x| ≤ 1e6 */
export const cosine = (x: number): number => evaluate(UnaryFunction.Cos, x);

// The same of every number of an array, as a new one.

/** e^x of each x */
export const exponentialEach = (x: Float64Array): Float64Array => evaluateEach(UnaryFunction.Exp, x);

/** e^x − 1 of each x */
export const exponentialMinusOneEach = (x: Float64Array): Float64Array => evaluateEach(UnaryFunction.Expm1, x);

/** ln x of each x */
export const naturalLogEach = (x: Float64Array): Float64Array => evaluateEach(UnaryFunction.Log, x);

/** ln(1 + x) of each x */
export const naturalLogOnePlusEach = (x: Float64Array): Float64Array => evaluateEach(UnaryFunction.Log1p, x);

/** Numbers that pass through the shared memory at a time: even, since kernels take two. */
const BLOCK = 1024;

let block: number | undefined;

function evaluate(fn: UnaryFunction, x: number): number {
  block ??= arena().allocate(BLOCK * 8);
  const { f64 } = arena();
  f64[block / 8] = x;
  wasm().kernels.mapUnary(fn, block, block, 1);
  return f64[block / 8];
}

function evaluateEach(fn: UnaryFunction, x: Float64Array): Float64Array {
  block ??= arena().allocate(BLOCK * 8);
  const staging = arena().f64.subarray(block / 8, block / 8 + BLOCK);
  const y = new Float64Array(x.length);
  for (let first = 0; first < x.length; first += BLOCK) {
    const count = Math.min(BLOCK, x.length - first);
    staging.set(x.subarray(first, first + count));
    wasm().kernels.mapUnary(fn, block, block, count);
    y.set(staging.subarray(0, count), first);
  }
  return y;
}
