// What the JavaScript peers of the planar step share: its sizes, and a plain free energy that each must agree with.

export const LAYERS = 32;
export const DIM = 2;
export const BATCH = 512;
export const LEARNING_RATE = 1e-2;

export const annealing = (step) => Math.min(1, 0.01 + step / 10000);

/** u ~ U(−√2, √2), w ~ U(−1, 1), b = 0, the same on every run. */
export function initialParameters() {
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
  const draw = (scale) => Float32Array.from({ length: LAYERS * DIM }, () => scale * (2 * uniform() - 1));
  return { u: draw(Math.SQRT2), w: draw(1), b: new Float32Array(LAYERS) };
}

/** E_q[ln q − β ln p̃] of the samples pushed from z [2, batch], at the initial parameters, one sample at a time. */
export function plainFreeEnergy(z, beta) {
  const { u, w, b } = initialParameters();
  let sum = 0;
  for (let i = 0; i < BATCH; i++) {
    let [x1, x2] = [z[i], z[BATCH + i]];
    let value = -0.5 * (x1 * x1 + x2 * x2) - Math.log(2 * Math.PI);
    for (let k = 0; k < LAYERS; k++) {
      const [u1, u2, w1, w2] = [u[2 * k], u[2 * k + 1], w[2 * k], w[2 * k + 1]];
      const wu = w1 * u1 + w2 * u2;
      const delta = Math.log1p(Math.exp(wu));
      const c = (delta - 1 - wu) / (w1 * w1 + w2 * w2);
      const h = Math.tanh(w1 * x1 + w2 * x2 + b[k]);
      value -= Math.log(delta + (1 - delta) * h * h);
      x1 += (u1 + c * w1) * h;
      x2 += (u2 + c * w2) * h;
    }
    const bump = (centre) => Math.exp(-0.5 * ((x1 - centre) / 0.6) ** 2);
    sum += value + beta * (0.5 * ((Math.hypot(x1, x2) - 2) / 0.4) ** 2 - Math.log(bump(2) + bump(-2)));
  }
  return sum / BATCH;
}
