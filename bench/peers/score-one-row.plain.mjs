// The log density of one row by hand in plain JavaScript: Newton's method kept inside its bracket, one row at a time, no arrays.

import { layers, logProb, x } from './score-one-row.inputs.mjs';
import { agree, report, secondsPerCall } from './report.mjs';

/** The root a of (a − tanh a) + δ tanh a = y, which increases in a. */
function solve(y, delta) {
  const reach = Math.abs(delta - 1);
  let [low, high, a] = [y - reach, y + reach, y];
  for (let i = 0; i < 60; i++) {
    const h = Math.tanh(a);
    const excess = a + (delta - 1) * h - y;
    if (excess > 0) high = a;
    else low = a;
    const newton = a - excess / (1 + (delta - 1) * (1 - h * h));
    const next = newton >= low && newton <= high ? newton : 0.5 * (low + high);
    if (Math.abs(next - a) <= 1e-10 * (1 + Math.abs(a))) return next;
    a = next;
  }
  return a;
}

function score(x1, x2) {
  let determinant = 1;
  for (let k = layers.length - 1; k >= 0; k--) {
    const { u, w, b, delta } = layers[k];
    const h = Math.tanh(solve(w[0] * x1 + w[1] * x2 + b, delta));
    determinant *= delta + (1 - delta) * h * h;
    x1 -= u[0] * h;
    x2 -= u[1] * h;
  }
  return -0.5 * (x1 * x1 + x2 * x2) - Math.log(2 * Math.PI) - Math.log(determinant);
}

agree('ln q', score(x[0], x[1]), logProb, 1e-9);
let kept = 0;
const call = () => {
  kept += score(x[0], x[1]);
};
report({ '': await secondsPerCall(call, { calls: 1000 }) }, { kept });
