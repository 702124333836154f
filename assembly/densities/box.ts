// Uniform on a box, bounds included
//
//   sample    z_j = low_j + (high_j − low_j) u_j,   u uniform in (0, 1)
//   density   −Σ_j ln(high_j − low_j) inside, −∞ outside; its gradient is 0
//
// Limits: the rounded sum may be an ulp above high, outside, so that it is cut off there; it is never below low.

import { log } from '../math/log';
import { rowBytes } from '../vm/parameter';

export function boxSample(z: usize /* [dim], may be u */, u: usize, low: usize, high: usize, dim: i32, rows: i32, stride: usize): void {
  const bytes = rowBytes(rows);
  for (let j = 0; j < dim; j++) {
    const at = <usize>j * stride;
    const from = v128.load64_splat(low + (<usize>j << 3));
    const to = v128.load64_splat(high + (<usize>j << 3));
    const width = f64x2.sub(to, from);
    for (let lane: usize = 0; lane < bytes; lane += 16) {
      v128.store(z + at + lane, f64x2.pmin(f64x2.add(from, f64x2.mul(width, v128.load(u + at + lane))), to));
    }
  }
}

export function boxDensity(logProb: usize, z: usize, low: usize, high: usize, dim: i32, rows: i32, stride: usize): void {
  let logVolume = f64x2.splat(0);
  for (let j = 0; j < dim; j++) {
    const offset = <usize>j << 3;
    logVolume = f64x2.add(logVolume, log(f64x2.sub(v128.load64_splat(high + offset), v128.load64_splat(low + offset))));
  }
  const inside = f64x2.neg(logVolume);
  const outside = f64x2.splat(-Infinity);
  const bytes = rowBytes(rows);
  for (let lane: usize = 0; lane < bytes; lane += 16) {
    let within = i64x2.splat(-1);
    for (let j = 0; j < dim; j++) {
      const value = v128.load(z + <usize>j * stride + lane);
      const offset = <usize>j << 3;
      within = v128.and(within, f64x2.ge(value, v128.load64_splat(low + offset)));
      within = v128.and(within, f64x2.le(value, v128.load64_splat(high + offset)));
    }
    v128.store(logProb + lane, v128.bitselect(inside, outside, within));
  }
}
