// Radial flow
//
//   forward   x = z + g u,           u = z − z₀,  r = ‖u‖,  v = 1 / (α + r),  g = β̂ v
//   logDet    (d − 1) ln f₁ + ln f₂, f₁ = 1 + g = (r + m) v,   f₂ = 1 + α β̂ v² = (r² + 2αr + αm) v²
//   inverse   z = x + k u′,          u′ = x − z₀,  k = (α − m) / (r + m), with r the positive root of r² − q r − α r′ = 0,
//                                    r′ = ‖u′‖,  q = r′ − m
//   α, m      radialConstrain, once per layer: α = |alpha|, m = softplus(beta), β̂ = m − α > −α
//
// Source: Rezende & Mohamed 2015, arXiv:1505.05770, §4.1 eq. 14 and appendix A.2; the closed inverse and the forms without
// cancellation are ours.
// Limits: 1 + g cancels as m → 0 (β → −∞); (r + m) v does not. Both factors lie between 1 and m / α. Where f₂ is below 2^−1000, or m
// below e^−700, ln m is carried and the factors are added as logarithms. Where g < −½ (k < −½) the shift nearly undoes z:
// x = z₀ + f₁ u is taken instead. Where ‖u‖² leaves a double's range the norm is taken of u scaled. Where ‖u‖, m, α or m / α is above
// 2^1000 x is NaN, as the factors might overflow. ∇r = 0 at the centre by convention; nearer to it than 1e-150 the gradients, which grow
// as 1 / r, may overflow.
// Derivation: docs/transforms/radial.md
//
// The blocks `radius` and `stretch` hold r and v for the backward pass.

import { exp, ONE } from '../math/exp';
import { log, log1p } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { logDetAdd, logDetMultiply } from '../vm/log-det';
import { addParameter, addTo, parameter, parameterBytes, parameterOr, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

/** Below this ln m the factors are added as logarithms: e^−700 is still a normal number with room to spare. */
const LOG_M_MIN: f64 = -700;
/** And where f₂ is below this; r and m are then below as much of α, so that v = 1 / α. */
const FACTOR_MIN: f64 = 2.0 ** -1000;
/** From this m / α on no factor is so small. */
const RATIO_MIN: f64 = 2.0 ** -995;
/** Bounds m, α, m / α and ‖u‖. */
const LARGEST: f64 = 2.0 ** 1000;
/** Bits of 2^−450: of a shorter length the squares lose digits. */
const LOWEST_BITS: usize = memory.data<u64>([0x23d0000000000000, 0x23d0000000000000], 16);
/** Where the shift is below this, it nearly undoes z. */
const NEAR: f64 = -0.5;

// --- constraint --------------------------------------------------------------------------------------------------------------

// α = |alpha|,   m = softplus(beta),   ln m = beta below −700

export function radialConstrain<P>(
  alphaAbs: usize, // [1]
  m: usize, // [1]
  logM: usize, // [1]
  alpha: usize, // [1]
  beta: usize, // [1]
  rows: i32,
  stride: usize,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const t = parameter<P>(beta, 0, stride, lane);
    const value = softplus(t);
    const small = f64x2.lt(t, f64x2.splat(LOG_M_MIN));
    const a = f64x2.abs(parameter<P>(alpha, 0, stride, lane));
    const largest = f64x2.max(f64x2.max(a, value), f64x2.div(value, a));
    const bounded = f64x2.le(largest, f64x2.splat(LARGEST));
    storeParameter<P>(alphaAbs, 0, stride, lane, a);
    storeParameter<P>(m, 0, stride, lane, v128.bitselect(value, f64x2.splat(NaN), bounded));
    storeParameter<P>(logM, 0, stride, lane, v128.bitselect(t, log(value), small));
  }
}

// Backward of radialConstrain: dalpha += sign(alpha) dα,   dbeta += dLogM σ(beta) / softplus(beta), which tends to 1 on the left

export function radialConstrainBackward<P>(
  dAlpha: usize,
  dBeta: usize,
  dAlphaAbs: usize,
  dLogM: usize,
  alpha: usize,
  beta: usize,
  rows: i32,
  stride: usize,
  addAlpha: bool,
  addBeta: bool,
): void {
  const one = f64x2.splat(1);
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const sign = v128.and(parameter<P>(alpha, 0, stride, lane), f64x2.splat(-0.0));
    if (dAlpha) addParameter<P>(dAlpha, 0, stride, lane, v128.xor(parameter<P>(dAlphaAbs, 0, stride, lane), sign), addAlpha);
    if (!dBeta) continue;
    const t = parameter<P>(beta, 0, stride, lane);
    const small = f64x2.lt(t, f64x2.splat(LOG_M_MIN));
    const ratio = v128.bitselect(one, f64x2.div(sigmoid(t), softplus(t)), small);
    addParameter<P>(dBeta, 0, stride, lane, f64x2.mul(parameter<P>(dLogM, 0, stride, lane), ratio), addBeta);
  }
}

