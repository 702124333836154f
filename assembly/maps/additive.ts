// Additive map of each feature
//
//   forward   x = z + shift
//   inverse   z = x − shift
//   logDet    0
//
// Source: Dinh, Krueger & Bengio 2015 (NICE), arXiv:1410.8516, §3.2.

import { addTo, parameter, rowBytes, rowMask, sumLanes } from '../vm/parameter';

/** out = input + sign · shift: forward with sign 1, inverse with −1. */
export function additiveMap<P>(out: usize, input: usize, parameters: usize, dim: i32, sign: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  const scale = f64x2.splat(<f64>sign);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const shift = f64x2.mul(scale, parameter<P>(parameters, j, stride, lane));
      v128.store(out + at + lane, f64x2.add(v128.load(input + at + lane), shift));
    }
  }
}

// Backward of additiveMap: dInput = dOut,   dShift += sign · dOut

export function additiveMapBackward<P>(
  dInput: usize, // may be dOut
  dParameters: usize,
  dOut: usize,
  dim: i32,
  sign: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dInput, dParameters
): void {
  const bytes = rowBytes(rows);
  const scale = f64x2.splat(<f64>sign);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const g = v128.load(dOut + at + lane);
      const dShift = f64x2.mul(scale, g);
      if (dInput) addTo(dInput + at + lane, g, (add & 1) != 0);
      if (!dParameters) continue;
      if (isVector<P>()) addTo(dParameters + at + lane, dShift, (add & 2) != 0);
      else sum = f64x2.add(sum, v128.and(dShift, rowMask(lane, rows)));
    }
    if (isVector<P>() || !dParameters) continue;
    const place = dParameters + (<usize>j << 3);
    f64.store(place, f64.load(place) + sumLanes(sum));
  }
}
