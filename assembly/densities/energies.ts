// The four test energies, as log densities −U(z) on the plane
//
//   w₁ = sin(πz₁/2),   w₂ = 3 exp(−½((z₁ − 1)/0.6)²),   w₃ = 3 σ((z₁ − 1)/0.3),   e = z₂ − w₁
//
//   U1 = ½((‖z‖ − 2)/0.4)² − ln(exp(−½((z₁ − 2)/0.6)²) + exp(−½((z₁ + 2)/0.6)²))
//   U2 = ½(e/0.4)²
//   U3 = −ln(exp(−½(e/0.35)²) + exp(−½((e + w₂)/0.35)²))
//   U4 = −ln(exp(−½(e/0.4)²) + exp(−½((e + w₃)/0.35)²))
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, Table 1.
// Ours: U2–U4 are flat along z₁, so that exp(−U) has no integral; the envelope ½(max(0, |z₁| − 4)/0.4)² is added on request.
// Limits: the sums of exponentials are taken in logarithms. Where a square overflows the log density is −∞, as it is then below any double;
// the gradient is finite as far as 1e306, its norm and the shares of the exponentials taken without squares. ∇‖z‖ = 0 at 0.

import { exp } from '../math/exp';
import { log1p } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { cos, sin } from '../math/trig';
import { addTo, rowBytes } from '../vm/parameter';

const HALF_PI: f64 = 1.5707963267948966;
const ENVELOPE_EDGE: f64 = 4;
/** The sum of squares of a shorter length loses digits. */
const LENGTH_MIN: f64 = 2.0 ** -450;

/** which: 1 to 4, plus 8 with the envelope. */
export function energy(logProb: usize, z: usize, which: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  const number = which & 7;
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const z1 = v128.load(z + lane);
    const z2 = v128.load(z + stride + lane);
    let value: v128;
    if (number == 1) value = ring(z1, z2);
    else value = wave(number, z1, z2);
    if (which & 8) value = f64x2.add(value, half2(excess(z1), 0.4));
    v128.store(logProb + lane, f64x2.neg(value));
  }
}

// Backward of energy. With p the share of the second exponential in its sum (a sigmoid of the difference of the exponents):
//
//   U1   dU/dz = (‖z‖ − 2)/0.16 z/‖z‖,  and along z₁ ((1 − p)(z₁ − 2) + p (z₁ + 2)) / 0.36
//   U2   dU/de = e/0.16
//   U3,4 dU/de = (1 − p) e/s₁² + p (e + w)/s₂²,  dU/dw = p (e + w)/s₂²
//   de/dz₁ = −π/2 cos(πz₁/2),  w₂′ = −w₂ (z₁ − 1)/0.36,  w₃′ = w₃ (1 − σ)/0.3

export function energyBackward(dz: usize, dLogProb: usize, z: usize, which: i32, rows: i32, stride: usize, add: bool): void {
  if (!dz) return;
  const bytes = rowBytes(rows);
  const number = which & 7;
  const one = f64x2.splat(1);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const z1 = v128.load(z + lane);
    const z2 = v128.load(z + stride + lane);
    let d1: v128;
    let d2: v128;
    if (number == 1) {
      const r = norm(z1, z2);
      const pull = v128.and(f64x2.div(over(f64x2.sub(r, f64x2.splat(2)), 0.16), r), f64x2.gt(r, f64x2.splat(0)));
      const left = f64x2.add(z1, f64x2.splat(2));
      const right = f64x2.sub(z1, f64x2.splat(2));
      const p = share(right, 0.6, left, 0.6, f64x2.splat(4));
      const sides = f64x2.add(f64x2.mul(f64x2.sub(one, p), right), f64x2.mul(p, left));
      d1 = f64x2.add(f64x2.mul(pull, z1), over(sides, 0.36));
      d2 = f64x2.mul(pull, z2);
    } else {
      const turn = f64x2.mul(z1, f64x2.splat(HALF_PI));
      const e = f64x2.sub(z2, sin(turn));
      const s1 = firstWidth(number);
      d2 = over(e, s1 * s1);
      d1 = f64x2.splat(0);
      if (number > 2) {
        const w = offset(number, z1);
        const moved = f64x2.add(e, w);
        const p = share(e, s1, moved, 0.35, w);
        const second = f64x2.mul(p, over(moved, 0.35 * 0.35));
        d2 = f64x2.add(f64x2.mul(f64x2.sub(one, p), d2), second);
        d1 = f64x2.mul(second, offsetSlope(number, z1, w));
      }
      d1 = f64x2.sub(d1, f64x2.mul(d2, f64x2.mul(f64x2.splat(HALF_PI), cos(turn))));
    }
    if (which & 8) d1 = f64x2.add(d1, over(excess(z1), 0.16));
    const g = f64x2.neg(v128.load(dLogProb + lane));
    addTo(dz + lane, f64x2.mul(g, d1), add);
    addTo(dz + stride + lane, f64x2.mul(g, d2), add);
  }
}

