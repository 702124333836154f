import { UnaryFunction } from '../../assembly/functions.js';
import { arena } from './memory.js';
import { wasm } from './wasm.js';

// Engines differ in the last bits of Math.exp, Math.log, Math.cos …; these are the kernels' own, the same everywhere.

/** ln x */
export const naturalLog = (x: number): number => evaluate(UnaryFunction.Log, x);

/** e^x − 1 */
export const exponentialMinusOne = (x: number): number => evaluate(UnaryFunction.Expm1, x);

/** cos x, |x| ≤ 1e6 */
export const cosine = (x: number): number => evaluate(UnaryFunction.Cos, x);

let cell: number | undefined;

function evaluate(fn: UnaryFunction, x: number): number {
  cell ??= arena().allocate(16);
  const { f64 } = arena();
  f64[cell / 8] = x;
  wasm().kernels.mapUnary(fn, cell, cell, 1);
  return f64[cell / 8];
}
