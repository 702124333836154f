// Element-wise affine
//
//   forward   x = shift + scale z,   scale = e^logScale
//   logDet    Σ_j logScale_j
//   inverse   z = (x − shift) / scale
//   scale     affineConstrain, once per layer
//
// Limits: e^logScale must be a normal number, |logScale| < 700. The gradient of the scale is carried as scale ∂L/∂scale: ∂L/∂scale itself has
// the factor 1 / scale² in the inverse direction, which leaves a double's range at |logScale| = 355.

import { exp } from '../math/exp';
import { logDetAdd } from '../vm/log-det';
import { addParameter, addTo, parameter, parameterBytes, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

export function affineConstrain<P>(scale: usize, logScale: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = parameterBytes<P>(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      storeParameter<P>(scale, j, stride, lane, exp(parameter<P>(logScale, j, stride, lane)));
    }
  }
}

// Backward of affineConstrain: dLogScale += scale ∂L/∂scale, which dScale is already

export function affineConstrainBackward<P>(
  dLogScale: usize,
  dScale: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dLogScale) return;
  const bytes = parameterBytes<P>(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      addParameter<P>(dLogScale, j, stride, lane, parameter<P>(dScale, j, stride, lane), add);
    }
  }
}

export function affineForward<P>(
  x: usize, // [dim], may be z
  logDet: usize, // accumulator of multiplicity 1
  z: usize,
  shift: usize,
  logScale: usize,
  scale: usize,
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const scaled = f64x2.mul(parameter<P>(scale, j, stride, lane), v128.load(z + at + lane));
      v128.store(x + at + lane, f64x2.add(parameter<P>(shift, j, stride, lane), scaled));
      logDetAdd(logDet, stride, lane, parameter<P>(logScale, j, stride, lane));
    }
  }
}

// Backward of affineForward: dz = scale dx,   dShift += dx,   dScale += scale z dx,   dLogScale += dLogDet

export function affineForwardBackward<P>(
  dz: usize, // may be dx
  dShift: usize,
  dLogScale: usize,
  dScale: usize,
  dx: usize,
  dLogDet: usize,
  z: usize,
  scale: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dShift, dLogScale, dScale
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sumShift = f64x2.splat(0);
    let sumScale = f64x2.splat(0);
    let sumLog = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const d = v128.load(dx + at + lane);
      const g = v128.load(dLogDet + lane);
      const dScaleRow = f64x2.mul(d, f64x2.mul(parameter<P>(scale, j, stride, lane), v128.load(z + at + lane)));
      if (dz) addTo(dz + at + lane, f64x2.mul(parameter<P>(scale, j, stride, lane), d), (add & 1) != 0);
      if (isVector<P>()) {
        if (dShift) addTo(dShift + at + lane, d, (add & 2) != 0);
        if (dLogScale) addTo(dLogScale + at + lane, g, (add & 4) != 0);
        if (dScale) addTo(dScale + at + lane, dScaleRow, (add & 8) != 0);
      } else {
        const mask = rowMask(lane, rows);
        sumShift = f64x2.add(sumShift, v128.and(d, mask));
        sumLog = f64x2.add(sumLog, v128.and(g, mask));
        sumScale = f64x2.add(sumScale, v128.and(dScaleRow, mask));
      }
    }
    if (!isVector<P>()) addSums(dShift, dLogScale, dScale, j, sumLanes(sumShift), sumLanes(sumLog), sumLanes(sumScale));
  }
}

export function affineInverse<P>(
  z: usize, // [dim], may be x
  logDet: usize, // accumulator of multiplicity −1
  x: usize,
  shift: usize,
  logScale: usize,
  scale: usize,
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const centred = f64x2.sub(v128.load(x + at + lane), parameter<P>(shift, j, stride, lane));
      v128.store(z + at + lane, f64x2.div(centred, parameter<P>(scale, j, stride, lane)));
      logDetAdd(logDet, stride, lane, parameter<P>(logScale, j, stride, lane));
    }
  }
}

// Backward of affineInverse. With p = dz / scale: dx = p,   dShift −= p,   dScale −= z dz,   dLogScale −= dLogDet

export function affineInverseBackward<P>(
  dx: usize, // may be dz
  dShift: usize,
  dLogScale: usize,
  dScale: usize,
  dz: usize,
  dLogDet: usize,
  z: usize,
  scale: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dShift, dLogScale, dScale
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sumShift = f64x2.splat(0);
    let sumScale = f64x2.splat(0);
    let sumLog = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const d = v128.load(dz + at + lane);
      const p = f64x2.div(d, parameter<P>(scale, j, stride, lane));
      const dShiftRow = f64x2.neg(p);
      const dScaleRow = f64x2.neg(f64x2.mul(d, v128.load(z + at + lane)));
      const dLogRow = f64x2.neg(v128.load(dLogDet + lane));
      if (dx) addTo(dx + at + lane, p, (add & 1) != 0);
      if (isVector<P>()) {
        if (dShift) addTo(dShift + at + lane, dShiftRow, (add & 2) != 0);
        if (dLogScale) addTo(dLogScale + at + lane, dLogRow, (add & 4) != 0);
        if (dScale) addTo(dScale + at + lane, dScaleRow, (add & 8) != 0);
      } else {
        const mask = rowMask(lane, rows);
        sumShift = f64x2.add(sumShift, v128.and(dShiftRow, mask));
        sumLog = f64x2.add(sumLog, v128.and(dLogRow, mask));
        sumScale = f64x2.add(sumScale, v128.and(dScaleRow, mask));
      }
    }
    if (!isVector<P>()) addSums(dShift, dLogScale, dScale, j, sumLanes(sumShift), sumLanes(sumLog), sumLanes(sumScale));
  }
}

// @ts-ignore: decorator
@inline
function addSums(dShift: usize, dLogScale: usize, dScale: usize, j: i32, shift: f64, logScale: f64, scale: f64): void {
  const offset = <usize>j << 3;
  if (dShift) f64.store(dShift + offset, f64.load(dShift + offset) + shift);
  if (dLogScale) f64.store(dLogScale + offset, f64.load(dLogScale + offset) + logScale);
  if (dScale) f64.store(dScale + offset, f64.load(dScale + offset) + scale);
}
