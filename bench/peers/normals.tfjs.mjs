// Drawing 100 000 rows of a diagonal normal in 16 dimensions with TensorFlow.js, float32.

import { report, secondsPerCall, tf } from './tfjs.mjs';

const location = tf.randomNormal([16]);
const scale = tf.randomUniform([16], 0.5, 1.5);
const draw = () => tf.tidy(() => tf.randomNormal([100_000, 16]).mul(scale).add(location)).dispose();
report({ '': await secondsPerCall(draw) });
