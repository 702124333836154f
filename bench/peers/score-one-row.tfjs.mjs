// The log density of one row in TensorFlow.js, float32: Newton's method clipped to its bracket, as often as the farthest of these roots
// needs in single precision, so that no value has to come back in between.

import { layers, logProb, x } from './score-one-row.inputs.mjs';
import { agree, report, secondsPerCall, tf } from './tfjs.mjs';

const ITERATIONS = 6;
const chain = layers
  .map(({ u, w, b, delta }) => ({ u: tf.tensor2d([u]), w: tf.tensor2d(w, [2, 1]), b: tf.scalar(b), delta }))
  .reverse();

function solve(y, delta) {
  const reach = Math.abs(delta - 1);
  const [low, high] = [y.sub(reach), y.add(reach)];
  let a = y;
  for (let i = 0; i < ITERATIONS; i++) {
    const h = a.tanh();
    const excess = a.sub(y).add(h.mul(delta - 1));
    const slope = tf.sub(delta, h.square().mul(delta - 1));
    a = a.sub(excess.div(slope)).minimum(high).maximum(low);
  }
  return a;
}

function score(rows) {
  let x = rows;
  let determinant = tf.scalar(1);
  for (const { u, w, b, delta } of chain) {
    const h = solve(tf.matMul(x, w).add(b), delta).tanh();
    determinant = determinant.mul(tf.sub(delta, h.square().mul(delta - 1)));
    x = x.sub(h.mul(u));
  }
  return x
    .square()
    .sum(1, true)
    .mul(-0.5)
    .sub(determinant.log())
    .sub(Math.log(2 * Math.PI));
}

const row = tf.tensor2d([x]);
const call = () => tf.tidy(() => score(row).dataSync()[0]);
agree('ln q', call(), logProb, 1e-4);
report({ '': await secondsPerCall(call, { calls: 10 }) });