function ring(z1: v128, z2: v128): v128 {
  const two = f64x2.splat(2);
  const r = norm(z1, z2);
  const sides = smallerOf(half2(f64x2.sub(z1, two), 0.6), half2(f64x2.add(z1, two), 0.6));
  return f64x2.add(half2(f64x2.sub(r, two), 0.4), sides);
}

function wave(number: i32, z1: v128, z2: v128): v128 {
  const e = f64x2.sub(z2, sin(f64x2.mul(z1, f64x2.splat(HALF_PI))));
  const first = half2(e, firstWidth(number));
  if (number == 2) return first;
  return smallerOf(first, half2(f64x2.add(e, offset(number, z1)), 0.35));
}

// @ts-ignore: decorator
@inline
function firstWidth(number: i32): f64 {
  return number == 3 ? 0.35 : 0.4;
}

/** w₂ or w₃ */
function offset(number: i32, z1: v128): v128 {
  const centred = f64x2.sub(z1, f64x2.splat(1));
  const three = f64x2.splat(3);
  return f64x2.mul(three, number == 3 ? exp(f64x2.neg(half2(centred, 0.6))) : sigmoid(over(centred, 0.3)));
}

/** w₂′ or w₃′, given w₂ or w₃ */
function offsetSlope(number: i32, z1: v128, w: v128): v128 {
  const centred = f64x2.sub(z1, f64x2.splat(1));
  if (number == 3) return f64x2.neg(f64x2.mul(w, over(centred, 0.36)));
  return f64x2.mul(w, over(sigmoid(f64x2.neg(over(centred, 0.3))), 0.3));
}

/** sign(z₁) max(0, |z₁| − 4) */
// @ts-ignore: decorator
@inline
function excess(z1: v128): v128 {
  const beyond = f64x2.pmax(f64x2.sub(f64x2.abs(z1), f64x2.splat(ENVELOPE_EDGE)), f64x2.splat(0));
  return v128.or(beyond, v128.and(z1, f64x2.splat(-0.0)));
}

/** ½ (x / scale)² */
// @ts-ignore: decorator
@inline
function half2(x: v128, scale: f64): v128 {
  const y = over(x, scale);
  return f64x2.mul(f64x2.splat(0.5), f64x2.mul(y, y));
}

// @ts-ignore: decorator
@inline
function over(x: v128, scale: f64): v128 {
  return f64x2.div(x, f64x2.splat(scale));
}

/** ‖z‖, the squares taken of what is divided by the larger where they leave a double's range. */
function norm(z1: v128, z2: v128): v128 {
  const r = f64x2.sqrt(f64x2.add(f64x2.mul(z1, z1), f64x2.mul(z2, z2)));
  const out = v128.or(f64x2.lt(r, f64x2.splat(LENGTH_MIN)), f64x2.eq(r, f64x2.splat(Infinity)));
  if (!v128.any_true(out)) return r;
  const a = f64x2.abs(z1);
  const b = f64x2.abs(z2);
  const larger = f64x2.max(a, b);
  const ratio = f64x2.div(f64x2.min(a, b), larger);
  const scaled = f64x2.mul(larger, f64x2.sqrt(f64x2.add(f64x2.splat(1), f64x2.mul(ratio, ratio))));
  return v128.bitselect(v128.and(scaled, f64x2.gt(larger, f64x2.splat(0))), r, out);
}

/**
 * The share of the second exponential in e^−½(x/s)² + e^−½(y/t)², where y = x + w: σ(½ (x/s)² − ½ (y/t)²). Where both squares overflow
 * their difference is taken as the product of x/s − y/t = x (1/s − 1/t) − w/t and x/s + y/t.
 */
// @ts-ignore: decorator
@inline
function share(x: v128, s: f64, y: v128, t: f64, w: v128): v128 {
  const exponent = f64x2.sub(half2(x, s), half2(y, t));
  const lost = f64x2.ne(exponent, exponent);
  if (!v128.any_true(lost)) return sigmoid(exponent);
  const difference = f64x2.sub(f64x2.mul(x, f64x2.splat(1 / s - 1 / t)), over(w, t));
  const product = f64x2.mul(difference, f64x2.add(half(over(x, s)), half(over(y, t))));
  return sigmoid(v128.bitselect(product, exponent, lost));
}

// @ts-ignore: decorator
@inline
function half(x: v128): v128 {
  return f64x2.mul(f64x2.splat(0.5), x);
}

/** −ln(e^−p + e^−q); ∞ where both are, as the density is 0 there */
function smallerOf(p: v128, q: v128): v128 {
  const smaller = f64x2.min(p, q);
  const apart = v128.and(f64x2.sub(smaller, f64x2.max(p, q)), f64x2.ne(p, q));
  return f64x2.sub(smaller, log1p(exp(apart)));
}
