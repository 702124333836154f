// Runs a peer in a process of its own, which prints `{ seconds: { [version]: number } }` as its last line.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MACHINE_THREADS } from '../library.mjs';

/** A PyTorch script, once for each thread count. */
export const torch = (script, { threads = [...new Set([1, MACHINE_THREADS])], args = [] } = {}) =>
  threads.map((count) => ({ name: 'PyTorch', precision: 'float64', threads: count, script, args: [String(count), ...args] }));

/** TensorFlow.js, jax-js and Math run on one thread in Node. */
export const tfjs = (script) =>
  ['wasm', 'cpu'].map((backend) => ({
    name: `TensorFlow.js ${backend}`,
    precision: 'float32',
    threads: 1,
    script,
    args: [backend],
  }));

export const jax = (script, precisions = ['float32', 'float64']) =>
  precisions.map((precision) => ({ name: 'jax-js', precision, threads: 1, script, args: [precision] }));

export const plain = (script) => [{ name: 'JavaScript', precision: 'float64', threads: 1, script, args: [] }];

/** Some machines pin OpenBLAS to another processor's kernels; the peer gets its own. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^OPENBLAS_(CORETYPE|L2_SIZE)$/.test(name)),
);

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

/** Whether the JavaScript peers are installed: `npm ci --prefix bench`. */
export const hasPackages = existsSync(new URL('../node_modules/@tensorflow/tfjs', import.meta.url));

/** @param found what an earlier run of the same peer reports that it had to search for */
export function runPeer(python, { script, args }, found) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const more = found === undefined ? args : [...args, JSON.stringify(found)];
  const [command, options] = script.endsWith('.py') ? [python, ['-B']] : [process.execPath, []];
  let result = spawnSync(command, [...options, path, ...more], { encoding: 'utf8', env: environment });
  let pinned = false;
  if (result.status !== 0 && script.endsWith('.py')) {
    result = spawnSync(command, [...options, path, ...more], { encoding: 'utf8' });
    pinned = true;
  }
  const { status, stdout, stderr, error } = result;
  if (status !== 0) throw new Error(`bench: ${script} failed.\n${stderr}`, { cause: error });
  if (pinned) process.stderr.write(`${script} works only with the OPENBLAS_ variables of this environment.\n`);
  return JSON.parse(stdout.trim().split('\n').at(-1));
}