// --- forward -----------------------------------------------------------------------------------------------------------------

export function radialForward<P>(
  x: usize, // [dim], may be z
  radius: usize, // [1]; holds ‖z − z₀‖² already where the layer before has begun this one
  stretch: usize, // [1]
  logDet: usize, // accumulator of multiplicity 1
  logDetAcross: usize, // accumulator of multiplicity d − 1; 0 where d = 1
  next: usize, // [1] ‖x − nextZ0‖²: begins the layer behind; or 0
  z: usize, // [dim]
  z0: usize, // [dim]
  alpha: usize, // [1], after the constraint
  m: usize, // [1]
  logM: usize, // [1]
  nextZ0: usize, // [dim]
  dim: i32,
  rows: i32,
  stride: usize,
  begun: bool,
): void {
  const bytes = rowBytes(rows);
  if (!begun) squaredDistance<P>(radius, z, z0, dim, bytes, stride);
  scales<P>(radius, stretch, alpha, z, z0, dim, bytes, stride);
  accumulateRow<P>(logDet, logDetAcross, radius, stretch, alpha, m, logM, bytes, stride);
  const sharedAlpha = parameter<P>(alpha, 0, stride, 0);
  const sharedM = parameter<P>(m, 0, stride, 0);
  let lane: usize = 0;
  for (; !isVector<P>() && next && lane + 64 <= bytes; lane += 64) {
    const k0 = pull(sharedAlpha, sharedM, v128.load(stretch + lane));
    const k1 = pull(sharedAlpha, sharedM, v128.load(stretch + lane, 16));
    const k2 = pull(sharedAlpha, sharedM, v128.load(stretch + lane, 32));
    const k3 = pull(sharedAlpha, sharedM, v128.load(stretch + lane, 48));
    const lowest = f64x2.pmin(f64x2.pmin(k0, k1), f64x2.pmin(k2, k3));
    if (v128.any_true(f64x2.lt(lowest, f64x2.splat(NEAR)))) break;
    moveFour(x, next, z, z0, nextZ0, k0, k1, k2, k3, dim, stride, lane);
  }
  for (; lane < bytes; lane += 16) {
    const a = parameterOr<P>(sharedAlpha, alpha + lane);
    const mm = parameterOr<P>(sharedM, m + lane);
    const v = v128.load(stretch + lane);
    const f1 = f64x2.mul(f64x2.add(v128.load(radius + lane), mm), v);
    move<P>(x, z, z0, pull(a, mm, v), f1, dim, stride, lane);
    if (next) v128.store(next + lane, squaredDistanceAt<P>(x, nextZ0, dim, stride, lane));
  }
}

// Backward of radialForward. With e = uᵀdx, G = dLogDet and everything at fixed α or m:
//
//   dr      = −β̂ v² (e + (d − 1) G / f₁) − 2 α β̂ v³ G / f₂
//   dz      = f₁ dx + u dr / r,   dz₀ += −g dx − u dr / r,   f₁ = 1 + g without its cancellation
//   d ln m += m v e + G ((d − 1) m v / f₁ + α m v² / f₂)
//   dα     += −v f₁ e + G (−(d − 1) v + ((r v)(m − 2α) v − (α v)(m v)) v / f₂)

