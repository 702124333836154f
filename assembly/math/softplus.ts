// Softplus: log(1 + e^x)
//
//   softplus(x) = max(x, 0) + log1p(f),   f = exp(−|x|) in (0, 1]
//   log1p(f) = f − (f²/2 − s (f²/2 + R(s²))),   s = f / (2 + f) ≤ 1/3
//
// fdlibm's form of the logarithm (e_log.c, Sun Microsystems 1993) without its reduction: four more terms in R, our own Remez fit
// (error 2^-59.4 of log1p), cost less than taking a power of two out of 1 + f. As x → −∞ it is e^x to the last bit, denormals included.

import { exp, ONE } from './exp';

const TWO: usize = memory.data<f64>([2.0, 2.0], 16);
const HALF: usize = memory.data<f64>([0.5, 0.5], 16);

const R: usize = memory.data<f64>([
  0.6666666666666631, 0.6666666666666631, // 0x3FE5555555555535
  0.40000000000157393, 0.40000000000157393, // 0x3FD99999999A085B
  0.2857142854783339, 0.2857142854783339, // 0x3FD24924920848F0
  0.22222223971074656, 0.22222223971074656, // 0x3FCC71C74200321A
  0.18181743875389159, 0.18181743875389159, // 0x3FC745CB38A52D61
  0.15386561020969153, 0.15386561020969153, // 0x3FC3B1DE49EA33E6
  0.13300958656678552, 0.13300958656678552, // 0x3FC10675482DEDF8
  0.12106208142473153, 0.12106208142473153, // 0x3FBEFDECB08141D9
  0.08339553361442596, 0.08339553361442596, // 0x3FB55968E181A547
  0.17019618637781195, 0.17019618637781195, // 0x3FC5C8FD1732C48B
], 16);

/** ln(1 + e^x): max error 1.8 ulp, denormal results included; NaN → NaN, −∞ → 0, +∞ → +∞. */
// @ts-ignore: decorator
@inline
export function softplus(x: v128): v128 {
  return softplusOf(x, exp(f64x2.neg(f64x2.abs(x))));
}

/** ln(1 + e^x), from f = e^−|x|. */
// @ts-ignore: decorator
@inline
export function softplusOf(x: v128, f: v128): v128 {
  const s = f64x2.div(f, f64x2.add(v128.load(TWO), f));
  const z = f64x2.mul(s, s);
  const z2 = f64x2.mul(z, z);
  const z4 = f64x2.mul(z2, z2);
  const c0 = f64x2.add(v128.load(R, 0), f64x2.mul(z, v128.load(R, 16)));
  const c2 = f64x2.add(v128.load(R, 32), f64x2.mul(z, v128.load(R, 48)));
  const c4 = f64x2.add(v128.load(R, 64), f64x2.mul(z, v128.load(R, 80)));
  const c6 = f64x2.add(v128.load(R, 96), f64x2.mul(z, v128.load(R, 112)));
  const c8 = f64x2.add(v128.load(R, 128), f64x2.mul(z, v128.load(R, 144)));
  const high = f64x2.add(f64x2.add(c4, f64x2.mul(z2, c6)), f64x2.mul(z4, c8));
  const r = f64x2.mul(z, f64x2.add(f64x2.add(c0, f64x2.mul(z2, c2)), f64x2.mul(z4, high)));
  const halfSquare = f64x2.mul(v128.load(HALF), f64x2.mul(f, f));
  const logarithm = f64x2.sub(f, f64x2.sub(halfSquare, f64x2.mul(s, f64x2.add(halfSquare, r))));
  return f64x2.add(f64x2.pmax(x, f64x2.splat(0)), logarithm);
}
