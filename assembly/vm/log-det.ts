// The log-determinant of a chain, without a logarithm per layer.
//
//   ln |det J| = Σ_m m · (ln P_m + S_m),   P_m = Π factors of multiplicity m,   S_m = Σ of terms that are logarithms already
//
// A layer multiplies its determinant into P_m. P_m is kept as a mantissa in [1, 2) and an integer exponent, renormalised at every
// factor: scaling by powers of two is exact, so no chain over- or underflows and the only rounding is one ulp a factor.
// An accumulator is three block rows: mantissa, exponent (64-bit integers, each factor's bias of 1023 still in), sum.
//
// Limits: factors must be positive normal numbers below 2^1022. Others are misread, so a layer keeps out of their way: it adds logarithms
// where a factor might underflow, and where one would overflow, or is NaN, it makes the row's x a NaN too, which the facade refuses.

import { ONE } from '../math/exp';
import { log } from '../math/log';
import { addTo, parameter, rowBytes, rowMask, sumLanes } from './parameter';

/** In memory, not as literals, which are made anew at every step of a loop. */
const MANTISSA_BITS: usize = memory.data<u64>([0x000fffffffffffff, 0x000fffffffffffff], 16);
const BIAS: i64 = 1023;
const LN2: f64 = 0.6931471805599453;

export function logDetBegin(accumulator: usize, rows: i32, stride: usize): void {
  const one = f64x2.splat(1);
  const zero = f64x2.splat(0);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    v128.store(accumulator + lane, one);
    v128.store(accumulator + stride + lane, zero);
    v128.store(accumulator + (stride << 1) + lane, zero);
  }
}

/** Multiply a factor of the determinant into the accumulator, at byte offset `lane`. */
// @ts-ignore: decorator
@inline
export function logDetMultiply(accumulator: usize, stride: usize, lane: usize, factor: v128): void {
  const product = f64x2.mul(v128.load(accumulator + lane), factor);
  v128.store(accumulator + lane, v128.or(v128.and(product, v128.load(MANTISSA_BITS)), v128.load(ONE)));
  const exponent = accumulator + stride + lane;
  v128.store(exponent, i64x2.add(v128.load(exponent), i64x2.shr_u(product, 52)));
}

/** Add a term that is a logarithm already. */
// @ts-ignore: decorator
@inline
export function logDetAdd(accumulator: usize, stride: usize, lane: usize, term: v128): void {
  const sum = accumulator + (stride << 1) + lane;
  v128.store(sum, f64x2.add(v128.load(sum), term));
}

/** Add a term that depends on parameters alone. */
export function addLogDet<P>(accumulator: usize, term: usize, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) logDetAdd(accumulator, stride, lane, parameter<P>(term, 0, stride, lane));
}

/** Backward of addLogDet: dTerm += multiplicity · dLogDet. */
export function addLogDetBackward<P>(dTerm: usize, dLogDet: usize, multiplicity: i32, rows: i32, add: bool): void {
  const scale = f64x2.splat(<f64>multiplicity);
  let sum = f64x2.splat(0);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const d = f64x2.mul(scale, v128.load(dLogDet + lane));
    if (isVector<P>()) addTo(dTerm + lane, d, add);
    else sum = f64x2.add(sum, v128.and(d, rowMask(lane, rows)));
  }
  if (!isVector<P>()) f64.store(dTerm, f64.load(dTerm) + sumLanes(sum));
}

/** logDet (+)= multiplicity · (ln P + S), where `factors` were multiplied into P. */
export function logDetFinish(logDet: usize, accumulator: usize, multiplicity: i32, factors: i32, rows: i32, stride: usize, add: bool): void {
  const scale = f64x2.splat(<f64>multiplicity);
  const ln2 = f64x2.splat(LN2);
  const bias = i64x2.splat(BIAS * <i64>factors);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    const exponent = i64x2.sub(v128.load(accumulator + stride + lane), bias);
    const whole = f64x2(<f64>i64x2.extract_lane(exponent, 0), <f64>i64x2.extract_lane(exponent, 1));
    const product = f64x2.add(log(v128.load(accumulator + lane)), f64x2.mul(whole, ln2));
    const sum = v128.load(accumulator + (stride << 1) + lane);
    addTo(logDet + lane, f64x2.mul(scale, f64x2.add(product, sum)), add);
  }
}
