// Sylvester flow
//
//   forward   x = z + Q g,   g = R₁ h,   h = tanh(a),   a = R₂ y + b,   y = Qᵀz
//   logDet    Σ ln(hᵢ² + δᵢ sᵢ),   sᵢ = 1 − hᵢ²,   δᵢ = 1 + (R₁)ᵢᵢ (R₂)ᵢᵢ > 0
//   inverse   z = x − Q g,   y + R₁ tanh(R₂ y + b) = Qᵀx: triangular, last row first; row i is the scalar equation
//             (aᵢ − tanh aᵢ) + δᵢ tanh aᵢ = (R₂)ᵢᵢ (Qᵀx − Σ_{j>i} R₁ h)ᵢ + (b + Σ_{j>i} R₂ y)ᵢ, the planar one
//   R₁, R₂    upper triangular, packed row by row; diagonals tanh(raw), so that δ > 0: sylvesterConstrain, once per layer
//   Q         [dim × rank], orthonormal columns: a product of reflections, sylvesterFrame, once per layer; column i stands at q + i · dim.
//             With q = 0 it is the identity, or where `reversed` the reversal of features.
//
// Source: van den Berg, Hasenclever, Tomczak & Welling 2018, arXiv:1803.05649, §3 and §4. The inverse, its gradients and the forms
// without cancellation are ours.
// Limits: 1 + (R₁)ᵢᵢ (R₂)ᵢᵢ cancels as the raw diagonals grow with opposite signs; δ is taken from exponentials of them. Below
// ln δ = −700, where δ underflows, ln δ is carried. The inverse divides by no diagonal: y = Qᵀx − R₁ h. |v|² must be a normal number.
// Derivation: docs/transforms/sylvester.md
//
// The block `shift` holds what moves y: g forward, −g inverse.

import { exp } from '../math/exp';
import { log, log1p } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { tanh as tanhOf } from '../math/tanh';
import { tanhSech2Row } from '../math/tanh-sech2';
import { addParameter, addTo, parameter, parameterBytes, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';
import { accumulate, determinant, dot, LOG_DELTA_MIN, logDeterminant, shareOfDelta, slope, solve } from './planar';

const LN2: f64 = 0.6931471805599453;

// --- Q -----------------------------------------------------------------------------------------------------------------------

// Q = H_{K−1} … H₀ I,   H = I − c v vᵀ,   c = 2 / |v|²

export function sylvesterFrame<P>(
  q: usize, // [rank × dim], column by column
  v: usize, // [reflections × dim]
  dim: i32,
  rank: i32,
  reflections: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = parameterBytes<P>(rows);
  const vector = <usize>dim * unit<P>(stride);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < dim; j++) storeParameter<P>(q, i * dim + j, stride, lane, f64x2.splat(i == j ? 1 : 0));
    }
    for (let k = 0; k < reflections; k++) {
      const vk = v + <usize>k * vector;
      const c = reflection<P>(vk, dim, stride, lane);
      for (let i = 0; i < rank; i++) {
        const column = q + <usize>i * vector;
        subtract<P>(column, f64x2.mul(c, dot<P>(vk, column, dim, stride, lane)), vk, dim, stride, lane);
      }
    }
  }
}

// Backward of sylvesterFrame, column by column, last reflection first. A reflection undoes itself, so what it was given is computed anew
// from what it gave: with q given, p the gradient of what it gave, β = vᵀq, γ = vᵀp:
//
//   dv += −c (β p + γ q − c β γ v),   p ← p − c γ v

export function sylvesterFrameBackward<P>(
  dv: usize,
  dQ: usize,
  work: usize, // [2 dim] scratch
  q: usize,
  v: usize,
  dim: i32,
  rank: i32,
  reflections: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = parameterBytes<P>(rows);
  const vector = <usize>dim * unit<P>(stride);
  const p = work + vector;
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    for (let i = 0; i < rank; i++) {
      for (let j = 0; j < dim; j++) {
        storeParameter<P>(work, j, stride, lane, parameter<P>(q, i * dim + j, stride, lane));
        storeParameter<P>(p, j, stride, lane, parameter<P>(dQ, i * dim + j, stride, lane));
      }
      for (let k = reflections - 1; k >= 0; k--) {
        const vk = v + <usize>k * vector;
        const c = reflection<P>(vk, dim, stride, lane);
        subtract<P>(work, f64x2.mul(c, dot<P>(vk, work, dim, stride, lane)), vk, dim, stride, lane);
        const beta = f64x2.mul(c, dot<P>(vk, work, dim, stride, lane));
        const gamma = f64x2.mul(c, dot<P>(vk, p, dim, stride, lane));
        const both = f64x2.mul(beta, gamma);
        for (let j = 0; j < dim; j++) {
          const one = f64x2.mul(beta, parameter<P>(p, j, stride, lane));
          const other = f64x2.mul(gamma, parameter<P>(work, j, stride, lane));
          const along = f64x2.mul(both, parameter<P>(vk, j, stride, lane));
          addParameter<P>(dv, k * dim + j, stride, lane, f64x2.sub(along, f64x2.add(one, other)), add || i > 0);
        }
        subtract<P>(p, gamma, vk, dim, stride, lane);
      }
    }
  }
}

