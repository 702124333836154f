// Mixture of K diagonal normals
//
//   density   ln Σ_k π_k N(z; μ_k, σ_k²),   π_k = m_k / Σ m,   m_k = e^logit_k,   σ = e^logScale
//   share     r_k = π_k N_k / Σ π N, the responsibility of component k
//   sample    z = μ_k + σ_k ε, with k the component in whose part of (0, 1) a uniform number falls
//
// m [K] and σ [K d] are constraints. Row k of μ and σ begins at k · d.
//
// Limits: with the largest logarithm taken out, Σ lies in [1, K]. Where all squares overflow, beyond 1e154 standard deviations, the
// density is −∞ and its gradient 0. The choice of a component is no smooth function of the logits: samples give them no gradient.

import { exp } from '../math/exp';
import { log } from '../math/log';
import { fillWords } from '../random/philox';
import { toUniforms } from '../random/uniform';
import { addTo, parameter, rowBytes, rowMask, sumLanes } from '../vm/parameter';

const HALF_LN_2PI: f64 = 0.9189385332046728;
const ONE: usize = memory.data<f64>([1, 1], 16);

/** Writes up to 7 rows past the last one of `component` and `spare`. */
export function mixtureSample<P>(
  z: usize, // [dim]
  component: usize, // [1] k, as a double
  spare: usize, // [1] scratch
  noise: usize, // [dim] standard normals, from the pairs of words before ⌈dim / 2⌉
  mass: usize,
  locations: usize,
  scales: usize,
  dim: i32,
  components: i32,
  rows: i32,
  stride: usize,
  firstRow: u32,
  keyLow: u32,
  keyHigh: u32,
  step: u32,
  stream: u32,
): void {
  const bytes = rowBytes(rows);
  fillWords(component, spare, rows, firstRow, (dim + 1) >> 1, step, stream, keyLow, keyHigh);
  toUniforms(component, bytes);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const goal = f64x2.mul(v128.load(component + lane), total<P>(mass, components, stride, lane));
    let passed = f64x2.splat(0);
    let k = f64x2.splat(0);
    for (let i = 0; i < components - 1; i++) {
      passed = f64x2.add(passed, parameter<P>(mass, i, stride, lane));
      k = f64x2.add(k, v128.and(v128.load(ONE), f64x2.ge(goal, passed)));
    }
    v128.store(component + lane, k);
  }
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const k = v128.load(component + lane);
      const moved = f64x2.mul(picked<P>(scales, k, j, dim, stride, lane), v128.load(noise + at + lane));
      v128.store(z + at + lane, f64x2.add(picked<P>(locations, k, j, dim, stride, lane), moved));
    }
  }
}

// Backward of mixtureSample, to the component that was picked: dμ_k += dz,   dLogScale_k += dz σ_k ε

export function mixtureSampleBackward<P>(
  dLocations: usize,
  dLogScales: usize,
  dz: usize,
  component: usize,
  noise: usize,
  scales: usize,
  dim: i32,
  components: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dLocations, dLogScales
): void {
  const bytes = rowBytes(rows);
  if (isVector<P>() && dLocations && (add & 1) == 0) clear(dLocations, components * dim, bytes, stride);
  if (isVector<P>() && dLogScales && (add & 2) == 0) clear(dLogScales, components * dim, bytes, stride);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const k = v128.load(component + lane);
      const d = v128.load(dz + at + lane);
      const dScale = f64x2.mul(f64x2.mul(d, v128.load(noise + at + lane)), picked<P>(scales, k, j, dim, stride, lane));
      const isPair = isVector<P>() || <i32>(lane >> 3) + 1 < rows;
      if (dLocations) addPicked<P>(dLocations, k, j, dim, stride, lane, d, isPair);
      if (dLogScales) addPicked<P>(dLogScales, k, j, dim, stride, lane, dScale, isPair);
    }
  }
}

