import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the pictures of the docs are what the library draws', () => {
  // Those of docs/examples are held where their programs run anyway, in test/examples/models.test.ts.
  execFileSync(process.execPath, ['docs/pictures.mjs', '--check', 'transforms', 'maps', 'plots'], { stdio: 'pipe' });
});

it('every transform has one', () => {
  const pages = readdirSync('docs/transforms').filter((file) => file.endsWith('.md'));
  expect(pages.filter((page) => !existsSync(`docs/transforms/${page.replace('.md', '.svg')}`))).toEqual([]);
});