// --- R₁, R₂ ------------------------------------------------------------------------------------------------------------------

// With raw diagonals p, q and E = exp(−2|p|), F = exp(−2|q|):
//
//   δ = 1 + tanh p tanh q = 2 (E + F) / ((1 + E)(1 + F)) where the signs differ: nothing cancels
//   ln δ = ln 2 − 2 min(|p|, |q|) + log1p(exp(−2 ||p| − |q||)) below −700, where E and F are nothing beside 1

export function sylvesterConstrain<P>(
  r1: usize, // [rank (rank + 1) / 2]
  r2: usize, // the same
  delta: usize, // [rank]
  logDelta: usize, // [rank]
  raw1: usize, // as r1
  raw2: usize,
  rank: i32,
  rows: i32,
  stride: usize,
): void {
  const one = f64x2.splat(1);
  const two = f64x2.splat(2);
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let at = 0;
    for (let i = 0; i < rank; i++) {
      const p = parameter<P>(raw1, at, stride, lane);
      const q = parameter<P>(raw2, at, stride, lane);
      const t1 = tanhOf(p);
      const t2 = tanhOf(q);
      const e = decay(p);
      const f = decay(q);
      const product = f64x2.mul(t1, t2);
      const apart = f64x2.div(f64x2.mul(two, f64x2.add(e, f)), f64x2.mul(f64x2.add(one, e), f64x2.add(one, f)));
      const isApart = f64x2.lt(product, f64x2.splat(0));
      const d = v128.bitselect(apart, f64x2.add(one, product), isApart);
      const far = smallLog(p, q);
      storeParameter<P>(r1, at, stride, lane, t1);
      storeParameter<P>(r2, at, stride, lane, t2);
      storeParameter<P>(delta, i, stride, lane, d);
      storeParameter<P>(logDelta, i, stride, lane, v128.bitselect(far, log(d), isSmall(far, isApart)));
      for (at++; at < packed(i + 1, i + 1, rank); at++) {
        storeParameter<P>(r1, at, stride, lane, parameter<P>(raw1, at, stride, lane));
        storeParameter<P>(r2, at, stride, lane, parameter<P>(raw2, at, stride, lane));
      }
    }
  }
}

// Backward of sylvesterConstrain. On the diagonals, with sech² p = 4E / (1 + E)²:
//
//   dp += dR₁ᵢᵢ sech² p + d ln δ · ∂ln δ/∂p,   ∂ln δ/∂p = tanh q sech² p / δ, or −sign(p) 2 σ(2 (|q| − |p|)) below ln δ = −700

export function sylvesterConstrainBackward<P>(
  dRaw1: usize,
  dRaw2: usize,
  dR1: usize,
  dR2: usize,
  dLogDelta: usize,
  raw1: usize,
  raw2: usize,
  r1: usize,
  r2: usize,
  delta: usize,
  rank: i32,
  rows: i32,
  stride: usize,
  add1: bool,
  add2: bool,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let at = 0;
    for (let i = 0; i < rank; i++) {
      const p = parameter<P>(raw1, at, stride, lane);
      const q = parameter<P>(raw2, at, stride, lane);
      const t1 = parameter<P>(r1, at, stride, lane);
      const t2 = parameter<P>(r2, at, stride, lane);
      const d = parameter<P>(delta, i, stride, lane);
      const g = parameter<P>(dLogDelta, i, stride, lane);
      const small = isSmall(smallLog(p, q), f64x2.lt(f64x2.mul(t1, t2), f64x2.splat(0)));
      if (dRaw1) addParameter<P>(dRaw1, at, stride, lane, diagonal(p, q, t2, d, parameter<P>(dR1, at, stride, lane), g, small), add1);
      if (dRaw2) addParameter<P>(dRaw2, at, stride, lane, diagonal(q, p, t1, d, parameter<P>(dR2, at, stride, lane), g, small), add2);
      for (at++; at < packed(i + 1, i + 1, rank); at++) {
        if (dRaw1) addParameter<P>(dRaw1, at, stride, lane, parameter<P>(dR1, at, stride, lane), add1);
        if (dRaw2) addParameter<P>(dRaw2, at, stride, lane, parameter<P>(dR2, at, stride, lane), add2);
      }
    }
  }
}