export function mixtureDensity<P>(
  logProb: usize, // [1]
  share: usize, // [K]
  z: usize,
  logits: usize,
  mass: usize,
  locations: usize,
  logScales: usize,
  scales: usize,
  dim: i32,
  components: i32,
  rows: i32,
  stride: usize,
): void {
  const lowest = f64x2.splat(-f64.MAX_VALUE);
  const half = f64x2.splat(0.5);
  const constant = f64x2.splat(<f64>dim * HALF_LN_2PI);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let best = lowest;
    for (let k = 0; k < components; k++) {
      let squares = f64x2.splat(0);
      let logs = f64x2.splat(0);
      for (let j = 0; j < dim; j++) {
        const t = standardized<P>(z, locations, scales, k, j, dim, stride, lane);
        squares = f64x2.add(squares, f64x2.mul(t, t));
        logs = f64x2.add(logs, parameter<P>(logScales, k * dim + j, stride, lane));
      }
      const term = f64x2.sub(f64x2.sub(parameter<P>(logits, k, stride, lane), logs), f64x2.mul(half, squares));
      v128.store(share + <usize>k * stride + lane, term);
      best = f64x2.pmax(best, term);
    }
    const sum = sharesOf(share, best, components, stride, lane);
    const scaled = f64x2.sub(log(sum), log(total<P>(mass, components, stride, lane)));
    v128.store(logProb + lane, f64x2.add(best, f64x2.sub(scaled, constant)));
  }
}

/** e^(term − best) / Σ in place of the terms; returns Σ. */
// @ts-ignore: decorator
@inline
function sharesOf(share: usize, best: v128, components: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let k = 0; k < components; k++) {
    const at = share + <usize>k * stride + lane;
    const e = exp(f64x2.sub(v128.load(at), best));
    v128.store(at, e);
    sum = f64x2.add(sum, e);
  }
  const divisor = f64x2.pmax(sum, v128.load(ONE)); // below 1 only where every term is −∞
  for (let k = 0; k < components; k++) {
    const at = share + <usize>k * stride + lane;
    v128.store(at, f64x2.div(v128.load(at), divisor));
  }
  return sum;
}

// Backward of mixtureDensity, with g = dLogProb and t_k = (z − μ_k) / σ_k:
//
//   dz = −g Σ_k r_k t_k / σ_k,   dμ_k += g r_k t_k / σ_k,   dLogScale_k += g r_k (t_k² − 1),   dLogit_k += g (r_k − π_k)

export function mixtureDensityBackward<P>(
  dz: usize,
  dLogits: usize,
  dLocations: usize,
  dLogScales: usize,
  dLogProb: usize,
  share: usize,
  z: usize,
  mass: usize,
  locations: usize,
  scales: usize,
  dim: i32,
  components: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dz, dLogits, dLocations, dLogScales
): void {
  for (let k = 0; k < components; k++) {
    const weight = share + <usize>k * stride;
    if (dLogits) logitBackward<P>(dLogits, dLogProb, weight, mass, k, components, rows, stride, (add & 2) != 0);
    for (let j = 0; j < dim; j++) {
      const addZ = (add & 1) != 0 || k > 0;
      coordinateBackward<P>(dz, dLocations, dLogScales, dLogProb, weight, z, locations, scales, k, j, dim, rows, stride, addZ, add);
    }
  }
}

// @ts-ignore: decorator
@inline
function coordinateBackward<P>(
  dz: usize,
  dLocations: usize,
  dLogScales: usize,
  dLogProb: usize,
  weight: usize,
  z: usize,
  locations: usize,
  scales: usize,
  k: i32,
  j: i32,
  dim: i32,
  rows: i32,
  stride: usize,
  addZ: bool,
  add: i32,
): void {
  const at = k * dim + j;
  const bytes = rowBytes(rows);
  let sumLocation = f64x2.splat(0);
  let sumScale = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const r = v128.load(weight + lane);
    const g = f64x2.mul(r, v128.load(dLogProb + lane));
    const t = standardized<P>(z, locations, scales, k, j, dim, stride, lane);
    const isPresent = f64x2.gt(r, f64x2.splat(0)); // t may be ∞ where r is 0
    const push = v128.and(isPresent, f64x2.mul(g, f64x2.div(t, parameter<P>(scales, at, stride, lane))));
    const widen = v128.and(isPresent, f64x2.mul(g, f64x2.sub(f64x2.mul(t, t), v128.load(ONE))));
    if (dz) addTo(dz + <usize>j * stride + lane, f64x2.neg(push), addZ);
    if (isVector<P>()) {
      if (dLocations) addTo(dLocations + <usize>at * stride + lane, push, (add & 4) != 0);
      if (dLogScales) addTo(dLogScales + <usize>at * stride + lane, widen, (add & 8) != 0);
    } else {
      const mask = rowMask(lane, rows);
      sumLocation = f64x2.add(sumLocation, v128.and(push, mask));
      sumScale = f64x2.add(sumScale, v128.and(widen, mask));
    }
  }
  if (isVector<P>()) return;
  if (dLocations) addSum(dLocations, at, sumLocation);
  if (dLogScales) addSum(dLogScales, at, sumScale);
}

