// What each of these examples does when it is run as a program.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Prints what an example says and writes its picture; nothing where the example is imported by another module.
 *
 * @param url of the example
 * @param run gives `{ text, picture }`
 */
export async function show(url, run) {
  const file = fileURLToPath(url);
  if (process.argv[1] === undefined || realpathSync(process.argv[1]) !== file) return;
  const { values } = parseArgs({ options: { out: { type: 'string', default: join('out', 'models') } } });
  const { text, picture } = await run();
  mkdirSync(values.out, { recursive: true });
  const drawn = join(values.out, `${basename(file, '.mjs')}.svg`);
  writeFileSync(drawn, picture);
  console.log(`${text}\n\nDrawn: ${drawn}`);
}
