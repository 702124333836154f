// One step of variational inference with planar flows in TensorFlow.js: float32, its only precision. Three variables, the constraint of
// all layers at once, two operations and a tanh per layer, the log-determinants of all layers at once from the stacked
// activations, the gradient by autodiff and its Adam, everything tidied.

import { agree, report, secondsPerCall, tf } from './tfjs.mjs';
import { annealing, BATCH, DIM, initialParameters, LAYERS, LEARNING_RATE, plainFreeEnergy } from './planar-vi-step.inputs.mjs';

const LOG_2PI = Math.log(2 * Math.PI);

const { u, w, b } = initialParameters();
const variables = {
  u: tf.variable(tf.tensor2d(u, [LAYERS, DIM])),
  w: tf.variable(tf.tensor2d(w, [LAYERS, DIM])),
  b: tf.variable(tf.tensor1d(b)),
};

/** z is [2, batch]: rows of a coordinate are contiguous, and û hᵀ is a product of a column and a row. */
function freeEnergy(z, beta) {
  const { u, w, b } = variables;
  const wu = w.mul(u).sum(1, true);
  const delta = wu.softplus();
  const uHat = u.add(delta.sub(1).sub(wu).mul(w).div(w.square().sum(1, true)));
  const columns = tf.split(uHat.transpose(), LAYERS, 1);
  const rows = tf.split(w, LAYERS);
  const shifts = tf.split(b, LAYERS);
  const logQ = z
    .square()
    .sum()
    .mul(-0.5 / BATCH)
    .sub(LOG_2PI);
  const activations = [];
  let x = z;
  for (let k = 0; k < LAYERS; k++) {
    const h = tf.matMul(rows[k], x).add(shifts[k]).tanh();
    activations.push(h);
    x = x.add(columns[k].mul(h));
  }
  const h2 = tf.concat(activations).square();
  const logDet = delta
    .add(h2.mul(tf.sub(1, delta)))
    .log()
    .sum()
    .div(BATCH);
  const [x1, x2] = tf.split(x, 2);
  const radius = x1.square().add(x2.square()).sqrt();
  const right = x1.sub(2).div(0.6).square().mul(-0.5);
  const left = x1.add(2).div(0.6).square().mul(-0.5);
  // ln(eʳ + eˡ) = r + softplus(l − r)
  const energy = radius.sub(2).div(0.4).square().mul(0.5).sub(right).sub(left.sub(right).softplus());
  return logQ.sub(logDet).add(energy.mean().mul(beta));
}

const z = Float32Array.from({ length: DIM * BATCH }, (_, i) => Math.sin(i) + Math.cos(1.7 * i));
agree(
  'free energy',
  tf.tidy(() => freeEnergy(tf.tensor2d(z, [DIM, BATCH]), 0.5).dataSync()[0]),
  plainFreeEnergy(z, 0.5),
  1e-4,
);

const optimizer = tf.train.adam(LEARNING_RATE);
let step = 0;
const run = () => {
  const beta = annealing(step++);
  tf.tidy(() => optimizer.minimize(() => freeEnergy(tf.randomNormal([DIM, BATCH]), beta)));
};
report({ '': await secondsPerCall(run, { settle: () => variables.b.data() }) });
