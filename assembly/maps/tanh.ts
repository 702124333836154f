// Hyperbolic tangent: between −1 and 1
//
//   forward   x = tanh z,                                ln |∂x/∂z| = ln sech² z = 2 (ln 2 − |z| − log1p(e^−2|z|))
//   inverse   z = ½ (log1p(x) − log1p(−x)),              ln |∂z/∂x| = −log1p(x) − log1p(−x)
//
// ln(1 − x²) would cancel in both directions, from |z| = 19 on to −∞.
// Limits: tanh z rounds to ±1 for |z| > 19, and there is no way back.

import { exp, ONE } from '../math/exp';
import { log1p } from '../math/log';
import { tanh } from '../math/tanh';
import { logDetAdd } from '../vm/log-det';
import { logDetInside, reciprocal } from '../vm/support';

const HALF: usize = memory.data<f64>([0.5, 0.5], 16);
const LN2: usize = memory.data<f64>([0.6931471805599453, 0.6931471805599453], 16);
/** 1 − 2^−53, and its negative. */
const INSIDE: usize = memory.data<u64>([0x3fefffffffffffff, 0x3fefffffffffffff, 0xbfefffffffffffff, 0xbfefffffffffffff], 16);

// ∂x/∂z = sech² z = 4e / (1 + e)²  with e = e^−2|z|,   ∂ logDet/∂z = −2 tanh z

export function tanhForward(
  x: usize, // row, may be z
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  z: usize,
  bytes: usize,
  stride: usize,
): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(z + lane);
    const size = f64x2.abs(value);
    const h = tanh(value);
    const e = exp(f64x2.neg(f64x2.add(size, size)));
    const sum = f64x2.add(v128.load(ONE), e);
    const e2 = f64x2.add(e, e);
    const half = f64x2.sub(f64x2.sub(v128.load(LN2), size), log1p(e));
    v128.store(x + lane, h);
    v128.store(slope + lane, f64x2.div(f64x2.add(e2, e2), f64x2.mul(sum, sum)));
    v128.store(bend + lane, f64x2.neg(f64x2.add(h, h)));
    logDetAdd(logDet, stride, lane, f64x2.add(half, half));
  }
}

// ∂z/∂x = 1 / ((1 + x) (1 − x)),   ∂ logDet/∂x = 2x / ((1 + x) (1 − x))

export function tanhInverse(
  z: usize, // row, may be x
  slope: usize, // row
  bend: usize, // row
  logDet: usize,
  x: usize,
  bytes: usize,
  stride: usize,
): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const value = v128.load(x + lane);
    const outside = f64x2.ge(f64x2.abs(value), v128.load(ONE));
    const y = f64x2.pmin(f64x2.pmax(value, v128.load(INSIDE, 16)), v128.load(INSIDE));
    const above = log1p(y);
    const below = log1p(f64x2.neg(y));
    const product = f64x2.mul(f64x2.add(v128.load(ONE), y), f64x2.sub(v128.load(ONE), y));
    const d = v128.andnot(reciprocal(product), outside);
    v128.store(z + lane, f64x2.mul(v128.load(HALF), f64x2.sub(above, below)));
    v128.store(slope + lane, d);
    v128.store(bend + lane, f64x2.mul(d, f64x2.add(y, y)));
    logDetAdd(logDet, stride, lane, logDetInside(f64x2.neg(f64x2.add(above, below)), outside));
  }
}
