// The integral that the tails of the gamma and the beta distribution are, in logarithms of their variables
//
//   M = ∫₀^∞ W dv,   W = e^{−g v − n K(z)},   z = v or −v,      K(z) = ln(1 + s (e^z − 1)) − s z,   or  e^z − 1 − z  where s = 0
//   Z = ∫₀^∞ z W dv,   L = ∫₀^∞ ln(1 + s (e^z − 1)) W dv
//
// n K are the cumulants of a binomial or a Poisson variable: convex, so that ln W is concave and M one peak, at v = 0 or not far from it, however
// large n is. K is taken without the cancellation near 0, where it is s (1 − s) z² / 2.
//
// Gauss–Legendre, 24 nodes on each of as many pieces, none longer than 4, as reach to where W has fallen below e^−39. Nearest singularity: 1 + s
// (e^z − 1) = 0, at a distance of π from the real line. The relative error was found below 1e-14 (shorter pieces and more nodes change nothing).
//
// One call is one number; the two lanes are nodes c − h t and c + h t of a piece, which have one weight.

import { exp, expm1, tail } from './exp';
import { log1p, log1pLess } from './log';
import { expOf, log1pOf, sumOfLanes } from './scalar';

const DEPTH: f64 = 39;
const LONGEST_PIECE: f64 = 4;
const FIRST_REACH: f64 = 64;
/** Below it e^z − 1 − z and ln(1 + w) − w are their series. */
const NEAR: f64 = 0.34;
const NODES: i32 = 12;

/** [t, weight] of the positive nodes. */
const RULE: usize = memory.data<f64>([
  0.9951872199970213, 0.0123412297999872,
  0.9747285559713095, 0.028531388628933663,
  0.9382745520027328, 0.04427743881741981,
  0.8864155270044011, 0.05929858491543678,
  0.820001985973903, 0.0733464814110803,
  0.7401241915785544, 0.08619016153195327,
  0.6480936519369755, 0.09761865210411388,
  0.5454214713888396, 0.10744427011596563,
  0.4337935076260451, 0.1155056680537256,
  0.3150426796961634, 0.12167047292780339,
  0.1911188674736163, 0.1258374563468283,
  0.06405689286260563, 0.12793819534675216,
], 16);

/** K(z), given w = s (e^z − 1). */
// @ts-ignore: decorator
@inline
function cumulant(z: v128, w: v128, s: v128, isGamma: bool): v128 {
  const isNear = f64x2.lt(f64x2.abs(z), f64x2.splat(NEAR));
  const small = tail(v128.and(z, isNear));
  if (isGamma) return v128.bitselect(small, f64x2.sub(w, z), isNear);
  const near = f64x2.add(f64x2.mul(s, small), log1pLess(v128.and(w, isNear)));
  return v128.bitselect(near, f64x2.sub(log1p(w), f64x2.mul(s, z)), isNear);
}

/** e^z − 1, or s times that. */
// @ts-ignore: decorator
@inline
function excess(z: v128, s: v128, isGamma: bool): v128 {
  return isGamma ? expm1(z) : f64x2.mul(s, expm1(z));
}

/** −ln W at one v. */
function fall(v: f64, direction: f64, g: f64, n: f64, s: f64): f64 {
  const z = f64x2.splat(direction * v);
  const share = f64x2.splat(s);
  return g * v + n * f64x2.extract_lane(cumulant(z, excess(z, share, s == 0), share, s == 0), 0);
}

/** Where W has fallen below e^−DEPTH, and not much further. */
function reach(direction: f64, g: f64, n: f64, s: f64): f64 {
  const curvature = s == 0 ? n : n * s * (1 - s);
  let end = f64.min(1 / (f64.abs(g) + f64.sqrt(curvature)), FIRST_REACH);
  if (fall(end, direction, g, n, s) < DEPTH) {
    do end *= 2;
    while (fall(end, direction, g, n, s) < DEPTH);
  } else {
    while (fall(0.5 * end, direction, g, n, s) >= DEPTH) end *= 0.5;
  }
  let begin = 0.5 * end;
  for (let step = 0; step < 3; step++) {
    const middle = 0.5 * (begin + end);
    if (fall(middle, direction, g, n, s) < DEPTH) begin = middle;
    else end = middle;
  }
  return end;
}

/** M, Z and, where s is not 0, L of finite g and n > 0, n + g > 0 for z = −v, and s ≤ ½. */
export function tailIntegral(
  m: usize, // [1]
  zMoment: usize, // [1]
  logMoment: usize, // [1], unless s is 0
  direction: f64, // z = direction · v, 1 or −1
  g: f64,
  n: f64,
  s: f64,
): void {
  const isGamma = s == 0;
  const end = reach(direction, g, n, s);
  const pieces = f64.ceil(end / LONGEST_PIECE);
  const h = (0.5 * end) / pieces;
  const share = f64x2.splat(s);
  const rate = f64x2.splat(g);
  const count = f64x2.splat(n);
  let sum = f64x2.splat(0);
  let zSum = f64x2.splat(0);
  let logSum = f64x2.splat(0);
  for (let piece: f64 = 0; piece < pieces; piece++) {
    const c = (2 * piece + 1) * h;
    for (let node = 0; node < NODES; node++) {
      const t = f64.load(RULE + (<usize>node << 4));
      const v = f64x2.replace_lane(f64x2.splat(c - h * t), 1, c + h * t);
      const z = direction < 0 ? f64x2.neg(v) : v;
      const w = excess(z, share, isGamma);
      const exponent = f64x2.add(f64x2.mul(rate, v), f64x2.mul(count, cumulant(z, w, share, isGamma)));
      const weight = f64x2.mul(v128.load64_splat(RULE + (<usize>node << 4) + 8), exp(f64x2.neg(exponent)));
      sum = f64x2.add(sum, weight);
      zSum = f64x2.add(zSum, f64x2.mul(weight, z));
      if (!isGamma) logSum = f64x2.add(logSum, f64x2.mul(weight, log1p(w)));
    }
  }
  f64.store(m, h * sumOfLanes(sum));
  f64.store(zMoment, h * sumOfLanes(zSum));
  if (!isGamma) f64.store(logMoment, h * sumOfLanes(logSum));
}

/** ln ¾: of a larger probability, what it lacks of 1 is better found directly. */
const LARGEST: f64 = -0.2876820724517809;

/**
 * From the logarithm y of a probability and its slopes to those of what it lacks of 1, where that loses nothing.
 *
 * @returns whether it was done
 */
export function complement(
  y: usize, // [1]
  slopes: usize, // [count], step bytes apart
  step: usize,
  count: i32,
): bool {
  const logarithm = f64.load(y);
  if (logarithm > LARGEST) return false;
  scaled(y, slopes, step, count, -1);
  return true;
}

/** From y = ln p and its slopes to those of ln(1 + factor p). */
export function scaled(y: usize, slopes: usize, step: usize, count: i32, factor: f64): void {
  const part = factor * expOf(f64.load(y));
  f64.store(y, log1pOf(part));
  for (let k: usize = 0; k < <usize>count; k++) {
    const at = slopes + k * step;
    // an infinite slope of nothing is none
    f64.store(at, part == 0 ? 0 : f64.load(at) * (part / (1 + part)));
  }
}