/** The gradient of the raw diagonal p beside the raw diagonal q, whose tanh is `other`. */
function diagonal(p: v128, q: v128, other: v128, delta: v128, dR: v128, dLogDelta: v128, small: v128): v128 {
  const e = decay(p);
  const onePlus = f64x2.add(f64x2.splat(1), e);
  const sech2 = f64x2.div(f64x2.mul(f64x2.splat(4), e), f64x2.mul(onePlus, onePlus));
  const nearer = sigmoid(f64x2.mul(f64x2.splat(2), f64x2.sub(f64x2.abs(q), f64x2.abs(p))));
  const far = v128.xor(f64x2.mul(f64x2.splat(-2), nearer), v128.and(p, f64x2.splat(-0.0)));
  const ratio = v128.bitselect(far, f64x2.div(f64x2.mul(other, sech2), delta), small);
  return f64x2.add(f64x2.mul(dR, sech2), f64x2.mul(dLogDelta, ratio));
}

/** exp(−2|p|) */
// @ts-ignore: decorator
@inline
function decay(p: v128): v128 {
  return exp(f64x2.mul(f64x2.splat(-2), f64x2.abs(p)));
}

/** ln δ where p and q are large and of opposite signs. */
function smallLog(p: v128, q: v128): v128 {
  const two = f64x2.splat(2);
  const p2 = f64x2.mul(two, f64x2.abs(p));
  const q2 = f64x2.mul(two, f64x2.abs(q));
  const sum = log1p(exp(f64x2.neg(f64x2.abs(f64x2.sub(p2, q2)))));
  return f64x2.sub(f64x2.add(f64x2.splat(LN2), sum), f64x2.min(p2, q2));
}

// @ts-ignore: decorator
@inline
function isSmall(logDelta: v128, isApart: v128): v128 {
  return v128.and(isApart, f64x2.lt(logDelta, f64x2.splat(LOG_DELTA_MIN)));
}

// --- forward -----------------------------------------------------------------------------------------------------------------

export function sylvesterForward<P>(
  x: usize, // [dim], may be z
  y: usize, // [rank]
  tanh: usize, // [rank]
  sech2: usize, // [rank]
  shift: usize, // [rank]
  logDet: usize, // accumulator
  z: usize, // [dim]
  q: usize, // [rank × dim], or 0
  r1: usize, // [rank (rank + 1) / 2]
  r2: usize,
  delta: usize, // [rank]
  logDelta: usize, // [rank]
  b: usize, // [rank]
  dim: i32,
  rank: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const each = unit<P>(stride);
  into<P>(y, z, q, dim, rank, reversed, bytes, stride);
  for (let i = 0; i < rank; i++) {
    const at = <usize>i * stride;
    const parameterAt = <usize>i * each;
    const a = sech2 + at;
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(a + lane, parameter<P>(b, i, stride, lane));
    sumRows<P>(a, a, y + at, r2 + <usize>packed(i, i, rank) * each, each, 0, rank - i, bytes, stride);
    tanhSech2Row(tanh + at, a, a, bytes);
    accumulate<P>(logDet, tanh + at, a, delta + parameterAt, logDelta + parameterAt, bytes, stride);
  }
  for (let i = 0; i < rank; i++) {
    const at = <usize>i * stride;
    sumRows<P>(shift + at, 0, tanh + at, r1 + <usize>packed(i, i, rank) * each, each, 0, rank - i, bytes, stride);
  }
  back<P>(x, z, shift, q, dim, rank, reversed, bytes, stride);
}

// Backward of sylvesterForward. With det = h² + δ s, ρ = δ s / det and κ = h s / det as in the planar flow:
//
//   dg   = Qᵀdx,   da = s R₁ᵀdg − 2 (δ − 1) κ dLogDet,   dy = R₂ᵀda
//   dz   = dx + Q dy, or, without Q, where R₁ᵢᵢ R₂ᵢᵢ s dxᵢ would cancel against dxᵢ, detᵢ dxᵢ + the rest of dyᵢ: the row dY holds that
//   dQ  += dx gᵀ + z dyᵀ,   dR₁ += dg hᵀ,   dR₂ += da yᵀ,   d ln δ += ρ dLogDet,   db += da

