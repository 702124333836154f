// Data for the logistic regression, for us and in a file for the peers: x [1000 × 25], y [1000], as doubles.

import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [ROWS, DIM] = [1000, 25];

export function writeData() {
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647; // Park & Miller's minimal standard
  const x = Array.from({ length: ROWS }, () => Array.from({ length: DIM }, () => 2 * uniform() - 1));
  const y = Array.from({ length: ROWS }, () => (uniform() < 0.5 ? 0 : 1));
  const path = fileURLToPath(new URL('build/logistic-regression.f64', import.meta.url));
  mkdirSync(new URL('build/', import.meta.url), { recursive: true });
  writeFileSync(path, new Uint8Array(Float64Array.from([...x.flat(), ...y]).buffer));
  return { path, x, y, dim: DIM };
}
