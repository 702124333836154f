// One bound: e^z, measured from it
//
//   forward   x = bound + sign e^z,              ln |∂x/∂z| = z
//   inverse   z = ln y,  y = sign (x − bound),   ln |∂z/∂x| = −z
//
// sign is 1 above a lower bound, −1 below an upper one.
//
// Source: Stan reference manual, "Lower bounded scalar", "Upper bounded scalar".
// Limits: x is bound itself where e^z is lost beside it (at bound 0: underflows, z < −745); there is no way back from there.

import { exp, ONE } from '../math/exp';
import { log } from '../math/log';
import { logDetAdd } from '../vm/log-det';
import { logDetInside, notPositive, positive, reciprocal } from '../vm/support';

// ∂x/∂z = sign e^z,   ∂ logDet/∂z = 1

export function boundForward(
  x: usize, // row, may be z
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  z: usize,
  bound: f64,
  sign: f64,
  bytes: usize,
  stride: usize,
): void {
  const b = f64x2.splat(bound);
  const s = f64x2.splat(sign);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(z + lane);
    const step = f64x2.mul(s, exp(value));
    v128.store(x + lane, f64x2.add(b, step));
    v128.store(slope + lane, step);
    v128.store(bend + lane, v128.load(ONE));
    logDetAdd(logDet, stride, lane, value);
  }
}

// ∂z/∂x = sign / y,   ∂ logDet/∂x = −sign / y

export function boundInverse(
  z: usize, // row, may be x
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  x: usize,
  bound: f64,
  sign: f64,
  bytes: usize,
  stride: usize,
): void {
  const b = f64x2.splat(bound);
  const s = f64x2.splat(sign);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const distance = f64x2.mul(s, f64x2.sub(v128.load(x + lane), b));
    const outside = notPositive(distance);
    const y = positive(distance);
    const value = log(y);
    const d = v128.andnot(f64x2.mul(s, reciprocal(y)), outside);
    v128.store(z + lane, value);
    v128.store(slope + lane, d);
    v128.store(bend + lane, f64x2.neg(d));
    logDetAdd(logDet, stride, lane, logDetInside(f64x2.neg(value), outside));
  }
}
