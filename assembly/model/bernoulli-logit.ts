// ln P(y) of outcomes y = 0 or 1, data, where P(1) = σ(η)
//
//   out_j = y_j η_j − ln(1 + e^η_j),     slope_j = y_j − σ(η_j)
//
// Both come from one exponential, f = e^−|η|: ln(1 + e^η) = max(η, 0) + ln(1 + f), σ(η) = (1 or f) / (1 + f). Regressions spend most of
// their time here.

import { exp, ONE } from '../math/exp';
import { softplusOf } from '../math/softplus';
import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

export function bernoulliLogit(
  out: usize, // [dim]
  slope: usize, // [dim]
  y: usize, // data
  eta: usize, // [dim]
  dim: i32,
  source: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const step = stepOf(source, stride);
  const mask = maskOf(source);
  const one = v128.load(ONE);
  const zero = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    const row = <usize>j * stride;
    const outcome = y + <usize>j * step;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const x = v128.load(eta + row + lane);
      const target = v128.load(outcome + (lane & mask));
      const f = exp(f64x2.neg(f64x2.abs(x)));
      const probability = f64x2.div(v128.bitselect(f, one, f64x2.lt(x, zero)), f64x2.add(one, f));
      v128.store(out + row + lane, f64x2.sub(f64x2.mul(target, x), softplusOf(x, f)));
      v128.store(slope + row + lane, f64x2.sub(target, probability));
    }
  }
}

/** Backward of bernoulliLogit: dη_j += slope_j dOut_j */
export function bernoulliLogitBackward(
  dEta: usize,
  dOut: usize,
  slope: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  if (!dEta) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const row = <usize>j * stride;
    for (let lane: usize = row; lane < row + bytes; lane += 16) {
      addTo(dEta + lane, f64x2.mul(v128.load(dOut + lane), v128.load(slope + lane)), add);
    }
  }
}