export function radialForwardBackward<P>(
  dz: usize, // may be dx
  dz0: usize,
  dAlpha: usize,
  dLogM: usize,
  factor: usize, // [1] scratch
  dx: usize,
  dLogDet: usize,
  z: usize,
  radius: usize,
  stretch: usize,
  z0: usize,
  alpha: usize,
  m: usize,
  logM: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dz0, dAlpha, dLogM
): void {
  const bytes = rowBytes(rows);
  let sumAlpha = f64x2.splat(0);
  let sumM = f64x2.splat(0);
  // What the loop over features needs: f₁ in factor, and from here on g in stretch, the slope dr / r in radius.
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = v128.load(radius + lane);
    const v = v128.load(stretch + lane);
    const a = parameter<P>(alpha, 0, stride, lane);
    const mm = parameter<P>(m, 0, stride, lane);
    const lnM = parameter<P>(logM, 0, stride, lane);
    const e = radialPart<P>(dx, z, z0, dim, stride, lane);
    const g = v128.load(dLogDet + lane);
    const mask = rowMask(lane, rows);
    const dA = alphaGradient(e, g, r, v, a, mm, dim);
    const dM = logMGradient(e, g, r, v, a, mm, lnM, dim);
    if (isVector<P>()) {
      if (dAlpha) addTo(dAlpha + lane, dA, (add & 4) != 0);
      if (dLogM) addTo(dLogM + lane, dM, (add & 8) != 0);
    } else {
      sumAlpha = f64x2.add(sumAlpha, v128.and(dA, mask));
      sumM = f64x2.add(sumM, v128.and(dM, mask));
    }
    v128.store(radius + lane, perRadius(radiusGradient(e, g, r, v, a, mm, dim), r));
    v128.store(stretch + lane, f64x2.mul(f64x2.sub(mm, a), v));
    v128.store(factor + lane, f64x2.mul(f64x2.add(r, mm), v));
  }
  if (!isVector<P>()) {
    if (dAlpha) f64.store(dAlpha, f64.load(dAlpha) + sumLanes(sumAlpha));
    if (dLogM) f64.store(dLogM, f64.load(dLogM) + sumLanes(sumM));
  }
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const u = f64x2.sub(v128.load(z + at + lane), parameter<P>(z0, j, stride, lane));
      const d = v128.load(dx + at + lane);
      const alongU = f64x2.mul(u, v128.load(radius + lane));
      const moved = f64x2.add(f64x2.mul(v128.load(stretch + lane), d), alongU);
      if (dz) addTo(dz + at + lane, f64x2.add(f64x2.mul(v128.load(factor + lane), d), alongU), (add & 1) != 0);
      if (isVector<P>()) {
        if (dz0) addTo(dz0 + at + lane, f64x2.neg(moved), (add & 2) != 0);
      } else {
        sum = f64x2.add(sum, v128.and(moved, rowMask(lane, rows)));
      }
    }
    if (!isVector<P>() && dz0) f64.store(dz0 + (<usize>j << 3), f64.load(dz0 + (<usize>j << 3)) - sumLanes(sum));
  }
}

// --- inverse -----------------------------------------------------------------------------------------------------------------

// r = (q + √(q² + 4αr′)) / 2 where q ≥ 0, else 2αr′ / (√(q² + 4αr′) − q): neither cancels. Where the squares leave a double's range,
// √(q² + (2√α √r′)²) is taken of scaled legs.

export function radialInverse<P>(
  z: usize, // [dim], may be x
  radius: usize, // [1]
  stretch: usize, // [1]
  logDet: usize, // accumulator of multiplicity −1
  logDetAcross: usize, // accumulator of multiplicity −(d − 1); 0 where d = 1
  x: usize, // [dim]
  z0: usize, // [dim]
  alpha: usize, // [1]
  m: usize, // [1]
  logM: usize, // [1]
  dim: i32,
  rows: i32,
  stride: usize,
): void {
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  const bytes = rowBytes(rows);
  squaredDistance<P>(radius, x, z0, dim, bytes, stride);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const a = parameter<P>(alpha, 0, stride, lane);
    const mm = parameter<P>(m, 0, stride, lane);
    let moved = f64x2.sqrt(v128.load(radius + lane));
    const out = isOutOfRange(moved);
    if (v128.any_true(out)) moved = v128.bitselect(scaledDistance<P>(x, z0, dim, stride, lane), moved, out);
    const q = f64x2.sub(moved, mm);
    const ar = f64x2.mul(a, moved);
    const root = f64x2.sqrt(f64x2.add(f64x2.mul(q, q), f64x2.mul(f64x2.splat(4), ar)));
    const right = f64x2.mul(f64x2.splat(0.5), f64x2.add(q, root));
    const left = f64x2.div(f64x2.add(ar, ar), f64x2.sub(root, q));
    let r = v128.bitselect(right, left, f64x2.ge(q, zero));
    const extreme = isOutOfRange(root);
    if (v128.any_true(extreme)) r = v128.bitselect(scaledRoot(q, a, moved), r, extreme);
    const v = f64x2.div(one, f64x2.add(a, r));
    v128.store(radius + lane, r);
    v128.store(stretch + lane, v);
    const sum = f64x2.add(r, mm);
    accumulate(logDet, logDetAcross, f64x2.mul(sum, v), r, v, a, mm, parameter<P>(logM, 0, stride, lane), stride, lane);
    // At the centre u′ = 0 and any finite k serves; sum may be 0 there.
    const apart = f64x2.ne(moved, zero);
    const inverseSum = f64x2.div(one, v128.bitselect(sum, one, apart));
    move<P>(z, x, z0, f64x2.mul(f64x2.sub(a, mm), inverseSum), f64x2.mul(f64x2.add(a, r), inverseSum), dim, stride, lane);
  }
}

