// One step of variational inference with planar flows in jax-js: drawing, gradient and Adam in one jitted function of the state,
// in the precision of the first argument. In Node its wasm backend runs on one thread.

import { agree, report, secondsPerCall } from './report.mjs';
import { blockUntilReady, grad, init, jit, nn, numpy as np, random, tree } from '@jax-js/jax';
import { annealing, BATCH, DIM, initialParameters, LAYERS, LEARNING_RATE, plainFreeEnergy } from './planar-vi-step.inputs.mjs';

const LOG_2PI = Math.log(2 * Math.PI);

/** z is [2, batch]. Arrays are owned: `.ref` where one is used again. */
function freeEnergy({ u, w, b }, z, beta) {
  const wu = w.ref.mul(u.ref).sum(1, { keepdims: true });
  const delta = nn.softplus(wu.ref);
  const scale = delta.ref
    .sub(1)
    .sub(wu)
    .div(np.square(w.ref).sum(1, { keepdims: true }));
  const columns = np.split(u.add(scale.mul(w.ref)).transpose(), LAYERS, 1);
  const rows = np.split(w, LAYERS);
  const shifts = np.split(b, LAYERS);
  const logQ = np
    .square(z.ref)
    .sum()
    .mul(-0.5 / BATCH)
    .sub(LOG_2PI);
  const activations = [];
  let x = z;
  for (let k = 0; k < LAYERS; k++) {
    const h = np.tanh(np.matmul(rows[k], x.ref).add(shifts[k]));
    activations.push(h.ref);
    x = x.add(columns[k].mul(h));
  }
  const h2 = np.square(np.concatenate(activations));
  const logDet = np
    .log(delta.ref.add(h2.mul(np.subtract(1, delta))))
    .sum()
    .div(BATCH);
  const [x1, x2] = np.split(x, 2);
  const radius = np.sqrt(np.square(x1.ref).add(np.square(x2)));
  const right = np.square(x1.ref.sub(2).div(0.6)).mul(-0.5);
  const left = np.square(x1.add(2).div(0.6)).mul(-0.5);
  const energy = np.square(radius.sub(2).div(0.4)).mul(0.5).sub(np.logaddexp(right, left));
  return logQ.sub(logDet).add(np.mean(energy).mul(beta));
}

const step = jit(({ parameters, first, second }, key, beta, rate1, rate2) => {
  const dtype = parameters.b.dtype;
  const z = random.normal(key, [DIM, BATCH]).astype(dtype);
  const gradient = grad(freeEnergy)(tree.ref(parameters), z, beta);
  const names = ['u', 'w', 'b'];
  const next = { parameters: {}, first: {}, second: {} };
  for (const name of names) {
    const g = gradient[name];
    const m = first[name].mul(0.9).add(g.ref.mul(0.1));
    const v = second[name].mul(0.999).add(np.square(g).mul(0.001));
    const move = m.ref.mul(rate1.ref).div(np.sqrt(v.ref.mul(rate2.ref)).add(1e-8));
    next.parameters[name] = parameters[name].sub(move);
    next.first[name] = m;
    next.second[name] = v;
  }
  rate1.dispose();
  rate2.dispose();
  return next;
});

async function measure(dtype) {
  const { u, w, b } = initialParameters();
  const parameters = {
    u: np.array(u).reshape([LAYERS, DIM]).astype(dtype),
    w: np.array(w).reshape([LAYERS, DIM]).astype(dtype),
    b: np.array(b).astype(dtype),
  };
  const z = Float32Array.from({ length: DIM * BATCH }, (_, i) => Math.sin(i) + Math.cos(1.7 * i));
  const value = jit(freeEnergy)(tree.ref(parameters), np.array(z).reshape([DIM, BATCH]).astype(dtype), np.array(0.5, { dtype }));
  agree('free energy', await value.data().then(([x]) => x), plainFreeEnergy(z, 0.5), 1e-4);
  const zeros = () => tree.map((p) => np.zerosLike(p.ref), parameters);
  let state = { parameters, first: zeros(), second: zeros() };
  let t = 0;
  const scalar = (x) => np.array(x, { dtype });
  const run = () => {
    const beta = annealing(t++);
    const rates = [scalar(LEARNING_RATE / (1 - 0.9 ** t)), scalar(1 / (1 - 0.999 ** t))];
    state = step(state, random.key(t), scalar(beta), ...rates);
  };
  return secondsPerCall(run, { settle: () => blockUntilReady(state) });
}

await init('wasm');
report({ '': await measure(np[process.argv[2]]) });
