// Affine map of each feature
//
//   forward   x = shift + scale z,        logDet  Σ_j ln scale_j
//   inverse   z = (x − shift) / scale,    logDet −Σ_j ln scale_j
//
// Parameters of feature j: shift, raw. scale is a function of raw, bounded or not (`ScaleFunction`):
//
//   Exp              e^raw                                   ln scale = raw
//   SoftClip         e^s,  s = raw / (1 + |raw| / ln 1000)    ln scale = s, in (−ln 1000, ln 1000)
//   Sigmoid          σ(raw + 2)                              ln scale = −softplus(−raw − 2)
//   SigmoidReciprocal  1 / σ(raw + 2)                        ln scale = softplus(−raw − 2)
//   SigmoidFloor     σ(raw + 2) + 1e-3
//   Softplus         softplus(raw) + 1e-3
//   SoftplusCapped   min(softplus(raw) + 1e-3, 3)
//
// The kernels keep scale and q = ∂ln scale / ∂raw for the backward pass.
//
// Source: Dinh, Sohl-Dickstein & Bengio 2017, arXiv:1605.08803, eq. 7–8 (Exp); the others are those of published libraries: SoftClip zuko,
// Sigmoid Glow, SigmoidReciprocal normflows' Glow, the rest nflows.
// Limits: Exp needs |raw| < 700, Sigmoid and its reciprocal raw > −700: e^ of it must be a normal number.

import { ScaleFunction } from '../opcodes';
import { exp, ONE } from '../math/exp';
import { log } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { logDetAdd } from '../vm/log-det';
import { addTo, parameter, rowBytes, rowMask, sumLanes } from '../vm/parameter';

const LN_1000: f64 = 6.907755278982137;
const FLOOR: f64 = 1e-3;
const CAP: f64 = 3;
const SHIFT: f64 = 2;

/** Numbers of one feature. */
const COUNT: i32 = 2;

/** scale at `scale`, q at `slope`; returns ln scale. */
// @ts-ignore: decorator
@inline
function scaleOf(scale: usize, slope: usize, raw: v128, fn: i32): v128 {
  const one = v128.load(ONE);
  switch (fn) {
    case ScaleFunction.Exp: {
      v128.store(scale, exp(raw));
      v128.store(slope, one);
      return raw;
    }
    case ScaleFunction.SoftClip: {
      const factor = f64x2.div(one, f64x2.add(one, f64x2.div(f64x2.abs(raw), f64x2.splat(LN_1000))));
      const s = f64x2.mul(raw, factor);
      v128.store(scale, exp(s));
      v128.store(slope, f64x2.mul(factor, factor));
      return s;
    }
    case ScaleFunction.Sigmoid: {
      const minus = f64x2.neg(f64x2.add(raw, f64x2.splat(SHIFT)));
      v128.store(scale, sigmoid(f64x2.neg(minus)));
      v128.store(slope, sigmoid(minus));
      return f64x2.neg(softplus(minus));
    }
    case ScaleFunction.SigmoidReciprocal: {
      const minus = f64x2.neg(f64x2.add(raw, f64x2.splat(SHIFT)));
      v128.store(scale, f64x2.add(one, exp(minus)));
      v128.store(slope, f64x2.neg(sigmoid(minus)));
      return softplus(minus);
    }
    case ScaleFunction.SigmoidFloor: {
      const t = f64x2.add(raw, f64x2.splat(SHIFT));
      const s = sigmoid(t);
      const value = f64x2.add(s, f64x2.splat(FLOOR));
      v128.store(scale, value);
      v128.store(slope, f64x2.div(f64x2.mul(s, sigmoid(f64x2.neg(t))), value));
      return log(value);
    }
    default: {
      const value = f64x2.add(softplus(raw), f64x2.splat(FLOOR));
      const slopeValue = f64x2.div(sigmoid(raw), value);
      const cap = fn == ScaleFunction.SoftplusCapped ? f64x2.splat(CAP) : f64x2.splat(Infinity);
      const capped = f64x2.gt(value, cap);
      const bounded = v128.bitselect(cap, value, capped);
      v128.store(scale, bounded);
      v128.store(slope, v128.andnot(slopeValue, capped));
      return log(bounded);
    }
  }
}

