// TensorFlow.js on the backend named by the first argument, `wasm` or `cpu`. In Node its wasm backend runs on one thread.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

if (!(await tf.setBackend(process.argv[2]))) throw new Error(`TensorFlow.js has no backend ${process.argv[2]}.`);
await tf.ready();

export { tf };
export { agree, report, secondsPerCall } from './report.mjs';
