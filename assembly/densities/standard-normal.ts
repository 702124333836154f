// Standard normal log density
//
//   ln N(z; 0, I) = −½ (Σ_j z_j² + d ln 2π)

import { addTo, rowBytes } from '../vm/parameter';

const LN_2PI: f64 = 1.8378770664093455;

export function standardNormal(logProb: usize, z: usize, dim: i32, rows: i32, stride: usize): void {
  const minusHalf = f64x2.splat(-0.5);
  const constant = f64x2.splat(<f64>dim * LN_2PI);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let sum = f64x2.splat(0);
    for (let j = 0; j < dim; j++) {
      const value = v128.load(z + <usize>j * stride + lane);
      sum = f64x2.add(sum, f64x2.mul(value, value));
    }
    v128.store(logProb + lane, f64x2.mul(minusHalf, f64x2.add(sum, constant)));
  }
}

// Backward of standardNormal: dz += −z dLogProb

export function standardNormalBackward(dz: usize, dLogProb: usize, z: usize, dim: i32, rows: i32, stride: usize, add: bool): void {
  if (!dz) return;
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      const g = f64x2.neg(f64x2.mul(v128.load(z + at + lane), v128.load(dLogProb + lane)));
      addTo(dz + at + lane, g, add);
    }
  }
}
