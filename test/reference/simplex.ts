// The simplex by stick-breaking, K − 1 numbers to K
//
//   forward   s_k = σ(z_k + ln(1 / (K − k))),   x_k = (1 − Σ_{j<k} x_j) s_k,   x_K = 1 − Σ_{j<K} x_j
//             logDet = Σ_k ln(s_k (1 − s_k) (1 − Σ_{j<k} x_j))
//   inverse   s_k = x_k / (1 − Σ_{j<k} x_j),   z_k = logit(s_k) − ln(1 / (K − k))
//
// Source: Stan reference manual, "Unit simplex" (before version 2.36).
//
// Limits: a row of doubles sums to 1 only to rounding, and 1 − Σ_{j<k} x_j, literally, then differs from Σ_{j≥k} x_j by that rounding, which is
// all there is of it where the last coordinates are small. So what is left is summed from the end, and takes only its derivative from
// 1 − Σ: x_K is a function of the others. What is left of the stick going forward is a product of 1 − s_k = σ(−…), which does not cancel.

import { type Algebra, sum } from './algebra.js';
import type { Layer } from './chain.js';

export function simplexLayer<T>(): Layer<T> {
  return { forward, inverse };
}

function forward<T>(A: Algebra<T>, z: readonly T[]): { x: T[]; logDet: T } {
  let rest = A.from(1);
  const terms: T[] = [];
  const x = z.map((zk, k) => {
    const a = A.add(zk, A.log(A.div(A.from(1), A.from(z.length - k))));
    const [share, kept] = [A.sigmoid(a), A.sigmoid(A.neg(a))];
    terms.push(A.add(A.log(A.mul(share, kept)), A.log(rest)));
    const xk = A.mul(rest, share);
    rest = A.mul(rest, kept);
    return xk;
  });
  return { x: [...x, rest], logDet: sum(A, terms) };
}

function inverse<T>(A: Algebra<T>, x: readonly T[]): { z: T[]; logDet: T } {
  const first = x.slice(0, -1);
  const literal = A.sub(A.from(1), sum(A, first));
  const last = A.add(A.constant(x[first.length]), A.sub(literal, A.constant(literal)));
  const rests = [last]; // Σ_{j≥k} x_j, from the end
  for (const xk of [...first].reverse()) rests.unshift(A.add(xk, rests[0]));
  const terms: T[] = [];
  const z = first.map((xk, k) => {
    const [share, kept] = [A.div(xk, rests[k]), A.div(rests[k + 1], rests[k])];
    terms.push(A.add(A.log(A.mul(share, kept)), A.log(rests[k])));
    return A.sub(A.log(A.div(share, kept)), A.log(A.div(A.from(1), A.from(first.length - k))));
  });
  return { z, logDet: A.neg(sum(A, terms)) };
}
