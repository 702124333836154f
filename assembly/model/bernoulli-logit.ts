// ln P(y) of outcomes y = 0 or 1, data, where P(1) = σ(η)
//
//   out_j = y_j η_j − ln(1 + e^η_j),     slope_j = y_j − σ(η_j)
//
// Both come from one exponential, f = e^−|η|: ln(1 + e^η) = max(η, 0) + ln(1 + f), σ(η) = (1 or f) / (1 + f). Regressions spend most of
// their time here, and ask for the sum alone, which takes one logarithm for as many factors as a double has room for:
//
//   Sum      out = Σ_j (y_j η_j − max(η_j, 0)) − ln Π_j (1 + f_j)
//
// Limits: a factor rounds by half an ulp of 1 and a product by one of itself, so that the sum is wrong by n ε at most, however small it is.

import { exp, expMinusAbs, ONE } from '../math/exp';
import { log } from '../math/log';
import { softplusOf } from '../math/softplus';
import { addTo, rowBytes } from '../vm/parameter';
import { maskOf, stepOf } from './source';

/** Factors between 1 and 2 whose product is a finite number. */
const FACTORS = 1023;

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
    for (let lane: usize = row; lane < row + bytes; lane += 16) addTo(dEta + lane, chain(v128.load(dOut + lane), v128.load(slope + lane)), add);
  }
}

/** The sum over all j; slope may be eta. */
export function bernoulliLogitSum(
  out: usize, // [1]
  slope: usize, // [dim]
  product: usize, // [1] scratch
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
  memory.fill(out, 0, bytes);
  for (let first = 0; first < dim; first += FACTORS) {
    const last = min(first + FACTORS, dim);
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(product + lane, v128.load(ONE));
    for (let j = first; j < last; j++) {
      const row = <usize>j * stride;
      addOutcome(out, slope + row, product, y + <usize>j * step, eta + row, mask, bytes);
    }
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      v128.store(out + lane, f64x2.sub(v128.load(out + lane), log(v128.load(product + lane))));
    }
  }
}

/** out += y η − max(η, 0),   product *= 1 + f,   slope = y − σ(η), of one outcome. */
function addOutcome(out: usize, slope: usize, product: usize, y: usize, eta: usize, mask: usize, bytes: usize): void {
  const zero = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const x = v128.load(eta + lane);
    const target = v128.load(y + (lane & mask));
    const f = expMinusAbs(x);
    const factor = f64x2.add(v128.load(ONE), f);
    const probability = f64x2.div(v128.bitselect(f, v128.load(ONE), f64x2.lt(x, zero)), factor);
    v128.store(slope + lane, f64x2.sub(target, probability));
    v128.store(product + lane, f64x2.mul(v128.load(product + lane), factor));
    v128.store(out + lane, f64x2.add(v128.load(out + lane), f64x2.sub(f64x2.mul(target, x), f64x2.pmax(x, zero))));
  }
}

/** Backward of bernoulliLogitSum: dη_j += slope_j dOut; dEta may be slope. */
export function bernoulliLogitSumBackward(
  dEta: usize,
  dOut: usize, // [1]
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
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      addTo(dEta + row + lane, chain(v128.load(dOut + lane), v128.load(slope + row + lane)), add);
    }
  }
}

/** d · slope, 0 where d is, whatever the slope. */
// @ts-ignore: decorator
@inline
function chain(d: v128, slope: v128): v128 {
  return v128.andnot(f64x2.mul(d, slope), f64x2.eq(d, f64x2.splat(0)));
}