// Backward of radialInverse, by the implicit function theorem. With G = dLogDet (logDet here is −ln f₁^{d−1} f₂), the adjoint of z is
//
//   λ   = dz − G ∇_z (ln f₁^{d−1} f₂) = dz + u c / r,      c = G ((d − 1) β̂ v² / f₁ + 2 α β̂ v³ / f₂)
//
// and the Jacobian f₁ I − (β̂ v² / r) u uᵀ is symmetric with the eigenvalue f₂ along u, so that
//
//   dx  = J⁻¹ λ = λ / f₁ + u (uᵀλ) β̂ v² / (r f₁ f₂)
//
// The parameters' gradients are those of the forward direction at z with dx → −J⁻¹ λ and dLogDet → −G. u = (x − z₀) / f₁ is taken from x:
// z is rounded, and near the centre z − z₀ would be made of that rounding.

export function radialInverseBackward<P>(
  dx: usize, // may be dz
  dz0: usize,
  dAlpha: usize,
  dLogM: usize,
  dz: usize,
  dLogDet: usize,
  x: usize,
  radius: usize,
  stretch: usize,
  z0: usize,
  alpha: usize,
  m: usize,
  logM: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dz0, dAlpha, dLogM
): void {
  const one = f64x2.splat(1);
  const bytes = rowBytes(rows);
  const across = f64x2.splat(<f64>(dim - 1));
  let sumAlpha = f64x2.splat(0);
  let sumM = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = v128.load(radius + lane);
    const v = v128.load(stretch + lane);
    const a = parameter<P>(alpha, 0, stride, lane);
    const mm = parameter<P>(m, 0, stride, lane);
    const lnM = parameter<P>(logM, 0, stride, lane);
    const g = v128.load(dLogDet + lane);
    const betaHat = f64x2.sub(mm, a);
    const f2 = positive(alongFactor(r, v, a, mm));
    const inverse1 = f64x2.div(one, positive(f64x2.mul(f64x2.add(r, mm), v)));
    const bv2 = f64x2.mul(f64x2.mul(betaHat, v), v);
    // uᵀλ = uᵀdz + r c
    const slopes = f64x2.add(f64x2.mul(across, inverse1), f64x2.div(f64x2.mul(f64x2.splat(2), f64x2.mul(a, v)), f2));
    const c = v128.and(f64x2.mul(f64x2.mul(g, bv2), slopes), f64x2.gt(r, f64x2.splat(0)));
    const cr = perRadius(c, r);
    const part = f64x2.mul(inverse1, radialPart<P>(dz, x, z0, dim, stride, lane));
    const along = f64x2.add(part, f64x2.mul(r, c));
    const k = perRadius(f64x2.div(f64x2.mul(along, f64x2.mul(bv2, inverse1)), f2), r);
    const slope = f64x2.add(f64x2.mul(cr, inverse1), k);
    // e = −uᵀ J⁻¹ λ = −uᵀλ / f₂
    const e = f64x2.neg(f64x2.div(along, f2));
    const ng = f64x2.neg(g);
    const dA = alphaGradient(e, ng, r, v, a, mm, dim);
    const dM = logMGradient(e, ng, r, v, a, mm, lnM, dim);
    const rowSlope = perRadius(radiusGradient(e, ng, r, v, a, mm, dim), r);
    const shift = f64x2.mul(betaHat, v);
    const mask = rowMask(lane, rows);
    if (isVector<P>()) {
      if (dAlpha) addTo(dAlpha + lane, dA, (add & 4) != 0);
      if (dLogM) addTo(dLogM + lane, dM, (add & 8) != 0);
    } else {
      sumAlpha = f64x2.add(sumAlpha, v128.and(dA, mask));
      sumM = f64x2.add(sumM, v128.and(dM, mask));
    }
    for (let j = 0; j < dim; j++) {
      const at = <usize>j * stride + lane;
      const u = f64x2.mul(inverse1, f64x2.sub(v128.load(x + at), parameter<P>(z0, j, stride, lane)));
      const p = f64x2.add(f64x2.mul(v128.load(dz + at), inverse1), f64x2.mul(u, slope));
      const moved = f64x2.sub(f64x2.mul(shift, p), f64x2.mul(u, rowSlope));
      if (dx) addTo(dx + at, p, (add & 1) != 0);
      if (!dz0) continue;
      if (isVector<P>()) addTo(dz0 + at, moved, (add & 2) != 0);
      else {
        const to = dz0 + (<usize>j << 3);
        f64.store(to, f64.load(to) + sumLanes(v128.and(moved, mask)));
      }
    }
  }
  if (isVector<P>()) return;
  if (dAlpha) f64.store(dAlpha, f64.load(dAlpha) + sumLanes(sumAlpha));
  if (dLogM) f64.store(dLogM, f64.load(dLogM) + sumLanes(sumM));
}

