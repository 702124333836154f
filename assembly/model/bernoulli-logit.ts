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

/** So many factors between 1 and 2 have a finite product. */
export const FACTORS = 960;

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
  beginOutcomes(out, product, bytes);
  for (let first = 0; first < dim; first += FACTORS) {
    const row = <usize>first * stride;
    addOutcomes(out, slope + row, product, y + <usize>first * step, eta + row, min(FACTORS, dim - first), step, mask, bytes, stride);
    takeLogarithm(out, product, bytes);
  }
}

/** No outcomes yet: out = 0, product = 1. */
export function beginOutcomes(out: usize, product: usize, bytes: usize): void {
  memory.fill(out, 0, bytes);
  for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(product + lane, v128.load(ONE));
}

/** out += Σ_j (y_j η_j − max(η_j, 0)),   product *= Π_j (1 + f_j),   slope_j = y_j − σ(η_j); slope may be eta. */
export function addOutcomes(
  out: usize,
  slope: usize,
  product: usize,
  y: usize,
  eta: usize,
  count: i32,
  step: usize,
  mask: usize,
  bytes: usize,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  for (let j = 0; j < count; j++) {
    const row = <usize>j * stride;
    const outcome = y + <usize>j * step;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const x = v128.load(eta + row + lane);
      const target = v128.load(outcome + (lane & mask));
      const f = expMinusAbs(x);
      const factor = f64x2.add(v128.load(ONE), f);
      const probability = f64x2.div(v128.bitselect(f, v128.load(ONE), f64x2.lt(x, zero)), factor);
      v128.store(slope + row + lane, f64x2.sub(target, probability));
      v128.store(product + lane, f64x2.mul(v128.load(product + lane), factor));
      v128.store(out + lane, f64x2.add(v128.load(out + lane), f64x2.sub(f64x2.mul(target, x), f64x2.pmax(x, zero))));
    }
  }
}

/** out −= ln product, product = 1 */
export function takeLogarithm(out: usize, product: usize, bytes: usize): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    v128.store(out + lane, f64x2.sub(v128.load(out + lane), log(v128.load(product + lane))));
    v128.store(product + lane, v128.load(ONE));
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
export function chain(d: v128, slope: v128): v128 {
  return v128.andnot(f64x2.mul(d, slope), f64x2.eq(d, f64x2.splat(0)));
}
