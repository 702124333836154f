// Runs a peer in a process of its own, which prints `{ seconds: { [version]: number } }` as its last line.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { MACHINE_THREADS } from '../library.mjs';

/** A PyTorch script, once for each thread count. */
export const torch = (script, { threads = [...new Set([1, MACHINE_THREADS])], args = [] } = {}) =>
  threads.map((count) => ({ name: 'PyTorch', precision: 'float64', threads: count, script, args: [String(count), ...args] }));

/** TensorFlow.js, jax-js and Math run on one thread in Node. */
export const tfjs = (script, { backends = ['wasm', 'cpu'], args = [] } = {}) =>
  backends.map((backend) => ({
    name: `TensorFlow.js ${backend}`,
    precision: 'float32',
    threads: 1,
    script,
    args: [backend, ...args],
  }));

export const jax = (script, precisions = ['float32', 'float64']) =>
  precisions.map((precision) => ({ name: 'jax-js', precision, threads: 1, script, args: [precision] }));

export const plain = (script) => [{ name: 'JavaScript', precision: 'float64', threads: 1, script, args: [] }];

/** Some environments pin OpenBLAS to another processor's kernels and caches; the peer gets the machine's own. */
const PINS = ['OPENBLAS_CORETYPE', 'OPENBLAS_L2_SIZE'];
const isPinned = PINS.some((name) => name in process.env);
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PINS.includes(name)));

/** The first interpreter that imports torch, or undefined. The second candidate is for a system package beside another python3. */
export function findTorch() {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((python) => python);
  for (const python of candidates) {
    const { status, stdout } = spawnSync(python, ['-B', fileURLToPath(new URL('torch_peer.py', import.meta.url)), '1'], {
      encoding: 'utf8',
      env: environment,
    });
    if (status === 0) return { python, ...JSON.parse(stdout) };
  }
  return undefined;
}

export const isAvailable = ({ name }, torch) => name !== 'PyTorch' || torch !== undefined;

/**
 * What the peer printed: `{ seconds: { [version]: number } }`. One that fails is said to, and has no times.
 *
 * @param found what an earlier run of the same peer reports that it had to search for
 */
export function runPeer(python, { script, args }, found) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const [command, options] = script.endsWith('.py') ? [python, ['-B']] : [process.execPath, []];
  const all = [...options, path, ...args, ...(found === undefined ? [] : [JSON.stringify(found)])];
  let result = spawnSync(command, all, { encoding: 'utf8', env: environment });
  if (result.status !== 0 && isPinned) {
    process.stderr.write(`${script} failed; again with the OPENBLAS_ variables of this environment, which may slow it.\n`);
    result = spawnSync(command, all, { encoding: 'utf8' });
  }
  const { status, stdout, stderr, error } = result;
  if (status !== 0) {
    console.log(`${[script, ...args].join(' ')} failed and is left out.\n${error ?? stderr}`);
    return { seconds: {} };
  }
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