// --- pieces ------------------------------------------------------------------------------------------------------------------

/** out = ‖block − z₀‖², feature by feature. */
// @ts-ignore: decorator
@inline
function squaredDistance<P>(out: usize, block: usize, z0: usize, dim: i32, bytes: usize, stride: usize): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(out + lane, squaredDistanceAt<P>(block, z0, dim, stride, lane));
}

// @ts-ignore: decorator
@inline
function squaredDistanceAt<P>(block: usize, z0: usize, dim: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    const u = f64x2.sub(v128.load(block + <usize>j * stride + lane), parameter<P>(z0, j, stride, lane));
    sum = f64x2.add(sum, f64x2.mul(u, u));
  }
  return sum;
}

/** From r² in `radius`: r there, and v = 1 / (α + r) in `stretch`. */
// @ts-ignore: decorator
@inline
function scales<P>(
  radius: usize,
  stretch: usize,
  alpha: usize,
  z: usize,
  z0: usize,
  dim: i32,
  bytes: usize,
  stride: usize,
): void {
  const one = v128.load(ONE);
  const sharedAlpha = parameter<P>(alpha, 0, stride, 0);
  const lowest = v128.load(LOWEST_BITS);
  let beyond = i64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = f64x2.sqrt(v128.load(radius + lane));
    beyond = v128.or(beyond, i64x2.sub(r, lowest));
    v128.store(radius + lane, r);
    v128.store(stretch + lane, f64x2.div(one, f64x2.add(parameterOr<P>(sharedAlpha, alpha + lane), r)));
  }
  if (v128.any_true(i64x2.shr_u(beyond, 62))) scaleAnew<P>(radius, stretch, alpha, z, z0, dim, bytes, stride);
}

/** Where a row's r is out of range, r and v once more. */
function scaleAnew<P>(radius: usize, stretch: usize, alpha: usize, z: usize, z0: usize, dim: i32, bytes: usize, stride: usize): void {
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const rough = v128.load(radius + lane);
    const out = isOutOfRange(rough);
    if (!v128.any_true(out)) continue;
    const r = v128.bitselect(scaledDistance<P>(z, z0, dim, stride, lane), rough, out);
    v128.store(radius + lane, r);
    v128.store(stretch + lane, f64x2.div(v128.load(ONE), f64x2.add(parameter<P>(alpha, 0, stride, lane), r)));
  }
}

/** Whether a root of squares must be taken anew: it is outside [2^−450, 2^574), which is 2^62 steps of a double's bits. */
// @ts-ignore: decorator
@inline
function isOutOfRange(length: v128): v128 {
  return i64x2.ne(i64x2.shr_u(i64x2.sub(length, v128.load(LOWEST_BITS)), 62), i64x2.splat(0));
}

/** ‖block − z₀‖, its squares taken of what is divided by the largest of them; NaN where it is out of bounds. */
function scaledDistance<P>(block: usize, z0: usize, dim: i32, stride: usize, lane: usize): v128 {
  const zero = f64x2.splat(0);
  let largest = zero;
  for (let j = 0; j < dim; j++) {
    largest = f64x2.max(largest, f64x2.abs(f64x2.sub(v128.load(block + <usize>j * stride + lane), parameter<P>(z0, j, stride, lane))));
  }
  let sum = zero;
  for (let j = 0; j < dim; j++) {
    const u = f64x2.div(f64x2.sub(v128.load(block + <usize>j * stride + lane), parameter<P>(z0, j, stride, lane)), largest);
    sum = f64x2.add(sum, f64x2.mul(u, u));
  }
  const distance = v128.bitselect(zero, f64x2.mul(largest, f64x2.sqrt(sum)), f64x2.eq(largest, zero));
  return v128.bitselect(distance, f64x2.splat(NaN), f64x2.le(distance, f64x2.splat(LARGEST)));
}

