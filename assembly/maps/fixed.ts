// Maps without parameters: the same function for every feature
//
//   out = f(input),   logDet += ln |f′(input)|
//
// Both directions of each are functions of a row in a file of their own. They leave what one backward pass needs: slope = f′ and
// bend = ∂ ln |f′| / ∂input, both 0 outside the support.

import { FixedFunction } from '../opcodes';
import { addTo, rowBytes } from '../vm/parameter';
import { boundForward, boundInverse } from './bound';
import { intervalForward, intervalInverse } from './interval';
import { leakyReluForward, leakyReluInverse } from './leaky-relu';
import { softplusForward, softplusInverse } from './softplus';
import { tanhForward, tanhInverse } from './tanh';

export function fixedMap(
  out: usize, // [dim], may be input
  slope: usize, // [dim]
  bend: usize, // [dim]
  logDet: usize, // accumulator of multiplicity 1
  input: usize, // [dim]
  dim: i32,
  fn: i32,
  first: f64, // its constants
  second: f64,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    row(out, slope, bend, logDet, input, fn, first, second, bytes, stride);
    out += stride;
    slope += stride;
    bend += stride;
    input += stride;
  }
}

function row(out: usize, slope: usize, bend: usize, logDet: usize, input: usize, fn: i32, first: f64, second: f64, bytes: usize, stride: usize): void {
  switch (fn) {
    case FixedFunction.Bound:
      return boundForward(out, slope, bend, logDet, input, first, second, bytes, stride);
    case FixedFunction.BoundInverse:
      return boundInverse(out, slope, bend, logDet, input, first, second, bytes, stride);
    case FixedFunction.Interval:
      return intervalForward(out, slope, bend, logDet, input, first, second, bytes, stride);
    case FixedFunction.IntervalInverse:
      return intervalInverse(out, slope, bend, logDet, input, first, second, bytes, stride);
    case FixedFunction.Softplus:
      return softplusForward(out, slope, bend, logDet, input, bytes, stride);
    case FixedFunction.SoftplusInverse:
      return softplusInverse(out, slope, bend, logDet, input, bytes, stride);
    case FixedFunction.Tanh:
      return tanhForward(out, slope, bend, logDet, input, bytes, stride);
    case FixedFunction.TanhInverse:
      return tanhInverse(out, slope, bend, logDet, input, bytes, stride);
    case FixedFunction.LeakyRelu:
      return leakyReluForward(out, slope, bend, logDet, input, first, bytes, stride);
    case FixedFunction.LeakyReluInverse:
      return leakyReluInverse(out, slope, bend, logDet, input, first, bytes, stride);
  }
}

// Backward of fixedMap: dInput = slope dOut + bend dLogDet

export function fixedMapBackward(
  dInput: usize, // may be dOut
  dOut: usize,
  dLogDet: usize,
  slope: usize,
  bend: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const throughOut = f64x2.mul(v128.load(slope + here), v128.load(dOut + here));
      const throughLogDet = f64x2.mul(v128.load(bend + here), v128.load(dLogDet + lane));
      addTo(dInput + here, f64x2.add(throughOut, throughLogDet), add);
    }
  }
}