// @ts-ignore: decorator
@inline
function logitBackward<P>(
  dLogits: usize,
  dLogProb: usize,
  weight: usize,
  mass: usize,
  k: i32,
  components: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = rowBytes(rows);
  let sum = f64x2.splat(0);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const prior = f64x2.div(parameter<P>(mass, k, stride, lane), total<P>(mass, components, stride, lane));
    const g = f64x2.mul(v128.load(dLogProb + lane), f64x2.sub(v128.load(weight + lane), prior));
    if (isVector<P>()) addTo(dLogits + <usize>k * stride + lane, g, add);
    else sum = f64x2.add(sum, v128.and(g, rowMask(lane, rows)));
  }
  if (!isVector<P>()) addSum(dLogits, k, sum);
}

/** Σ_k m_k */
// @ts-ignore: decorator
@inline
function total<P>(mass: usize, components: i32, stride: usize, lane: usize): v128 {
  let sum = f64x2.splat(0);
  for (let k = 0; k < components; k++) sum = f64x2.add(sum, parameter<P>(mass, k, stride, lane));
  return sum;
}

/** (z_j − μ_kj) / σ_kj */
// @ts-ignore: decorator
@inline
function standardized<P>(z: usize, locations: usize, scales: usize, k: i32, j: i32, dim: i32, stride: usize, lane: usize): v128 {
  const at = k * dim + j;
  const centred = f64x2.sub(v128.load(z + <usize>j * stride + lane), parameter<P>(locations, at, stride, lane));
  return f64x2.div(centred, parameter<P>(scales, at, stride, lane));
}

/** Where the component k of a row has its parameter j: row `lane` + 8 · `half` of a block, or the double that all rows share. */
// @ts-ignore: decorator
@inline
function placeOf<P>(base: usize, k: f64, j: i32, dim: i32, stride: usize, lane: usize): usize {
  const at = <usize>(<i32>k * dim + j);
  return isVector<P>() ? base + at * stride + lane : base + (at << 3);
}

/** Parameter j of each lane's own component. */
// @ts-ignore: decorator
@inline
function picked<P>(base: usize, k: v128, j: i32, dim: i32, stride: usize, lane: usize): v128 {
  const first = placeOf<P>(base, f64x2.extract_lane(k, 0), j, dim, stride, lane);
  const second = placeOf<P>(base, f64x2.extract_lane(k, 1), j, dim, stride, lane + 8);
  return f64x2(f64.load(first), f64.load(second));
}

/** Add to parameter j of each lane's own component; to the first lane's alone where the second is no row. */
// @ts-ignore: decorator
@inline
function addPicked<P>(base: usize, k: v128, j: i32, dim: i32, stride: usize, lane: usize, value: v128, isPair: bool): void {
  const first = placeOf<P>(base, f64x2.extract_lane(k, 0), j, dim, stride, lane);
  f64.store(first, f64.load(first) + f64x2.extract_lane(value, 0));
  if (!isPair) return;
  const second = placeOf<P>(base, f64x2.extract_lane(k, 1), j, dim, stride, lane + 8);
  f64.store(second, f64.load(second) + f64x2.extract_lane(value, 1));
}

function clear(block: usize, count: i32, bytes: usize, stride: usize): void {
  const zero = f64x2.splat(0);
  for (let k = 0; k < count; k++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) v128.store(block + <usize>k * stride + lane, zero);
  }
}

// @ts-ignore: decorator
@inline
function addSum(gradient: usize, at: i32, sum: v128): void {
  const address = gradient + (<usize>at << 3);
  f64.store(address, f64.load(address) + sumLanes(sum));
}
