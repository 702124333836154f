// What a map does with a value that it cannot have given: outside its support, or on the edge.
//
//   the value is moved to about the last number inside, so that its image is finite,
//   ln |det| is −∞, so that the density is 0,
//   the gradients are 0.
//
// NaN is not outside: it goes through, and the facade refuses it.

const SMALLEST: usize = memory.data<u64>([1, 1], 16);
const LARGEST: usize = memory.data<f64>([f64.MAX_VALUE, f64.MAX_VALUE], 16);
const MINUS_INFINITY: usize = memory.data<f64>([-Infinity, -Infinity], 16);

/** x, or the smallest positive number where x is not positive. */
// @ts-ignore: decorator
@inline
export function positive(x: v128): v128 {
  return f64x2.pmax(x, v128.load(SMALLEST));
}

/** Where x is not positive. */
// @ts-ignore: decorator
@inline
export function notPositive(x: v128): v128 {
  return f64x2.le(x, f64x2.splat(0));
}

/** 1 / x for x > 0, at most the largest number: 0 times it is 0. */
// @ts-ignore: decorator
@inline
export function reciprocal(x: v128): v128 {
  return f64x2.pmin(f64x2.div(f64x2.splat(1), x), v128.load(LARGEST));
}

/** A term of ln |det|, −∞ outside. */
// @ts-ignore: decorator
@inline
export function logDetInside(term: v128, outside: v128): v128 {
  return v128.bitselect(v128.load(MINUS_INFINITY), term, outside);
}