export function sylvesterForwardBackward<P>(
  dz: usize, // may be dx
  dQ: usize,
  dR1: usize,
  dR2: usize,
  dLogDelta: usize,
  db: usize,
  dG: usize, // [rank] scratch
  dA: usize, // [rank] scratch
  dY: usize, // [rank] scratch
  dx: usize,
  dLogDet: usize, // [1]
  z: usize,
  y: usize,
  tanh: usize,
  sech2: usize,
  shift: usize,
  q: usize,
  r1: usize,
  r2: usize,
  delta: usize,
  logDelta: usize,
  dim: i32,
  rank: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dQ, dR1, dR2, dLogDelta, db
): void {
  const bytes = rowBytes(rows);
  const each = unit<P>(stride);
  into<P>(dG, dx, q, dim, rank, reversed, bytes, stride);
  for (let i = 0; i < rank; i++) {
    const at = <usize>i * stride;
    const above = <usize>(rank - 1) * each;
    const diagonalAt = packed(i, i, rank);
    if (dLogDelta) shares<P>(dLogDelta, dA + at, dLogDet, tanh + at, sech2 + at, delta, logDelta, i, rows, stride, 1, (add & 16) != 0);
    sumRows<P>(dA + at, 0, dG, r1 + <usize>i * each, above, each, i, bytes, stride);
    sumRows<P>(dY + at, 0, dA, r2 + <usize>i * each, above, each, i, bytes, stride);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const h = v128.load(tanh + here);
      const s = v128.load(sech2 + here);
      const d = parameter<P>(delta, i, stride, lane);
      const lnD = parameter<P>(logDelta, i, stride, lane);
      const kappa = f64x2.mul(kappaOf(h, s, lnD, inverseDeterminant(h, s, d, lnD)), twiceProduct<P>(r1, r2, diagonalAt, stride, lane));
      const k = f64x2.mul(kappa, v128.load(dLogDet + lane));
      const second = parameter<P>(r2, diagonalAt, stride, lane);
      const g = v128.load(dG + here);
      const others = f64x2.sub(f64x2.mul(s, v128.load(dA + here)), k);
      const a = f64x2.add(others, f64x2.mul(f64x2.mul(s, parameter<P>(r1, diagonalAt, stride, lane)), g));
      const through = f64x2.add(v128.load(dY + here), f64x2.mul(second, q ? a : others));
      v128.store(dA + here, a);
      v128.store(dY + here, q ? through : f64x2.add(through, f64x2.mul(determinant(h, s, d), g)));
    }
  }
  gradients<P>(dQ, dR1, dR2, db, dG, dA, dY, dx, z, y, tanh, shift, q, dim, rank, rows, stride, add);
  back<P>(dz, q ? dx : 0, dY, q, dim, rank, reversed, bytes, stride, (add & 1) != 0);
}

// --- inverse -----------------------------------------------------------------------------------------------------------------

export function sylvesterInverse<P>(
  z: usize, // [dim], may be x
  y: usize, // [rank]
  tanh: usize, // [rank]
  sech2: usize, // [rank]
  shift: usize, // [rank]
  logDet: usize, // accumulator of multiplicity −1
  x: usize, // [dim]
  q: usize, // [rank × dim], or 0
  r1: usize, // [rank (rank + 1) / 2]
  r2: usize,
  delta: usize, // [rank]
  logDelta: usize, // [rank]
  b: usize, // [rank]
  dim: i32,
  rank: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const each = unit<P>(stride);
  into<P>(y, x, q, dim, rank, reversed, bytes, stride);
  for (let i = rank - 1; i >= 0; i--) {
    const at = <usize>i * stride;
    const parameterAt = <usize>i * each;
    const diagonalAt = packed(i, i, rank);
    const right = <usize>(diagonalAt + 1) * each;
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(sech2 + at + lane, parameter<P>(b, i, stride, lane));
    sumRows<P>(sech2 + at, sech2 + at, y + at + stride, r2 + right, each, 0, rank - 1 - i, bytes, stride);
    sumRows<P>(shift + at, 0, tanh + at + stride, r1 + right, each, 0, rank - 1 - i, bytes, stride);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const sum = v128.load(shift + here);
      const target = f64x2.sub(v128.load(y + here), sum);
      const linear = f64x2.mul(parameter<P>(r2, diagonalAt, stride, lane), target);
      solve(tanh + here, sech2 + here, f64x2.add(linear, v128.load(sech2 + here)), parameter<P>(delta, i, stride, lane));
      const moved = f64x2.mul(parameter<P>(r1, diagonalAt, stride, lane), v128.load(tanh + here));
      v128.store(y + here, f64x2.sub(target, moved));
      v128.store(shift + here, f64x2.neg(f64x2.add(sum, moved)));
    }
    accumulate<P>(logDet, tanh + at, sech2 + at, delta + parameterAt, logDelta + parameterAt, bytes, stride);
  }
  back<P>(z, x, shift, q, dim, rank, reversed, bytes, stride);
}

