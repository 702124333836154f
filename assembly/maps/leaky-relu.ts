// Leaky rectifier: two slopes that meet at 0
//
//   forward   x = z where z ≥ 0, slope z where z < 0,        ln |∂x/∂z| = 0, ln slope
//   inverse   z = x where x ≥ 0, x / slope where x < 0,      ln |∂z/∂x| = 0, −ln slope
//
// At 0 the derivative is taken from the right, 1; that of ln |det| is 0 everywhere, though it jumps.

import { ONE } from '../math/exp';
import { log } from '../math/log';
import { logDetAdd } from '../vm/log-det';

export function leakyReluForward(
  x: usize, // row, may be z
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  z: usize,
  factor: f64,
  bytes: usize,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  const f = f64x2.splat(factor);
  const logFactor = log(f);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(z + lane);
    const isNegative = f64x2.lt(value, zero);
    v128.store(x + lane, v128.bitselect(f64x2.mul(value, f), value, isNegative));
    v128.store(slope + lane, v128.bitselect(f, v128.load(ONE), isNegative));
    v128.store(bend + lane, zero);
    logDetAdd(logDet, stride, lane, v128.and(logFactor, isNegative));
  }
}

export function leakyReluInverse(
  z: usize, // row, may be x
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  x: usize,
  factor: f64,
  bytes: usize,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  const f = f64x2.splat(factor);
  const inverse = f64x2.div(f64x2.splat(1), f);
  const logFactor = f64x2.neg(log(f));
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(x + lane);
    const isNegative = f64x2.lt(value, zero);
    v128.store(z + lane, v128.bitselect(f64x2.div(value, f), value, isNegative));
    v128.store(slope + lane, v128.bitselect(inverse, v128.load(ONE), isNegative));
    v128.store(bend + lane, zero);
    logDetAdd(logDet, stride, lane, v128.and(logFactor, isNegative));
  }
}
