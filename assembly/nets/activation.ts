// Activations of networks, element by element
//
//            y                         dy/dx
//   Tanh     tanh x                    1 − y²
//   Relu     max(x, 0)                 1 where y > 0, else 0
//   Elu      x > 0 ? x : e^x − 1       y > 0 ? 1 : y + 1
//   Silu     x σ(x)                    σ(x) (1 + x σ(−x))
//   Softplus ln(1 + e^x)               σ(x)
//   Gelu     x Φ(x)                    Φ(x) + x φ(x)
//
// The first three keep y for the backward pass and may overwrite x, the others keep x.

import { ActivationFunction } from '../opcodes';
import { expm1, ONE } from '../math/exp';
import { normalCdf, normalCdfOf, normalDistance, normalKernel } from '../math/normal-cdf';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { tanh } from '../math/tanh';
import { addTo, rowBytes } from '../vm/parameter';

const INVERSE_SQRT_2PI: usize = memory.data<f64>([0.3989422804014327, 0.3989422804014327], 16); // 0x3FD9884533D43651

export function activation(y: usize, x: usize, dim: i32, fn: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const shift = <usize>j * stride;
    activationRow(y + shift, x + shift, fn, bytes);
  }
}

function activationRow(y: usize, x: usize, fn: i32, bytes: usize): void {
  const zero = f64x2.splat(0);
  switch (fn) {
    case ActivationFunction.Tanh:
      for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(y + lane, tanh(v128.load(x + lane)));
      break;
    case ActivationFunction.Relu:
      for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(y + lane, f64x2.pmax(v128.load(x + lane), zero));
      break;
    case ActivationFunction.Elu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const value = v128.load(x + lane);
        v128.store(y + lane, v128.bitselect(value, expm1(value), f64x2.gt(value, zero)));
      }
      break;
    case ActivationFunction.Silu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const value = v128.load(x + lane);
        v128.store(y + lane, f64x2.mul(value, sigmoid(value)));
      }
      break;
    case ActivationFunction.Gelu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const value = v128.load(x + lane);
        v128.store(y + lane, f64x2.mul(value, normalCdf(value)));
      }
      break;
    default:
      for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(y + lane, softplus(v128.load(x + lane)));
  }
}

/** dx += dy · f′, from y or x as the table says. */
export function activationBackward(
  dx: usize, // may be dy
  dy: usize,
  kept: usize, // y or x
  dim: i32,
  fn: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dx) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const shift = <usize>j * stride;
    activationRowBackward(dx + shift, dy + shift, kept + shift, fn, bytes, add);
  }
}

function activationRowBackward(dx: usize, dy: usize, kept: usize, fn: i32, bytes: usize, add: bool): void {
  const zero = f64x2.splat(0);
  const one = v128.load(ONE);
  switch (fn) {
    case ActivationFunction.Tanh:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const y = v128.load(kept + lane);
        addTo(dx + lane, f64x2.mul(v128.load(dy + lane), f64x2.sub(one, f64x2.mul(y, y))), add);
      }
      break;
    case ActivationFunction.Relu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        addTo(dx + lane, v128.and(v128.load(dy + lane), f64x2.gt(v128.load(kept + lane), zero)), add);
      }
      break;
    case ActivationFunction.Elu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const y = v128.load(kept + lane);
        const slope = v128.bitselect(one, f64x2.add(y, one), f64x2.gt(y, zero));
        addTo(dx + lane, f64x2.mul(v128.load(dy + lane), slope), add);
      }
      break;
    case ActivationFunction.Silu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const x = v128.load(kept + lane);
        const inner = f64x2.add(one, f64x2.mul(x, sigmoid(f64x2.neg(x))));
        addTo(dx + lane, f64x2.mul(v128.load(dy + lane), f64x2.mul(sigmoid(x), inner)), add);
      }
      break;
    case ActivationFunction.Gelu:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const x = v128.load(kept + lane);
        const a = normalDistance(x);
        const kernel = normalKernel(a);
        const density = f64x2.mul(kernel, v128.load(INVERSE_SQRT_2PI));
        const slope = f64x2.add(normalCdfOf(x, a, kernel), f64x2.mul(x, density));
        addTo(dx + lane, f64x2.mul(v128.load(dy + lane), slope), add);
      }
      break;
    default:
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        addTo(dx + lane, f64x2.mul(v128.load(dy + lane), sigmoid(v128.load(kept + lane))), add);
      }
  }
}
