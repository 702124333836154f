// Logistic regression: the sum of ln P(y_i) of outcomes y = 0 or 1 with logits η = X β, where X [n × k] and y are data
//
//   out = Σ_i ln P(y_i),     score_j = Σ_i (y_i − σ(η_i)) X_ij = ∂out/∂β_j
//
// A panel of observations at a time: its logits, then its slopes in their place, then its part of the score, while they are in the first
// cache. So no more logits are kept than those of a panel, however many observations there are. Its backward pass is bernoulliLogitSum's,
// dβ_j += score_j dOut, and its bits are those of dense and bernoulliLogitSum, but for where dOut is multiplied.

import { dense, denseBackward } from '../nets/dense';
import { rowBytes } from '../vm/parameter';
import { addOutcomes, beginOutcomes, FACTORS, takeLogarithm } from './bernoulli-logit';
import { maskOf, stepOf } from './source';

export function logisticRegression(
  out: usize, // [1]
  score: usize, // [k]
  panel: usize, // [panelRows] scratch
  product: usize, // [1] scratch
  y: usize, // data
  beta: usize, // [k]
  packed: usize, // X as a layer of assembly/nets/dense.ts
  bias: usize, // [n] zeros
  transposed: usize,
  k: i32,
  n: i32,
  panelRows: i32, // divides FACTORS, or is n
  source: i32,
  ends: usize,
  rows: i32,
  stride: usize,
): void {
  const bytes = rowBytes(rows);
  const step = stepOf(source, stride);
  const mask = maskOf(source);
  beginOutcomes(out, product, bytes);
  for (let first = 0; first < n; first += panelRows) {
    const count = min(panelRows, n - first);
    dense(panel, beta, packed, bias, 0, k, first, count, ends, rows, stride, false);
    addOutcomes(out, panel, product, y + <usize>first * step, panel, count, step, mask, bytes, stride);
    denseBackward(score, 0, 0, panel, 0, transposed, 0, 0, n, k, first, count, ends, rows, stride, first > 0);
    if ((first + count) % FACTORS == 0) takeLogarithm(out, product, bytes);
  }
  takeLogarithm(out, product, bytes);
}
