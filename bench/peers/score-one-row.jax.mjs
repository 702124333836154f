// The log density of one row in jax-js, float32: Newton's method clipped to its bracket, as often as the farthest of these roots needs in
// single precision. A step is one jitted function: jax-js expands what is used twice, so that a longer one does not compile.

import { init, jit, numpy as np } from '@jax-js/jax';
import { layers, logProb, x } from './score-one-row.inputs.mjs';
import { agree, report, secondsPerCall } from './report.mjs';

await init('wasm');
const ITERATIONS = 6;

const begin = jit((x, w, b) => np.matmul(x, w).add(b));

const newton = jit((a, y, c) => {
  const h = np.tanh(a.ref);
  const excess = a.ref.sub(y.ref).add(h.ref.mul(c.ref));
  const slope = c.ref.mul(np.subtract(1, np.square(h))).add(1);
  const reach = np.absolute(c);
  const next = a.sub(excess.div(slope));
  return np.maximum(np.minimum(next, y.ref.add(reach.ref)), y.sub(reach));
});

const finish = jit((a, x, determinant, u, c) => {
  const h = np.tanh(a);
  return [x.sub(h.ref.mul(u)), determinant.mul(c.ref.mul(np.subtract(1, np.square(h))).add(1))];
});

const density = jit((x, determinant) =>
  np
    .square(x)
    .sum(1, { keepdims: true })
    .mul(-0.5)
    .sub(np.log(determinant))
    .sub(Math.log(2 * Math.PI)),
);

const array = (values, shape) => np.array(values).reshape(shape);
const chain = layers
  .slice()
  .reverse()
  .map(({ u, w, b, delta }) => ({
    u: array(u, [1, 2]),
    w: array(w, [2, 1]),
    b: array([b], [1, 1]),
    c: array([delta - 1], [1, 1]),
  }));
const one = array([1], [1, 1]);

function score(x) {
  let determinant = one.ref;
  for (const { u, w, b, c } of chain) {
    const y = begin(x.ref, w.ref, b.ref);
    let a = y.ref;
    for (let i = 0; i < ITERATIONS; i++) a = newton(a, y.ref, c.ref);
    y.dispose();
    [x, determinant] = finish(a, x, determinant, u.ref, c.ref);
  }
  return density(x, determinant);
}

const row = array(x, [1, 2]);
const call = () => score(row.ref).dataSync()[0];
agree('ln q', call(), logProb, 1e-4);
report({ '': await secondsPerCall(call, { calls: 10 }) });
