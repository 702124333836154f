import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { version } from '../src/index.js';

const manifest = JSON.parse(readFileSync('package.json', 'utf8'));

it('says its version', () => expect(version).toBe(manifest.version));

it('depends on nothing', () => {
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies']) expect(manifest[kind]).toBeUndefined();
  const bundle = readFileSync('dist/index.js', 'utf8');
  expect(bundle).not.toMatch(/^\s*(import|export)\b[^;]*\bfrom\s*['"]/m);
  expect(bundle).not.toMatch(/\b(require|import)\s*\(/);
});