/** The factors of each row into the log-determinant, or, where they may underflow, their logarithms. */
// @ts-ignore: decorator
@inline
function accumulateRow<P>(
  logDet: usize,
  logDetAcross: usize,
  radius: usize,
  stretch: usize,
  alpha: usize,
  m: usize,
  logM: usize,
  bytes: usize,
  stride: usize,
): void {
  const sharedAlpha = parameter<P>(alpha, 0, stride, 0);
  const sharedM = parameter<P>(m, 0, stride, 0);
  if (!isVector<P>() && f64.load(logM) >= LOG_M_MIN && f64.load(m) >= RATIO_MIN * f64.load(alpha)) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const r = v128.load(radius + lane);
      const v = v128.load(stretch + lane);
      logDetMultiply(logDet, stride, lane, alongFactor(r, v, sharedAlpha, sharedM));
      if (logDetAcross) logDetMultiply(logDetAcross, stride, lane, f64x2.mul(f64x2.add(r, sharedM), v));
    }
    return;
  }
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = v128.load(radius + lane);
    const v = v128.load(stretch + lane);
    const a = parameterOr<P>(sharedAlpha, alpha + lane);
    const mm = parameterOr<P>(sharedM, m + lane);
    const f1 = f64x2.mul(f64x2.add(r, mm), v);
    accumulate(logDet, logDetAcross, f1, r, v, a, mm, parameter<P>(logM, 0, stride, lane), stride, lane);
  }
}

/** g = β̂ v */
// @ts-ignore: decorator
@inline
function pull(alpha: v128, m: v128, v: v128): v128 {
  return f64x2.mul(f64x2.sub(m, alpha), v);
}

/** x = z + g (z − z₀) for four vectors, none of them near, and next = ‖x − nextZ0‖² while x is in registers. */
// @ts-ignore: decorator
@inline
function moveFour(
  x: usize,
  next: usize,
  z: usize,
  z0: usize,
  nextZ0: usize,
  k0: v128,
  k1: v128,
  k2: v128,
  k3: v128,
  dim: i32,
  stride: usize,
  lane: usize,
): void {
  const end = z0 + (<usize>dim << 3);
  const toNext = nextZ0 - z0;
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let from = z + lane;
  let to = x + lane;
  for (let c = z0; c < end; c += 8) {
    const centre = v128.load64_splat(c);
    const other = v128.load64_splat(c + toNext);
    const z0j = v128.load(from);
    const z1j = v128.load(from, 16);
    const z2j = v128.load(from, 32);
    const z3j = v128.load(from, 48);
    const x0 = f64x2.add(z0j, f64x2.mul(k0, f64x2.sub(z0j, centre)));
    const x1 = f64x2.add(z1j, f64x2.mul(k1, f64x2.sub(z1j, centre)));
    const x2 = f64x2.add(z2j, f64x2.mul(k2, f64x2.sub(z2j, centre)));
    const x3 = f64x2.add(z3j, f64x2.mul(k3, f64x2.sub(z3j, centre)));
    v128.store(to, x0);
    v128.store(to, x1, 16);
    v128.store(to, x2, 32);
    v128.store(to, x3, 48);
    const u0 = f64x2.sub(x0, other);
    const u1 = f64x2.sub(x1, other);
    const u2 = f64x2.sub(x2, other);
    const u3 = f64x2.sub(x3, other);
    s0 = f64x2.add(s0, f64x2.mul(u0, u0));
    s1 = f64x2.add(s1, f64x2.mul(u1, u1));
    s2 = f64x2.add(s2, f64x2.mul(u2, u2));
    s3 = f64x2.add(s3, f64x2.mul(u3, u3));
    from += stride;
    to += stride;
  }
  v128.store(next + lane, s0);
  v128.store(next + lane, s1, 16);
  v128.store(next + lane, s2, 32);
  v128.store(next + lane, s3, 48);
}

/** uᵀ d */
// @ts-ignore: decorator
@inline
function radialPart<P>(d: usize, z: usize, z0: usize, dim: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride + lane;
    const u = f64x2.sub(v128.load(z + at), parameter<P>(z0, j, stride, lane));
    sum = f64x2.add(sum, f64x2.mul(u, v128.load(d + at)));
  }
  return sum;
}

