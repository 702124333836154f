// Functions of one number, for kernels whose every number takes a way of its own: what both lanes would have computed.

import { exp } from './exp';
import { digammaRest, stirlingRest } from './gamma';
import { log, log1p, log1pLess } from './log';

// @ts-ignore: decorator
@inline
function first(x: v128): f64 {
  return f64x2.extract_lane(x, 0);
}

export function expOf(x: f64): f64 {
  return first(exp(f64x2.splat(x)));
}

export function logOf(x: f64): f64 {
  return first(log(f64x2.splat(x)));
}

export function log1pOf(x: f64): f64 {
  return first(log1p(f64x2.splat(x)));
}

/** Whether ln(1 + w) − w is to be taken from its series. */
// @ts-ignore: decorator
@inline
export function isNearZero(w: f64): bool {
  return w > -0.29 && w < 0.41;
}

/** ln(1 + w) − w where isNearZero. */
export function log1pLessOf(w: f64): f64 {
  return first(log1pLess(f64x2.splat(w)));
}

export function stirlingRestOf(x: f64): f64 {
  return first(stirlingRest(f64x2.splat(x)));
}

export function digammaRestOf(x: f64): f64 {
  return first(digammaRest(f64x2.splat(x)));
}

// @ts-ignore: decorator
@inline
export function sumOfLanes(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}
