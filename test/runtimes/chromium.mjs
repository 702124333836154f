// Chromium from npm, with the system libraries and the font that come with it: no apt, no download at run time.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

/** Unpacked here once, beside the package. */
const CACHE = join(import.meta.dirname, 'node_modules', '.cache', 'chromium');

let unpacked;

/** A headless Chromium, without the sandbox: containers run it as root. */
export async function launchChromium() {
  const { executablePath, env } = await (unpacked ??= unpack());
  return chromium.launch({ executablePath, env, args: ['--no-sandbox', '--disable-gpu'] });
}

/** The package unpacks into the temporary folder, and its libraries only where it believes to be on AWS Lambda. */
async function unpack() {
  mkdirSync(CACHE, { recursive: true });
  const before = { ...process.env };
  Object.assign(process.env, { TMPDIR: CACHE, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' });
  try {
    const { default: brought } = await import('@sparticuz/chromium');
    const executablePath = await brought.executablePath();
    return { executablePath, env: { ...before, LD_LIBRARY_PATH: process.env.LD_LIBRARY_PATH, FONTCONFIG_FILE: fontConfig() } };
  } finally {
    for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

/** The configuration that comes along looks for fonts in /tmp; with none at all, Chromium dies on the first form control. */
function fontConfig() {
  const file = join(CACHE, 'fonts.conf');
  const folders = [join(CACHE, 'fonts'), '/usr/share/fonts'].map((folder) => `<dir>${folder}</dir>`).join('');
  writeFileSync(
    file,
    `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${join(CACHE, 'font-cache')}</cachedir></fontconfig>\n`,
  );
  return file;
}
