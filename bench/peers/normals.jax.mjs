// Drawing 100 000 rows of a diagonal normal in 16 dimensions with jax-js: one jitted function of the key, float32 normals.

import { init, jit, numpy as np, random } from '@jax-js/jax';
import { report, secondsPerCall } from './report.mjs';

await init('wasm');
const location = random.normal(random.key(1), [16]);
const scale = np.exp(random.normal(random.key(2), [16]));
const draw = jit((key, location, scale) => random.normal(key, [100_000, 16]).mul(scale).add(location));
let seed = 2;
let x = await draw(random.key(++seed), location.ref, scale.ref).blockUntilReady();
const run = () => {
  x.dispose();
  x = draw(random.key(++seed), location.ref, scale.ref);
};
report({ '': await secondsPerCall(run, { settle: () => x.blockUntilReady() }) });