// Backward of sylvesterInverse, by the implicit function theorem on y + g = t, t = Qᵀx. With e the adjoint of g, A that of a, λ that
// of t, and here logDet = −Σ ln det:
//
//   e = −Qᵀdz − λ,   A = s R₁ᵀe + 2 (δ − 1) κ dLogDet,   λ = R₂ᵀA: triangular, first row first. In row i, with
//   P = Σ_{j<i} R₁ⱼᵢ eⱼ,   S = Σ_{j<i} R₂ⱼᵢ Aⱼ,   D = −(Qᵀdz)ᵢ − S,   k = 2 (δ − 1) κ dLogDet:
//
//   A = (s (P + R₁ᵢᵢ D) + k) / det,   e = (D − R₂ᵢᵢ (s P + k)) / det,   λ = S + R₂ᵢᵢ A
//
//   dx   = dz + Q λ
//   dQ  += −dz gᵀ + x λᵀ,   dR₁ += e hᵀ,   dR₂ += A yᵀ,   d ln δ −= ρ dLogDet,   db += A

export function sylvesterInverseBackward<P>(
  dx: usize, // may be dz
  dQ: usize,
  dR1: usize,
  dR2: usize,
  dLogDelta: usize,
  db: usize,
  dG: usize, // [rank] scratch: e
  dA: usize, // [rank] scratch: A
  dY: usize, // [rank] scratch: λ
  dz: usize,
  dLogDet: usize, // [1]
  x: usize,
  y: usize,
  tanh: usize,
  sech2: usize,
  shift: usize,
  q: usize,
  r1: usize,
  r2: usize,
  delta: usize,
  logDelta: usize,
  dim: i32,
  rank: i32,
  reversed: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dQ, dR1, dR2, dLogDelta, db
): void {
  const bytes = rowBytes(rows);
  const each = unit<P>(stride);
  into<P>(dG, dz, q, dim, rank, reversed, bytes, stride);
  for (let i = 0; i < rank; i++) {
    const at = <usize>i * stride;
    const above = <usize>(rank - 1) * each;
    const diagonalAt = packed(i, i, rank);
    if (dLogDelta) shares<P>(dLogDelta, dA + at, dLogDet, tanh + at, sech2 + at, delta, logDelta, i, rows, stride, -1, (add & 16) != 0);
    sumRows<P>(dA + at, 0, dG, r1 + <usize>i * each, above, each, i, bytes, stride);
    sumRows<P>(dY + at, 0, dA, r2 + <usize>i * each, above, each, i, bytes, stride);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const here = at + lane;
      const h = v128.load(tanh + here);
      const s = v128.load(sech2 + here);
      const lnD = parameter<P>(logDelta, i, stride, lane);
      const inverse = inverseDeterminant(h, s, parameter<P>(delta, i, stride, lane), lnD);
      const kappa = f64x2.mul(kappaOf(h, s, lnD, inverse), twiceProduct<P>(r1, r2, diagonalAt, stride, lane));
      const k = f64x2.mul(kappa, v128.load(dLogDet + lane));
      const first = parameter<P>(r1, diagonalAt, stride, lane);
      const second = parameter<P>(r2, diagonalAt, stride, lane);
      const sum1 = v128.load(dA + here);
      const sum2 = v128.load(dY + here);
      const d = f64x2.neg(f64x2.add(v128.load(dG + here), sum2));
      const a = f64x2.mul(f64x2.add(f64x2.mul(s, f64x2.add(sum1, f64x2.mul(first, d))), k), inverse);
      const across = f64x2.mul(second, f64x2.add(f64x2.mul(s, sum1), k));
      v128.store(dG + here, f64x2.mul(f64x2.sub(d, across), inverse));
      v128.store(dA + here, a);
      v128.store(dY + here, f64x2.add(sum2, f64x2.mul(second, a)));
    }
  }
  gradients<P>(dQ, dR1, dR2, db, dG, dA, dY, dz, x, y, tanh, shift, q, dim, rank, rows, stride, add);
  back<P>(dx, dz, dY, q, dim, rank, reversed, bytes, stride, (add & 1) != 0);
}

