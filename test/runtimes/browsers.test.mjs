// The packed package on bare pages in a real browser: isolated or not, and under Content-Security-Policies.

import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { CHROMIUM_WHY, ISOLATION, launchChromium, resultOfPage, serve } from './chromium.mjs';
import { COUNTS, app, cell, check, consumer, once } from './harness.mjs';

const LIBRARY = './node_modules/normalizing-flows/dist/index.js';
const browser = { why: CHROMIUM_WHY };
let chromium;
let folder;

beforeAll(async () => {
  if (browser.why !== undefined) return;
  const script = app(LIBRARY);
  folder = await consumer('page', {
    'index.html': `<!doctype html><script type="module">${script}</script>`,
    // A strict policy forbids scripts in the page itself.
    'strict.html': '<!doctype html><script type="module" src="strict.mjs"></script>',
    'strict.mjs': script,
    'hosted.html': '<!doctype html><script type="module" src="hosted.mjs"></script>',
    'hosted.mjs': `import { configure } from '${LIBRARY}';\nconfigure({ worker: '/worker.js' });\nawait import('./strict.mjs');`,
  });
  copyFileSync(`${folder}/node_modules/normalizing-flows/dist/worker.js`, `${folder}/worker.js`);
  chromium = await launchChromium();
});
afterAll(() => chromium?.close());

/** One page under these headers, and what it says. */
async function visit(page, headers) {
  const server = await serve(folder, headers);
  try {
    return await resultOfPage(chromium, server.url + page);
  } finally {
    await server.close();
  }
}

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'";
const policy = (text) => ({ ...ISOLATION, 'content-security-policy': text });

const PAGES = [
  { name: 'isolated page', page: 'index.html', headers: ISOLATION, workers: true },
  { name: 'page that is not isolated', page: 'index.html', headers: {}, workers: false },
  { name: 'isolated page, strict policy', page: 'strict.html', headers: policy(POLICY), workers: false },
  {
    name: 'isolated page, strict policy with worker-src blob:',
    page: 'strict.html',
    headers: policy(`${POLICY}; worker-src blob:`),
    workers: true,
  },
  { name: 'isolated page, strict policy, hosted worker', page: 'hosted.html', headers: policy(POLICY), workers: true },
];

describe.each(PAGES.map((page) => [page.name, page]))('Chromium, %s', (_, { page, headers, workers }) => {
  const result = once(() => visit(page, headers));

  for (const count of COUNTS) cell(`${count} thread(s)`, browser, async () => check(await result(), count, { workers }));
  cell('is isolated, or not, as it says', browser, async () =>
    expect((await result()).isolated).toBe('cross-origin-opener-policy' in headers),
  );
});

describe('Chromium, policy without wasm-unsafe-eval', () => {
  cell('the error names the policy', browser, async () => {
    const page = visit('strict.html', policy("default-src 'none'; script-src 'self'; connect-src 'self'"));
    await expect(page).rejects.toThrow(/WebAssembly.*Content Security Policy|wasm-unsafe-eval/i);
  });
});

describe('Firefox', () => {
  for (const count of COUNTS) cell(`${count} thread(s)`, { why: 'npm has no Firefox' }, () => undefined);
});
