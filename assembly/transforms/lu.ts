// Linear map with an LU factorisation
//
//   inverse    z = L (U x) + shift,         L unit lower, U upper triangular, its diagonal positive
//   forward    x = U⁻¹ (L⁻¹ (z − shift))
//   logDet     ±Σ_j ln U_jj
//   diagonal   U_jj = softplus(raw_j) + 1e-3: luConstrain, once per layer, with the sum of its logarithms
//
// Recorded as instructions of its own for each factor, so that other factorisations (plu) use them too. The loops stand in
// assembly/math/triangular.ts. Going from data to base multiplies, coming back solves; over a batch both cost the same.
//
// Source: nflows' LULinear (Durkan, Bekasov, Murray & Papamakarios 2019, arXiv:1906.04032, §3.2.1 and appendix B).
// Limits: the gradient of a diagonal is carried as diagonal ∂L/∂diagonal: ∂L/∂diagonal itself has the factor 1 / diagonal² in a solution, which may leave
// a double's range (plu's diagonal is an exponential). The triangles are unconstrained, and solving may be ill-conditioned however well behaved the diagonal is.
// Derivation: docs/transforms/lu.md

import { log } from '../math/log';
import { sigmoid } from '../math/sigmoid';
import { softplus } from '../math/softplus';
import { outer, triangular } from '../math/triangular';
import { addParameter, addTo, parameter, parameterBytes, rowBytes, rowMask, storeParameter, sumLanes } from '../vm/parameter';

/** The least diagonal entry. In memory, not a literal: it is used in a loop. */
const LEAST: usize = memory.data<f64>([1e-3, 1e-3], 16);

export function luConstrain<P>(diagonal: usize, logSum: usize, raw: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let sum = f64x2.splat(0);
    for (let j = 0; j < dim; j++) {
      const value = f64x2.add(softplus(parameter<P>(raw, j, stride, lane)), v128.load(LEAST));
      storeParameter<P>(diagonal, j, stride, lane, value);
      sum = f64x2.add(sum, log(value));
    }
    storeParameter<P>(logSum, 0, stride, lane, sum);
  }
}

// Backward of luConstrain, dDiagonal being diagonal ∂L/∂diagonal: dRaw += (dDiagonal + dLogSum) sigmoid(raw) / diagonal

export function luConstrainBackward<P>(
  dRaw: usize,
  dDiagonal: usize,
  dLogSum: usize,
  diagonal: usize,
  raw: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const d = f64x2.add(parameter<P>(dDiagonal, j, stride, lane), parameter<P>(dLogSum, 0, stride, lane));
      const slope = f64x2.div(sigmoid(parameter<P>(raw, j, stride, lane)), parameter<P>(diagonal, j, stride, lane));
      addParameter<P>(dRaw, j, stride, lane, f64x2.mul(d, slope), add);
    }
  }
}

/** out = T x, or Tᵀ x. */
export function triangularMultiply<P>(
  out: usize, // [dim], may be x
  x: usize,
  entries: usize,
  diagonal: usize, // 0 for ones
  dim: i32,
  upper: i32,
  transposed: i32,
  rows: i32,
  stride: usize,
): void {
  triangular<P>(out, x, entries, diagonal, dim, upper, transposed != 0, false, rows, stride, false);
}

// Backward of triangularMultiply: dx = Tᵀ dOut,   dT += dOut xᵀ; transposed, dx = T dOut,   dT += x dOutᵀ

export function triangularMultiplyBackward<P>(
  dx: usize, // may be dOut
  dEntries: usize,
  dDiagonal: usize,
  dOut: usize,
  x: usize,
  entries: usize,
  diagonal: usize,
  dim: i32,
  upper: i32,
  transposed: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dEntries, dDiagonal
): void {
  if (transposed) outer<P>(dEntries, dDiagonal, x, dOut, diagonal, 1, dim, upper, rows, stride, add >> 1);
  else outer<P>(dEntries, dDiagonal, dOut, x, diagonal, 1, dim, upper, rows, stride, add >> 1);
  if (dx) triangular<P>(dx, dOut, entries, diagonal, dim, upper, transposed == 0, false, rows, stride, (add & 1) != 0);
}

/** out = T⁻¹ x, or T⁻ᵀ x. */
export function triangularSolve<P>(
  out: usize, // [dim], may be x
  x: usize,
  entries: usize,
  diagonal: usize, // 0 for ones
  dim: i32,
  upper: i32,
  transposed: i32,
  rows: i32,
  stride: usize,
): void {
  triangular<P>(out, x, entries, diagonal, dim, upper, transposed != 0, true, rows, stride, false);
}

// Backward of triangularSolve. With p = T⁻ᵀ dOut: dx = p,   dT −= p outᵀ; transposed, p = T⁻¹ dOut,   dT −= out pᵀ

export function triangularSolveBackward<P>(
  dx: usize, // may be dOut
  dEntries: usize,
  dDiagonal: usize,
  scratch: usize, // [dim], p where it cannot be dx
  dOut: usize,
  out: usize,
  entries: usize,
  diagonal: usize,
  dim: i32,
  upper: i32,
  transposed: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dEntries, dDiagonal
): void {
  const p = dx && !(add & 1) ? dx : scratch;
  triangular<P>(p, dOut, entries, diagonal, dim, upper, transposed == 0, true, rows, stride, false);
  if (transposed) outer<P>(dEntries, dDiagonal, out, p, diagonal, -1, dim, upper, rows, stride, add >> 1);
  else outer<P>(dEntries, dDiagonal, p, out, diagonal, -1, dim, upper, rows, stride, add >> 1);
  if (!dx || p == dx) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) addTo(dx + at + lane, v128.load(p + at + lane), true);
  }
}

/** out = x + sign · shift. */
export function addShift<P>(out: usize, x: usize, shift: usize, dim: i32, sign: i32, rows: i32, stride: usize): void {
  const scale = f64x2.splat(<f64>sign);
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const moved = f64x2.mul(scale, parameter<P>(shift, j, stride, lane));
      v128.store(out + at + lane, f64x2.add(v128.load(x + at + lane), moved));
    }
  }
}

// Backward of addShift: dx = dOut,   dShift += sign dOut

export function addShiftBackward<P>(
  dx: usize, // may be dOut
  dShift: usize,
  dOut: usize,
  dim: i32,
  sign: i32,
  rows: i32,
  stride: usize,
  add: i32, // bits: dx, dShift
): void {
  const scale = f64x2.splat(<f64>sign);
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    let sum = f64x2.splat(0);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const d = v128.load(dOut + at + lane);
      if (dx) addTo(dx + at + lane, d, (add & 1) != 0);
      if (isVector<P>()) {
        if (dShift) addTo(dShift + at + lane, f64x2.mul(scale, d), (add & 2) != 0);
      } else sum = f64x2.add(sum, v128.and(d, rowMask(lane, rows)));
    }
    if (!isVector<P>() && dShift) {
      const to = dShift + (<usize>j << 3);
      f64.store(to, f64.load(to) + <f64>sign * sumLanes(sum));
    }
  }
}