/** d ln δᵢ += sign ρ dLogDet, by way of a row of scratch. */
function shares<P>(
  dLogDelta: usize,
  row: usize,
  dLogDet: usize,
  tanh: usize,
  sech2: usize,
  delta: usize,
  logDelta: usize,
  i: i32,
  rows: i32,
  stride: usize,
  sign: f64,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  const signs = f64x2.splat(sign);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const h = v128.load(tanh + lane);
    const s = v128.load(sech2 + lane);
    const d = parameter<P>(delta, i, stride, lane);
    const lnD = parameter<P>(logDelta, i, stride, lane);
    const rho = rhoOf(h, s, d, lnD, inverseDeterminant(h, s, d, lnD));
    v128.store(row + lane, f64x2.mul(signs, f64x2.mul(rho, v128.load(dLogDet + lane))));
  }
  sumInto<P>(dLogDelta + <usize>i * unit<P>(stride), row, rows, add);
}

/** What both backward passes end with: dQ += dOut shiftᵀ + in dyᵀ, dR₁ += dg hᵀ, dR₂ += da yᵀ, db += da. */
function gradients<P>(
  dQ: usize,
  dR1: usize,
  dR2: usize,
  db: usize,
  dG: usize,
  dA: usize,
  dY: usize,
  dOut: usize,
  input: usize,
  y: usize,
  tanh: usize,
  shift: usize,
  q: usize,
  dim: i32,
  rank: i32,
  rows: i32,
  stride: usize,
  add: i32,
): void {
  const each = unit<P>(stride);
  for (let i = 0; i < rank; i++) {
    const at = <usize>i * stride;
    const rowAt = <usize>packed(i, i, rank) * each;
    if (dR1) outer<P>(dR1 + rowAt, dG + at, tanh + at, rank - i, rows, stride, (add & 4) != 0);
    if (dR2) outer<P>(dR2 + rowAt, dA + at, y + at, rank - i, rows, stride, (add & 8) != 0);
    if (db) sumInto<P>(db + <usize>i * each, dA + at, rows, (add & 32) != 0);
    if (!dQ) continue;
    const column = dQ + <usize>(i * dim) * each;
    outer<P>(column, shift + at, dOut, dim, rows, stride, (add & 2) != 0);
    outer<P>(column, dY + at, input, dim, rows, stride, true);
  }
}

// --- pieces ------------------------------------------------------------------------------------------------------------------

/** Bytes from one parameter to the next. */
// @ts-ignore: decorator
@inline
function unit<P>(stride: usize): usize {
  return isVector<P>() ? stride : 8;
}

/** Where entry (i, j), j ≥ i, of an upper triangle stands. The entry below it is `rank − 1 − i` further on. */
// @ts-ignore: decorator
@inline
function packed(i: i32, j: i32, rank: i32): i32 {
  return i * rank - ((i * (i + 1)) >> 1) + j;
}

/** y = Qᵀ block */
// @ts-ignore: decorator
@inline
function into<P>(y: usize, block: usize, q: usize, dim: i32, rank: i32, reversed: i32, bytes: usize, stride: usize): void {
  const each = unit<P>(stride);
  for (let i = 0; i < rank; i++) {
    const row = y + <usize>i * stride;
    if (q) sumRows<P>(row, 0, block, q + <usize>(i * dim) * each, each, 0, dim, bytes, stride);
    else memory.copy(row, block + <usize>(reversed ? dim - 1 - i : i) * stride, bytes);
  }
}

/** out (+)= block + Q y; out may be the block. Without Q the block may be 0. */
// @ts-ignore: decorator
@inline
function back<P>(
  out: usize,
  block: usize,
  y: usize,
  q: usize,
  dim: i32,
  rank: i32,
  reversed: i32,
  bytes: usize,
  stride: usize,
  add: bool = false,
): void {
  if (!out) return;
  const each = unit<P>(stride);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    if (!q) {
      const row = y + <usize>(reversed ? dim - 1 - j : j) * stride;
      for (let lane: usize = 0; lane < bytes; lane += 16) {
        const moved = v128.load(row + lane);
        addTo(out + at + lane, block ? f64x2.add(v128.load(block + at + lane), moved) : moved, add);
      }
      continue;
    }
    if (add) {
      for (let lane: usize = 0; lane < bytes; lane += 16) addTo(out + at + lane, v128.load(block + at + lane), true);
    }
    sumRows<P>(out + at, (add ? out : block) + at, y, q + <usize>j * each, <usize>dim * each, 0, rank, bytes, stride);
  }
}

