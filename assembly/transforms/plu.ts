// Linear map with a PLU factorisation
//
//   inverse    z = x P L U, rows as vectors:   zᵀ = Uᵀ Lᵀ Pᵀ xᵀ
//   forward    x = z U⁻¹ L⁻¹ Pᵀ
//   logDet     ±Σ_j logDiagonal_j
//   U          its diagonal is sign_j e^logDiagonal_j: pluConstrain, once per layer. Above it, and L below its ones, the entries are free
//
// The permutation is a row gather (permutation.ts), the triangles are those of lu.ts, transposed.
//
// Source: Kingma & Dhariwal 2018, arXiv:1807.03039, eq. 10 and 11; rows times the matrix, as normflows has it.
// Limits: e^logDiagonal must be a normal number, |logDiagonal| < 700.

import { exp } from '../math/exp';
import { addParameter, parameter, parameterBytes, storeParameter } from '../vm/parameter';

export function pluConstrain<P>(
  diagonal: usize,
  logSum: usize,
  logDiagonal: usize,
  dim: i32,
  signs: usize, // [dim] words, 1 or −1
  rows: i32,
  stride: usize,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let sum = f64x2.splat(0);
    for (let j = 0; j < dim; j++) {
      const sign = f64x2.splat(<f64>load<i32>(signs + (<usize>j << 2)));
      const value = parameter<P>(logDiagonal, j, stride, lane);
      storeParameter<P>(diagonal, j, stride, lane, f64x2.mul(sign, exp(value)));
      sum = f64x2.add(sum, value);
    }
    storeParameter<P>(logSum, 0, stride, lane, sum);
  }
}

// Backward of pluConstrain: dLogDiagonal += diagonal ∂L/∂diagonal, which dDiagonal is already, + dLogSum

export function pluConstrainBackward<P>(
  dLogDiagonal: usize,
  dDiagonal: usize,
  dLogSum: usize,
  dim: i32,
  rows: i32,
  stride: usize,
  add: bool,
): void {
  const bytes = parameterBytes<P>(rows);
  for (let j = 0; j < dim; j++) {
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const d = f64x2.add(parameter<P>(dDiagonal, j, stride, lane), parameter<P>(dLogSum, 0, stride, lane));
      addParameter<P>(dLogDiagonal, j, stride, lane, d, add);
    }
  }
}
