// Chromium from npm, with the libraries it brings: nothing of the system's but libc. Pages report through the console, as a strict
// Content-Security-Policy forbids the tools' own scripts to wait in them.

import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { CHROMIUM, HERE } from './harness.mjs';
import chromiumPackage, { inflate } from '@sparticuz/chromium';
import { chromium } from 'playwright-core';

/** Why there is no Chromium, if there is none. */
export const CHROMIUM_WHY =
  process.platform === 'linux' && process.arch === 'x64' ? undefined : 'npm has no Chromium for this platform';

/** Unpacks the browser and its libraries, once. */
export async function unpackChromium() {
  if (CHROMIUM_WHY !== undefined || existsSync(CHROMIUM)) return;
  const partial = `${CHROMIUM}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  const { TMPDIR } = process.env;
  process.env.TMPDIR = partial; // where the package unpacks to
  try {
    await chromiumPackage.executablePath();
    const packed = `${HERE}/node_modules/@sparticuz/chromium/bin/al2023.tar.br`;
    await inflate(packed);
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
  }
  renameSync(partial, CHROMIUM);
}

/** A headless Chromium, with none of the package's flags, which would give every page shared memory; without a sandbox, for root. */
export function launchChromium() {
  return chromium.launch({
    executablePath: `${CHROMIUM}/chromium`,
    args: ['--no-sandbox', '--disable-gpu'],
    env: { ...process.env, LD_LIBRARY_PATH: `${CHROMIUM}/al2023/lib`, FONTCONFIG_FILE: fontConfig() },
  });
}

/** The configuration that comes along looks for fonts in the temporary folder; with none at all, Chromium dies on the first form control. */
function fontConfig() {
  const file = `${CHROMIUM}/fonts.conf`;
  const folders = [`${CHROMIUM}/fonts`, '/usr/share/fonts'].map((folder) => `<dir>${folder}</dir>`).join('');
  writeFileSync(file, `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${CHROMIUM}/font-cache</cachedir></fontconfig>\n`);
  return file;
}

/** What the page's `report` printed; throws with its failure. */
export async function resultOfPage(browser, url, { seconds = 100 } = {}) {
  const page = await browser.newPage();
  const heard = [];
  try {
    const line = await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no result in ${seconds} s`)), seconds * 1000);
      const settle = (call, value) => (clearTimeout(timer), call(value));
      page.on('console', (message) => {
        const text = message.text();
        heard.push(text);
        if (text.startsWith('RESULT ')) settle(resolve, text.slice('RESULT '.length));
        if (text.startsWith('FAILED ')) settle(reject, new Error(text.slice('FAILED '.length)));
      });
      page.on('pageerror', (error) => settle(reject, error));
      page.on('crash', () => settle(reject, new Error('the page crashed')));
      page.goto(url).catch((error) => settle(reject, error));
    });
    return JSON.parse(line);
  } catch (error) {
    throw new Error(`${error.message}\nthe page said:\n${heard.join('\n')}`, { cause: error });
  } finally {
    await page.close();
  }
}

/** Headers that give a page shared memory. */
export const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
};

/** A static server of `folder` on this machine alone. */
export async function serve(folder, headers = {}) {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    if (!existsSync(file)) {
      response.writeHead(404, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    response.end(readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