/** out = in + k (in − z₀), or z₀ + factor (in − z₀) where k < −½: the same thing, without the cancellation. */
// @ts-ignore: decorator
@inline
function move<P>(out: usize, input: usize, z0: usize, k: v128, factor: v128, dim: i32, stride: usize, lane: usize): void {
  const near = f64x2.lt(k, f64x2.splat(NEAR));
  if (v128.any_true(near)) {
    for (let j = 0; j < dim; j++) {
      const at = <usize>j * stride + lane;
      const centre = parameter<P>(z0, j, stride, lane);
      const from = v128.load(input + at);
      const u = f64x2.sub(from, centre);
      const far = f64x2.add(from, f64x2.mul(k, u));
      v128.store(out + at, v128.bitselect(f64x2.add(centre, f64x2.mul(factor, u)), far, near));
    }
  } else {
    for (let j = 0; j < dim; j++) {
      const at = <usize>j * stride + lane;
      const from = v128.load(input + at);
      v128.store(out + at, f64x2.add(from, f64x2.mul(k, f64x2.sub(from, parameter<P>(z0, j, stride, lane)))));
    }
  }
}

/** f₂ = (r² + 2αr + αm) v², each term scaled before it is multiplied. */
// @ts-ignore: decorator
@inline
function alongFactor(r: v128, v: v128, a: v128, m: v128): v128 {
  const rv = f64x2.mul(r, v);
  const av = f64x2.mul(a, v);
  return f64x2.add(f64x2.mul(rv, f64x2.add(rv, f64x2.add(av, av))), f64x2.mul(av, f64x2.mul(m, v)));
}

// @ts-ignore: decorator
@inline
function accumulate(
  logDet: usize,
  logDetAcross: usize,
  f1: v128,
  r: v128,
  v: v128,
  a: v128,
  m: v128,
  logM: v128,
  stride: usize,
  lane: usize,
): void {
  const f2 = alongFactor(r, v, a, m);
  const small = isSmall(f2, logM);
  if (v128.any_true(small)) {
    const one = f64x2.splat(1);
    const lnV = log(v);
    logDetMultiply(logDet, stride, lane, v128.bitselect(one, f2, small));
    const ends = logOfSum(f64x2.add(log(r), log(f64x2.add(r, f64x2.add(a, a)))), f64x2.add(log(a), logM));
    logDetAdd(logDet, stride, lane, v128.and(f64x2.add(ends, f64x2.add(lnV, lnV)), small));
    if (!logDetAcross) return;
    logDetMultiply(logDetAcross, stride, lane, v128.bitselect(one, f1, small));
    logDetAdd(logDetAcross, stride, lane, v128.and(f64x2.add(logOfSum(log(r), logM), lnV), small));
  } else {
    logDetMultiply(logDet, stride, lane, f2);
    if (logDetAcross) logDetMultiply(logDetAcross, stride, lane, f1);
  }
}

/** Whether the factors are added as logarithms. f₁ is at least half of a minute f₂. */
// @ts-ignore: decorator
@inline
function isSmall(f2: v128, logM: v128): v128 {
  return v128.or(f64x2.lt(logM, f64x2.splat(LOG_M_MIN)), f64x2.lt(f2, f64x2.splat(FACTOR_MIN)));
}

/** ln(eᵖ + e^q) */
function logOfSum(p: v128, q: v128): v128 {
  const larger = f64x2.max(p, q);
  return f64x2.add(larger, log1p(exp(f64x2.sub(f64x2.min(p, q), larger))));
}

/** The positive root r of r² − q r − α r′ = 0 without squares of what may be large or small. */
function scaledRoot(q: v128, a: v128, moved: v128): v128 {
  const zero = f64x2.splat(0);
  const half = f64x2.splat(0.5);
  const p = f64x2.abs(q);
  const product = f64x2.mul(f64x2.sqrt(a), f64x2.sqrt(moved));
  const other = f64x2.add(product, product);
  const larger = f64x2.max(p, other);
  const ratio = f64x2.div(f64x2.min(p, other), larger);
  const root = f64x2.mul(larger, f64x2.sqrt(f64x2.add(f64x2.splat(1), f64x2.mul(ratio, ratio))));
  const right = f64x2.add(f64x2.mul(half, q), f64x2.mul(half, root));
  const left = f64x2.mul(f64x2.add(moved, moved), f64x2.div(a, f64x2.sub(root, q)));
  const r = v128.bitselect(right, left, f64x2.ge(q, zero));
  return v128.bitselect(zero, r, f64x2.eq(moved, zero));
}

