// Once, before the tests: the tarball that would be published, and a browser unpacked.

import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { CONSUMERS, OUT, ROOT, TARBALL, run } from './harness.mjs';
import { unpackChromium } from './chromium.mjs';

export async function setup() {
  rmSync(CONSUMERS, { recursive: true, force: true });
  mkdirSync(CONSUMERS, { recursive: true });
  // As it stands in dist/: `npm test` has just built it.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', `--pack-destination=${OUT}`], { cwd: ROOT });
  const [packed] = Object.values(JSON.parse(stdout));
  renameSync(`${OUT}/${packed.filename}`, TARBALL);
  console.log(`packed: ${(packed.size / 1000).toFixed(0)} kB, ${(packed.unpackedSize / 1000).toFixed(0)} kB unpacked`);
  await unpackChromium();
}
