// Seconds per element of the element-wise functions of jax-js, jitted, in the precision of the first argument.

import { init, jit, nn, numpy as np } from '@jax-js/jax';
import { arrayFor, COUNT, FUNCTIONS } from './element-wise.inputs.mjs';
import { agree, report, secondsPerCall } from './report.mjs';

await init('wasm');
const dtype = np[process.argv[2]];
const seconds = {};
for (const name of FUNCTIONS) {
  const fn = jit((x) => (np[name] ?? nn[name])(x));
  const x = np.array(Float32Array.from(arrayFor(name))).astype(dtype);
  if (name === 'tanh') agree('tanh', (await fn(x.ref).data())[COUNT - 1], Math.tanh(8), 1e-6);
  let y = await fn(x.ref).blockUntilReady();
  const call = () => {
    y.dispose();
    y = fn(x.ref);
  };
  seconds[name] = (await secondsPerCall(call, { settle: () => y.blockUntilReady(), time: 200, warmupTime: 100 })) / COUNT;
}
report(seconds);