/** A factor that underflowed, kept from being divided by. It does so at the centre only, where what it divides is 0 or left out. */
// @ts-ignore: decorator
@inline
function positive(factor: v128): v128 {
  return f64x2.max(factor, f64x2.splat(2.2250738585072014e-308));
}

/** value / r, and 0 at the centre. */
// @ts-ignore: decorator
@inline
function perRadius(value: v128, r: v128): v128 {
  return v128.and(f64x2.div(value, r), f64x2.gt(r, f64x2.splat(0)));
}

/** dr of the forward direction. Where the factors are minute, β̂ = −α and v = 1 / α: dr = v e + G ((d − 1) / (r + m) + 2 / (2r + m)). */
// @ts-ignore: decorator
@inline
function radiusGradient(e: v128, g: v128, r: v128, v: v128, a: v128, m: v128, dim: i32): v128 {
  const f1 = positive(f64x2.mul(f64x2.add(r, m), v));
  const f2 = positive(alongFactor(r, v, a, m));
  const bv2 = f64x2.mul(f64x2.mul(f64x2.sub(m, a), v), v);
  const across = f64x2.div(f64x2.mul(f64x2.splat(<f64>(dim - 1)), g), f1);
  const along = f64x2.div(f64x2.mul(f64x2.splat(2), f64x2.mul(f64x2.mul(a, v), g)), f2);
  const value = f64x2.neg(f64x2.mul(bv2, f64x2.add(e, f64x2.add(across, along))));
  const minute = f64x2.lt(f2, f64x2.splat(FACTOR_MIN));
  if (!v128.any_true(minute)) return value;
  const rm = f64x2.add(r, m);
  const ends = f64x2.add(f64x2.div(f64x2.splat(<f64>(dim - 1)), rm), f64x2.div(f64x2.splat(2), f64x2.add(r, rm)));
  return v128.bitselect(f64x2.add(f64x2.mul(v, e), f64x2.mul(g, ends)), value, minute);
}

/** dα of the forward direction, at fixed m. Where f₂ is minute, what is divided by it is −f₂ to the last digit. */
// @ts-ignore: decorator
@inline
function alphaGradient(e: v128, g: v128, r: v128, v: v128, a: v128, m: v128, dim: i32): v128 {
  const f1 = f64x2.mul(f64x2.add(r, m), v);
  const f2 = positive(alongFactor(r, v, a, m));
  const rv = f64x2.mul(r, v);
  const av = f64x2.mul(a, v);
  const mv = f64x2.mul(m, v);
  const numerator = f64x2.sub(f64x2.mul(rv, f64x2.sub(mv, f64x2.add(av, av))), f64x2.mul(av, mv));
  const minute = f64x2.lt(f2, f64x2.splat(FACTOR_MIN));
  const ratio = v128.bitselect(f64x2.splat(-1), f64x2.div(numerator, f2), minute);
  const perG = f64x2.sub(ratio, f64x2.splat(<f64>(dim - 1)));
  return f64x2.mul(v, f64x2.sub(f64x2.mul(g, perG), f64x2.mul(f1, e)));
}

/** d ln m of the forward direction, at fixed α. Where m underflows, the shares of m in f₁ and f₂ come from logarithms. */
// @ts-ignore: decorator
@inline
function logMGradient(e: v128, g: v128, r: v128, v: v128, a: v128, m: v128, logM: v128, dim: i32): v128 {
  const f1 = positive(f64x2.mul(f64x2.add(r, m), v));
  const f2 = positive(alongFactor(r, v, a, m));
  const mv = f64x2.mul(m, v);
  let share1 = f64x2.div(mv, f1);
  let share2 = f64x2.div(f64x2.mul(f64x2.mul(a, v), mv), f2);
  const small = isSmall(f2, logM);
  if (v128.any_true(small)) {
    const lnR = log(r);
    const ends = f64x2.add(lnR, log(f64x2.add(r, f64x2.add(a, a))));
    share1 = v128.bitselect(sigmoid(f64x2.sub(logM, lnR)), share1, small);
    share2 = v128.bitselect(sigmoid(f64x2.sub(f64x2.add(log(a), logM), ends)), share2, small);
  }
  const shares = f64x2.add(f64x2.mul(f64x2.splat(<f64>(dim - 1)), share1), share2);
  return f64x2.add(f64x2.mul(mv, e), f64x2.mul(g, shares));
}