/**
 * out = first + Σ_k w_k block_k over `count` rows, first = 0 where its address is; out may be first. Weight k + 1 stands `step` bytes
 * behind weight k, and `bend` less at each further one: rows and columns of a packed triangle. The same order of additions for every row.
 */
function sumRows<P>(
  out: usize,
  first: usize,
  block: usize,
  weights: usize,
  step: usize,
  bend: usize,
  count: i32,
  bytes: usize,
  stride: usize,
): void {
  const zero = f64x2.splat(0);
  let lane: usize = 0;
  // Four vectors at a time: four independent chains of additions.
  for (; lane + 64 <= bytes; lane += 64) {
    let s0 = first ? v128.load(first + lane) : zero;
    let s1 = first ? v128.load(first + lane, 16) : zero;
    let s2 = first ? v128.load(first + lane, 32) : zero;
    let s3 = first ? v128.load(first + lane, 48) : zero;
    let at = block + lane;
    let w = weights;
    let next = step;
    for (let k = 0; k < count; k++) {
      if (isVector<P>()) {
        s0 = f64x2.add(s0, f64x2.mul(v128.load(w + lane), v128.load(at)));
        s1 = f64x2.add(s1, f64x2.mul(v128.load(w + lane, 16), v128.load(at, 16)));
        s2 = f64x2.add(s2, f64x2.mul(v128.load(w + lane, 32), v128.load(at, 32)));
        s3 = f64x2.add(s3, f64x2.mul(v128.load(w + lane, 48), v128.load(at, 48)));
      } else {
        const weight = v128.load64_splat(w);
        s0 = f64x2.add(s0, f64x2.mul(weight, v128.load(at)));
        s1 = f64x2.add(s1, f64x2.mul(weight, v128.load(at, 16)));
        s2 = f64x2.add(s2, f64x2.mul(weight, v128.load(at, 32)));
        s3 = f64x2.add(s3, f64x2.mul(weight, v128.load(at, 48)));
      }
      at += stride;
      w += next;
      next -= bend;
    }
    v128.store(out + lane, s0);
    v128.store(out + lane, s1, 16);
    v128.store(out + lane, s2, 32);
    v128.store(out + lane, s3, 48);
  }
  for (; lane < bytes; lane += 16) {
    let sum = first ? v128.load(first + lane) : zero;
    let at = block + lane;
    let w = weights;
    let next = step;
    for (let k = 0; k < count; k++) {
      sum = f64x2.add(sum, f64x2.mul(parameter<P>(w, 0, stride, lane), v128.load(at)));
      at += stride;
      w += next;
      next -= bend;
    }
    v128.store(out + lane, sum);
  }
}

/** dW_k (+)= left · block_k for `count` parameters side by side, summed over rows where they are shared. */
function outer<P>(dW: usize, left: usize, block: usize, count: i32, rows: i32, stride: usize, add: bool): void {
  const last = rowBytes(rows) - 16;
  if (isVector<P>()) {
    for (let k = 0; k < count; k++) {
      const at = <usize>k * stride;
      for (let lane: usize = 0; lane <= last; lane += 16) {
        addTo(dW + at + lane, f64x2.mul(v128.load(left + lane), v128.load(block + at + lane)), add);
      }
    }
    return;
  }
  const zero = f64x2.splat(0);
  const mask = rowMask(last, rows);
  const end = dW + (<usize>count << 3);
  let at = block;
  // Four parameters at a time: four independent chains of additions.
  for (; dW + 32 <= end; dW += 32) {
    const at1 = at + stride;
    const at2 = at1 + stride;
    const at3 = at2 + stride;
    let s0 = zero;
    let s1 = zero;
    let s2 = zero;
    let s3 = zero;
    for (let lane: usize = 0; lane < last; lane += 16) {
      const l = v128.load(left + lane);
      s0 = f64x2.add(s0, f64x2.mul(l, v128.load(at + lane)));
      s1 = f64x2.add(s1, f64x2.mul(l, v128.load(at1 + lane)));
      s2 = f64x2.add(s2, f64x2.mul(l, v128.load(at2 + lane)));
      s3 = f64x2.add(s3, f64x2.mul(l, v128.load(at3 + lane)));
    }
    const l = v128.load(left + last);
    s0 = f64x2.add(s0, v128.and(f64x2.mul(l, v128.load(at + last)), mask));
    s1 = f64x2.add(s1, v128.and(f64x2.mul(l, v128.load(at1 + last)), mask));
    s2 = f64x2.add(s2, v128.and(f64x2.mul(l, v128.load(at2 + last)), mask));
    s3 = f64x2.add(s3, v128.and(f64x2.mul(l, v128.load(at3 + last)), mask));
    f64.store(dW, f64.load(dW) + sumLanes(s0));
    f64.store(dW, f64.load(dW, 8) + sumLanes(s1), 8);
    f64.store(dW, f64.load(dW, 16) + sumLanes(s2), 16);
    f64.store(dW, f64.load(dW, 24) + sumLanes(s3), 24);
    at = at3 + stride;
  }
  for (; dW < end; dW += 8) {
    let sum = zero;
    for (let lane: usize = 0; lane < last; lane += 16) {
      sum = f64x2.add(sum, f64x2.mul(v128.load(left + lane), v128.load(at + lane)));
    }
    sum = f64x2.add(sum, v128.and(f64x2.mul(v128.load(left + last), v128.load(at + last)), mask));
    f64.store(dW, f64.load(dW) + sumLanes(sum));
    at += stride;
  }
}

