// Seconds per element of the element-wise functions with JavaScript's own Math, over the doubles of element-wise.mjs.

import { arrayFor, COUNT, FUNCTIONS } from './element-wise.inputs.mjs';
import { report, secondsPerCall } from './report.mjs';

const out = new Float64Array(COUNT);

// A loop for each, so that each is compiled for its own function.
const loops = {
  exp: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.exp(x[i]);
  },
  log: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.log(x[i]);
  },
  tanh: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.tanh(x[i]);
  },
  sigmoid: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = 1 / (1 + Math.exp(-x[i]));
  },
  softplus: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.max(x[i], 0) + Math.log1p(Math.exp(-Math.abs(x[i])));
  },
  sin: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.sin(x[i]);
  },
  cos: (x) => {
    for (let i = 0; i < COUNT; i++) out[i] = Math.cos(x[i]);
  },
};

const seconds = {};
for (const name of FUNCTIONS) {
  const x = arrayFor(name);
  seconds[name] = (await secondsPerCall(() => loops[name](x), { time: 200, warmupTime: 100 })) / COUNT;
}
report(seconds);
