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
// Limits: 1 + g cancels as m → 0 (β → −∞); (r + m) v does not. Below β = −700, where m underflows, ln m = β is carried and the two
// factors are added as logarithms. Where g < −½ (k < −½) the shift nearly undoes z: x = z₀ + f₁ u is taken instead. ‖u‖² must not
// overflow (‖u‖ < 1e150); ∇r = 0 at the centre by convention.
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
    storeParameter<P>(alphaAbs, 0, stride, lane, f64x2.abs(parameter<P>(alpha, 0, stride, lane)));
    storeParameter<P>(m, 0, stride, lane, value);
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
  scales<P>(radius, stretch, logDet, logDetAcross, alpha, m, logM, bytes, stride);
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

// r = (q + √(q² + 4αr′)) / 2 where q ≥ 0, else 2αr′ / (√(q² + 4αr′) − q): neither cancels.

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
    const moved = f64x2.sqrt(v128.load(radius + lane));
    const q = f64x2.sub(moved, mm);
    const ar = f64x2.mul(a, moved);
    const root = f64x2.sqrt(f64x2.add(f64x2.mul(q, q), f64x2.mul(f64x2.splat(4), ar)));
    const right = f64x2.mul(f64x2.splat(0.5), f64x2.add(q, root));
    const left = f64x2.div(f64x2.add(ar, ar), f64x2.sub(root, q));
    const r = v128.bitselect(right, left, f64x2.ge(q, zero));
    const v = f64x2.div(one, f64x2.add(a, r));
    v128.store(radius + lane, r);
    v128.store(stretch + lane, v);
    const sum = f64x2.add(r, mm);
    accumulate(logDet, logDetAcross, f64x2.mul(sum, v), r, v, a, mm, parameter<P>(logM, 0, stride, lane), stride, lane);
    // At the centre u′ = 0 and any finite k serves; sum may be 0 there.
    const apart = f64x2.gt(moved, zero);
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

/** From r² in `radius`: r there, v = 1 / (α + r) in `stretch`, and the log-determinant. */
// @ts-ignore: decorator
@inline
function scales<P>(
  radius: usize,
  stretch: usize,
  logDet: usize,
  logDetAcross: usize,
  alpha: usize,
  m: usize,
  logM: usize,
  bytes: usize,
  stride: usize,
): void {
  const one = v128.load(ONE);
  const sharedAlpha = parameter<P>(alpha, 0, stride, 0);
  const sharedM = parameter<P>(m, 0, stride, 0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = f64x2.sqrt(v128.load(radius + lane));
    v128.store(radius + lane, r);
    v128.store(stretch + lane, f64x2.div(one, f64x2.add(parameterOr<P>(sharedAlpha, alpha + lane), r)));
  }
  if (!isVector<P>() && f64.load(logM) >= LOG_M_MIN) {
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
  const small = f64x2.lt(logM, f64x2.splat(LOG_M_MIN));
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

/** ln(eᵖ + e^q) */
function logOfSum(p: v128, q: v128): v128 {
  const larger = f64x2.max(p, q);
  return f64x2.add(larger, log1p(exp(f64x2.sub(f64x2.min(p, q), larger))));
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

/** dr of the forward direction. */
// @ts-ignore: decorator
@inline
function radiusGradient(e: v128, g: v128, r: v128, v: v128, a: v128, m: v128, dim: i32): v128 {
  const f1 = positive(f64x2.mul(f64x2.add(r, m), v));
  const f2 = positive(alongFactor(r, v, a, m));
  const bv2 = f64x2.mul(f64x2.mul(f64x2.sub(m, a), v), v);
  const across = f64x2.div(f64x2.mul(f64x2.splat(<f64>(dim - 1)), g), f1);
  const along = f64x2.div(f64x2.mul(f64x2.splat(2), f64x2.mul(f64x2.mul(a, v), g)), f2);
  return f64x2.neg(f64x2.mul(bv2, f64x2.add(e, f64x2.add(across, along))));
}

/** dα of the forward direction, at fixed m. */
// @ts-ignore: decorator
@inline
function alphaGradient(e: v128, g: v128, r: v128, v: v128, a: v128, m: v128, dim: i32): v128 {
  const f1 = f64x2.mul(f64x2.add(r, m), v);
  const f2 = positive(alongFactor(r, v, a, m));
  const rv = f64x2.mul(r, v);
  const av = f64x2.mul(a, v);
  const mv = f64x2.mul(m, v);
  const numerator = f64x2.sub(f64x2.mul(rv, f64x2.sub(mv, f64x2.add(av, av))), f64x2.mul(av, mv));
  const perG = f64x2.sub(f64x2.div(numerator, f2), f64x2.splat(<f64>(dim - 1)));
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
  const small = f64x2.lt(logM, f64x2.splat(LOG_M_MIN));
  if (v128.any_true(small)) {
    const lnR = log(r);
    const ends = f64x2.add(lnR, log(f64x2.add(r, f64x2.add(a, a))));
    share1 = v128.bitselect(sigmoid(f64x2.sub(logM, lnR)), share1, small);
    share2 = v128.bitselect(sigmoid(f64x2.sub(f64x2.add(log(a), logM), ends)), share2, small);
  }
  const shares = f64x2.add(f64x2.mul(f64x2.splat(<f64>(dim - 1)), share1), share2);
  return f64x2.add(f64x2.mul(mv, e), f64x2.mul(g, shares));
}
