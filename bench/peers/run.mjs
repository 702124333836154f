// Finds a Python that has PyTorch, and runs a peer with it.

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The first interpreter that imports torch, or undefined. The second candidate is for a system package beside another python3. */
export function findTorch() {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3'].filter((python) => python);
  for (const python of candidates) {
    const { status, stdout } = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return undefined;
}

/** What the peer printed: `{ torch, seconds: { [version]: number } }`. */
export function runPeer(python, script, args = []) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr, error } = spawnSync(python, ['-B', path, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench: ${script} failed.\n${stderr}`, { cause: error });
  return JSON.parse(stdout);
}
