// Ordered numbers: each coordinate a positive step above the one before
//
//   forward   x_1 = z_1,   x_k = x_{k−1} + e^{z_k},            logDet  Σ_{k≥2} z_k
//   inverse   z_1 = x_1,   z_k = ln(x_k − x_{k−1}),            logDet −Σ_{k≥2} z_k
//
// Positive ordered numbers begin with x_1 = e^{z_1}, a step above 0 like the others; the sums then start at k = 1.
//
// Source: Stan reference manual, "Ordered vector", "Positive ordered vector".
// Limits: a step that is lost beside x_{k−1} makes two coordinates equal, which is the edge of the support: there is no way back.

import { exp, ONE } from '../math/exp';
import { log } from '../math/log';
import { logDetAdd } from '../vm/log-det';
import { addTo, rowBytes } from '../vm/parameter';
import { logDetInside, notPositive, positive, reciprocal } from '../vm/support';

export function orderedForward(
  x: usize, // [dim], may be z
  slope: usize, // [dim] e^z_k, 1 for a free first coordinate
  logDet: usize, // accumulator of multiplicity 1
  z: usize,
  dim: i32,
  free: i32, // 1: x_1 = z_1, 0: x_1 > 0
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let last = f64x2.splat(0);
    let sum = f64x2.splat(0);
    for (let k = 0; k < dim; k++) {
      const here = <usize>k * stride + lane;
      const value = v128.load(z + here);
      if (k < free) {
        last = value;
        v128.store(slope + here, v128.load(ONE));
      } else {
        const step = exp(value);
        last = f64x2.add(last, step);
        sum = f64x2.add(sum, value);
        v128.store(slope + here, step);
      }
      v128.store(x + here, last);
    }
    logDetAdd(logDet, stride, lane, sum);
  }
}

// Backward of orderedForward. With S_k = Σ_{j≥k} dx_j: dz_k = slope_k S_k + dLogDet, without dLogDet for a free first coordinate.

export function orderedForwardBackward(
  dz: usize, // may be dx
  dx: usize,
  dLogDet: usize,
  slope: usize,
  dim: i32,
  free: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const pull = v128.load(dLogDet + lane);
    let sum = f64x2.splat(0);
    for (let k = dim - 1; k >= 0; k--) {
      const here = <usize>k * stride + lane;
      sum = f64x2.add(sum, v128.load(dx + here));
      const through = f64x2.mul(v128.load(slope + here), sum);
      addTo(dz + here, k < free ? through : f64x2.add(through, pull), add);
    }
  }
}

export function orderedInverse(
  z: usize, // [dim], may be x
  slope: usize, // [dim] 1 / (x_k − x_{k−1}), 0 where that is not positive, 1 for a free first coordinate
  logDet: usize, // accumulator of multiplicity 1
  x: usize,
  dim: i32,
  free: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let last = f64x2.splat(0);
    let sum = f64x2.splat(0);
    for (let k = 0; k < dim; k++) {
      const here = <usize>k * stride + lane;
      const value = v128.load(x + here);
      if (k < free) {
        v128.store(slope + here, v128.load(ONE));
        v128.store(z + here, value);
      } else {
        const step = f64x2.sub(value, last);
        const outside = notPositive(step);
        const inside = positive(step);
        const logStep = log(inside);
        v128.store(slope + here, v128.andnot(reciprocal(inside), outside));
        v128.store(z + here, logStep);
        sum = f64x2.add(sum, logDetInside(f64x2.neg(logStep), outside));
      }
      last = value;
    }
    logDetAdd(logDet, stride, lane, sum);
  }
}

// Backward of orderedInverse. With p_k = slope_k (dz_k − dLogDet), without dLogDet for a free first coordinate: dx_k = p_k − p_{k+1}.

export function orderedInverseBackward(
  dx: usize, // may be dz
  dz: usize,
  dLogDet: usize,
  slope: usize,
  dim: i32,
  free: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const pull = v128.load(dLogDet + lane);
    let next = f64x2.splat(0);
    for (let k = dim - 1; k >= 0; k--) {
      const here = <usize>k * stride + lane;
      const d = v128.load(dz + here);
      const p = f64x2.mul(v128.load(slope + here), k < free ? d : f64x2.sub(d, pull));
      addTo(dx + here, f64x2.sub(p, next), add);
      next = p;
    }
  }
}
