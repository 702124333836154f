// Seconds per element of the element-wise functions of TensorFlow.js, float32.

import { arrayFor, COUNT, FUNCTIONS } from './element-wise.inputs.mjs';
import { agree, report, secondsPerCall, tf } from './tfjs.mjs';

const seconds = {};
for (const name of FUNCTIONS) {
  const x = tf.tensor1d(Float32Array.from(arrayFor(name)));
  if (name === 'tanh')
    agree(
      'tanh',
      tf.tidy(() => tf.tanh(x).dataSync()[COUNT - 1]),
      Math.tanh(8),
      1e-6,
    );
  seconds[name] = (await secondsPerCall(() => tf[name](x).dispose(), { time: 200, warmupTime: 100 })) / COUNT;
  x.dispose();
}
report(seconds);