export function affineMapForward<P>(
  x: usize, // [dim], may be z
  scale: usize, // [dim]
  slope: usize, // [dim]
  logDet: usize, // accumulator of multiplicity 1
  z: usize,
  parameters: usize,
  dim: i32,
  fn: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      logDetAdd(logDet, stride, lane, scaleOf(scale + here, slope + here, parameter<P>(parameters, COUNT * j + 1, stride, lane), fn));
      const scaled = f64x2.mul(v128.load(scale + here), v128.load(z + here));
      v128.store(x + here, f64x2.add(parameter<P>(parameters, COUNT * j, stride, lane), scaled));
    }
  }
}

// Backward of affineMapForward: dz = scale dx,   dShift += dx,   dRaw += q (dx scale z + dLogDet)

export function affineMapForwardBackward<P>(
  dz: usize, // may be dx
  dParameters: usize,
  dx: usize,
  dLogDet: usize,
  z: usize,
  scale: usize,
  slope: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dParameters
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sumShift = f64x2.splat(0);
    let sumRaw = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const d = v128.load(dx + here);
      const scaled = f64x2.mul(d, v128.load(scale + here));
      const dRaw = f64x2.mul(v128.load(slope + here), f64x2.add(f64x2.mul(scaled, v128.load(z + here)), v128.load(dLogDet + lane)));
      if (dz) addTo(dz + here, scaled, (add & 1) != 0);
      if (isVector<P>()) storeGradients(dParameters, j, stride, lane, d, dRaw, (add & 2) != 0);
      else {
        const mask = rowMask(lane, rows);
        sumShift = f64x2.add(sumShift, v128.and(d, mask));
        sumRaw = f64x2.add(sumRaw, v128.and(dRaw, mask));
      }
    }
    if (!isVector<P>()) addSums(dParameters, j, sumShift, sumRaw);
  }
}

export function affineMapInverse<P>(
  z: usize, // [dim], may be x
  scale: usize, // [dim]
  slope: usize, // [dim]
  logDet: usize, // accumulator of multiplicity −1
  x: usize,
  parameters: usize,
  dim: i32,
  fn: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      logDetAdd(logDet, stride, lane, scaleOf(scale + here, slope + here, parameter<P>(parameters, COUNT * j + 1, stride, lane), fn));
      const centred = f64x2.sub(v128.load(x + here), parameter<P>(parameters, COUNT * j, stride, lane));
      v128.store(z + here, f64x2.div(centred, v128.load(scale + here)));
    }
  }
}

// Backward of affineMapInverse. With p = dz / scale: dx = p,   dShift −= p,   dRaw −= q (dz z + dLogDet)

export function affineMapInverseBackward<P>(
  dx: usize, // may be dz
  dParameters: usize,
  dz: usize,
  dLogDet: usize,
  z: usize,
  scale: usize,
  slope: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dParameters
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sumShift = f64x2.splat(0);
    let sumRaw = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const d = v128.load(dz + here);
      const p = f64x2.div(d, v128.load(scale + here));
      const pull = f64x2.add(f64x2.mul(d, v128.load(z + here)), v128.load(dLogDet + lane));
      const dRaw = f64x2.neg(f64x2.mul(v128.load(slope + here), pull));
      if (dx) addTo(dx + here, p, (add & 1) != 0);
      if (isVector<P>()) storeGradients(dParameters, j, stride, lane, f64x2.neg(p), dRaw, (add & 2) != 0);
      else {
        const mask = rowMask(lane, rows);
        sumShift = f64x2.sub(sumShift, v128.and(p, mask));
        sumRaw = f64x2.add(sumRaw, v128.and(dRaw, mask));
      }
    }
    if (!isVector<P>()) addSums(dParameters, j, sumShift, sumRaw);
  }
}

// @ts-ignore: decorator
@inline
function storeGradients(dParameters: usize, j: i32, stride: usize, lane: usize, dShift: v128, dRaw: v128, add: bool): void {
  if (!dParameters) return;
  const at = dParameters + <usize>(COUNT * j) * stride + lane;
  addTo(at, dShift, add);
  addTo(at + stride, dRaw, add);
}

// @ts-ignore: decorator
@inline
function addSums(dParameters: usize, j: i32, sumShift: v128, sumRaw: v128): void {
  if (!dParameters) return;
  const at = dParameters + (<usize>(COUNT * j) << 3);
  f64.store(at, f64.load(at) + sumLanes(sumShift));
  f64.store(at + 8, f64.load(at + 8) + sumLanes(sumRaw));
}