/** dW (+)= row, summed over rows where the parameter is shared. */
function sumInto<P>(dW: usize, row: usize, rows: i32, add: bool): void {
  const last = rowBytes(rows) - 16;
  if (isVector<P>()) {
    for (let lane: usize = 0; lane <= last; lane += 16) addTo(dW + lane, v128.load(row + lane), add);
    return;
  }
  let sum = f64x2.splat(0);
  for (let lane: usize = 0; lane < last; lane += 16) sum = f64x2.add(sum, v128.load(row + lane));
  sum = f64x2.add(sum, v128.and(v128.load(row + last), rowMask(last, rows)));
  f64.store(dW, f64.load(dW) + sumLanes(sum));
}

/** 1 / (h² + δ s) */
// @ts-ignore: decorator
@inline
function inverseDeterminant(h: v128, s: v128, delta: v128, logDelta: v128): v128 {
  const direct = f64x2.div(f64x2.splat(1), determinant(h, s, delta));
  const small = f64x2.lt(logDelta, f64x2.splat(LOG_DELTA_MIN));
  if (!v128.any_true(small)) return direct;
  return v128.bitselect(exp(f64x2.neg(logDeterminant(logDelta, h, s))), direct, small);
}

/** ρ = δ s / (h² + δ s) */
// @ts-ignore: decorator
@inline
function rhoOf(h: v128, s: v128, delta: v128, logDelta: v128, inverse: v128): v128 {
  const direct = f64x2.mul(f64x2.mul(delta, s), inverse);
  const small = f64x2.lt(logDelta, f64x2.splat(LOG_DELTA_MIN));
  if (!v128.any_true(small)) return direct;
  return v128.bitselect(shareOfDelta(logDelta, h, s), direct, small);
}

/** κ = h s / (h² + δ s) */
// @ts-ignore: decorator
@inline
function kappaOf(h: v128, s: v128, logDelta: v128, inverse: v128): v128 {
  const direct = f64x2.mul(f64x2.mul(h, s), inverse);
  const small = f64x2.lt(logDelta, f64x2.splat(LOG_DELTA_MIN));
  if (!v128.any_true(small)) return direct;
  return v128.bitselect(slope(shareOfDelta(logDelta, h, s), h, s), direct, small);
}

/** 2 (δ − 1) */
// @ts-ignore: decorator
@inline
function twiceProduct<P>(r1: usize, r2: usize, at: i32, stride: usize, lane: usize): v128 {
  const product = f64x2.mul(parameter<P>(r1, at, stride, lane), parameter<P>(r2, at, stride, lane));
  return f64x2.add(product, product);
}

/** 2 / |v|² */
// @ts-ignore: decorator
@inline
function reflection<P>(v: usize, dim: i32, stride: usize, lane: usize): v128 {
  return f64x2.div(f64x2.splat(2), dot<P>(v, v, dim, stride, lane));
}

/** p −= factor v */
// @ts-ignore: decorator
@inline
function subtract<P>(p: usize, factor: v128, v: usize, dim: i32, stride: usize, lane: usize): void {
  for (let j = 0; j < dim; j++) {
    const moved = f64x2.mul(factor, parameter<P>(v, j, stride, lane));
    storeParameter<P>(p, j, stride, lane, f64x2.sub(parameter<P>(p, j, stride, lane), moved));
  }
}
