// Sums along a block, a group of `size` rows each, in the order of the rows
//
//   Sum         y = Σ_j x_j                                      dx_j = dy
//   LogSumExp   y = m + ln Σ_j e^(x_j − m),   m = max_j x_j      dx_j = e^(x_j − y) dy
//   Running     y_j = x_0 + … + x_j                              dx_j = Σ_{i ≥ j} dy_i
//
// Where all x_j are −∞, so is their LogSumExp, and no gradient flows.

import { Reduction } from '../opcodes';
import { exp } from '../math/exp';
import { log } from '../math/log';
import { addTo, rowBytes } from '../vm/parameter';

export function reduce(
  y: usize, // [groups]; Running: [groups · size]
  x: usize, // [groups · size]
  groups: i32,
  size: i32,
  reduction: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const groupBytes = <usize>size * stride;
  for (let group = 0; group < groups; group++) {
    const from = x + <usize>group * groupBytes;
    const end = from + groupBytes;
    if (reduction == Reduction.Running) running(y + <usize>group * groupBytes, from, size, bytes, stride);
    else if (reduction == Reduction.Sum) sum(y + <usize>group * stride, from, end, bytes, stride);
    else logSumExp(y + <usize>group * stride, from, end, bytes, stride);
  }
}

function sum(y: usize, x: usize, end: usize, bytes: usize, stride: usize): void {
  memory.copy(y, x, bytes);
  for (let row = x + stride; row < end; row += stride) {
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(y + lane, f64x2.add(v128.load(y + lane), v128.load(row + lane)));
  }
}

function running(y: usize, x: usize, size: i32, bytes: usize, stride: usize): void {
  memory.copy(y, x, bytes);
  for (let j: usize = 1; j < <usize>size; j++) {
    const at = j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      v128.store(y + at + lane, f64x2.add(v128.load(y + at - stride + lane), v128.load(x + at + lane)));
    }
  }
}

function logSumExp(y: usize, x: usize, end: usize, bytes: usize, stride: usize): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let most = v128.load(x + lane);
    for (let row = x + stride; row < end; row += stride) most = f64x2.max(most, v128.load(row + lane));
    const shift = finite(most);
    let total = f64x2.splat(0);
    for (let row = x; row < end; row += stride) total = f64x2.add(total, exp(f64x2.sub(v128.load(row + lane), shift)));
    v128.store(y + lane, f64x2.add(shift, log(total)));
  }
}

/** The value, or 0 where it is −∞. */
// @ts-ignore: decorator
@inline
function finite(value: v128): v128 {
  return v128.andnot(value, f64x2.eq(value, f64x2.splat(-Infinity)));
}

export function reduceBackward(
  dx: usize,
  dy: usize,
  x: usize,
  y: usize,
  groups: i32,
  size: i32,
  reduction: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dx) return;
  const bytes = rowBytes(rows);
  const groupBytes = <usize>size * stride;
  for (let group = 0; group < groups; group++) {
    const begin = <usize>group * groupBytes;
    if (reduction == Reduction.Running) {
      runningBackward(dx + begin, dy + begin, size, bytes, stride, add);
      continue;
    }
    const from = dy + <usize>group * stride;
    for (let row = begin; row < begin + groupBytes; row += stride) {
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const d = v128.load(from + lane);
        let slope = d;
        if (reduction == Reduction.LogSumExp) {
          const shift = finite(v128.load(y + <usize>group * stride + lane));
          slope = v128.andnot(f64x2.mul(d, exp(f64x2.sub(v128.load(x + row + lane), shift))), f64x2.eq(d, f64x2.splat(0)));
        }
        addTo(dx + row + lane, slope, add);
      }
    }
  }
}

function runningBackward(dx: usize, dy: usize, size: i32, bytes: usize, stride: usize, add: bool): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let total = f64x2.splat(0);
    for (let j = size - 1; j >= 0; j--) {
      const at = <usize>j * stride + lane;
      total = f64x2.add(total, v128.load(dy + at));
      addTo(dx + at, total, add);
    }
  }
}
