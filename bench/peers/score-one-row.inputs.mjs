// The eight planar layers in two dimensions that the JavaScript peers of score-one-row.mjs score one row with.

export const LAYERS = 8;

let state = 1;
const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
const draw = () => Math.sqrt(3) * (2 * uniform() - 1);

/** û [2], w [2], b and δ of each layer, constrained already: a user scores many rows with the same parameters. */
export const layers = Array.from({ length: LAYERS }, () => {
  const [u1, u2, w1, w2, b] = [draw(), draw(), draw(), draw(), draw()];
  const wu = w1 * u1 + w2 * u2;
  const delta = Math.log1p(Math.exp(wu));
  const c = (delta - 1 - wu) / (w1 * w1 + w2 * w2);
  return { u: [u1 + c * w1, u2 + c * w2], w: [w1, w2], b, delta };
});

/** A row x, and ln q(x) from the side that needs no root: pushed through the layers from z = (0.4, −0.7). */
export const { x, logProb } = (() => {
  let [x1, x2] = [0.4, -0.7];
  let logProb = -0.5 * (x1 * x1 + x2 * x2) - Math.log(2 * Math.PI);
  for (const { u, w, b, delta } of layers) {
    const h = Math.tanh(w[0] * x1 + w[1] * x2 + b);
    logProb -= Math.log(delta + (1 - delta) * h * h);
    x1 += u[0] * h;
    x2 += u[1] * h;
  }
  return { x: [x1, x2], logProb };
})();
