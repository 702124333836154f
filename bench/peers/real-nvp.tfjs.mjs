// A training step of RealNVP in TensorFlow.js: float32, its only precision. Our parameters; the even and the odd features are two
// tensors from the beginning, and the shifts and the scales of a network two products, so that nothing is gathered.

import { readFileSync } from 'node:fs';
import { agree, report, secondsPerCall, tf } from './tfjs.mjs';

const [DIM, LAYERS, HIDDEN, BATCH] = [16, 8, 128, 1024];
const HALF = DIM / 2;
const LOG_2PI = Math.log(2 * Math.PI);

const bytes = readFileSync(process.argv[3]);
const values = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const [count, checkedRows] = values;
let at = 3;
const take = (length) => values.subarray(at, (at += length));

/** W [outputs × inputs] as its transpose, and b, of every `stride`-th output from the `first`. */
const part = (weight, bias, inputs, first, stride) => {
  const outputs = Array.from({ length: bias.length / stride }, (_, i) => first + i * stride);
  const rows = outputs.map((i) => [...weight.subarray(i * inputs, (i + 1) * inputs)]);
  return { weight: tf.variable(tf.tensor2d(rows).transpose()), bias: tf.variable(tf.tensor1d(outputs.map((i) => bias[i]))) };
};
const layers = Array.from({ length: LAYERS }, () => {
  const [first, second] = [HALF, HIDDEN].map((inputs) => part(take(HIDDEN * inputs), take(HIDDEN), inputs, 0, 1));
  const [weight, bias] = [take(DIM * HIDDEN), take(DIM)];
  return { first, second, shift: part(weight, bias, HIDDEN, 0, 2), raw: part(weight, bias, HIDDEN, 1, 2) };
});
if (at !== 3 + count) throw new Error(`real-nvp.tfjs: parameters must be ${at - 3}; got ${count}.`);

const dense = (x, { weight, bias }) => tf.matMul(x, weight).add(bias);

function logProb(even, odd) {
  let sum = tf.zeros([even.shape[0]]);
  for (let k = LAYERS - 1; k >= 0; k--) {
    const { first, second, shift, raw } = layers[k];
    const [passing, moved] = k % 2 === 0 ? [even, odd] : [odd, even];
    const h = dense(dense(passing, first).relu(), second).relu();
    const s = dense(h, raw);
    const next = moved.sub(dense(h, shift)).mul(s.neg().exp());
    sum = sum.sub(s.sum(1));
    [even, odd] = k % 2 === 0 ? [even, next] : [next, odd];
  }
  return sum.sub(even.square().sum(1).add(odd.square().sum(1)).mul(0.5)).sub((DIM / 2) * LOG_2PI);
}

const halves = (x, rows) =>
  [0, 1].map((first) =>
    tf.tensor2d(
      Float32Array.from({ length: rows * HALF }, (_, i) => x[2 * i + first]),
      [rows, HALF],
    ),
  );

const x = take(checkedRows * DIM);
const expected = take(checkedRows);
tf.tidy(() => logProb(...halves(x, checkedRows)).dataSync()).forEach((value, i) => agree('ln q', value, expected[i], 1e-4));

const rows = halves(
  Float64Array.from({ length: BATCH * DIM }, (_, i) => x[i % x.length]),
  BATCH,
);
const optimizer = tf.train.adam(1e-5);
const step = () =>
  tf.tidy(() =>
    optimizer.minimize(() =>
      logProb(...rows)
        .mean()
        .neg(),
    ),
  );
report({ '': await secondsPerCall(step, { settle: () => layers[0].raw.bias.data() }) });
