// The server of examples/browser: what it sends, and what it does not.

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { afterEach, expect, it } from 'vitest';

let server: ChildProcess;
afterEach(() => server.kill());

/** Starts the server and gives the page's address. */
function start(...options: string[]): Promise<string> {
  server = spawn(process.execPath, ['examples/browser/serve.mjs', '--port', '0', ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.stdout!.setEncoding('utf8').once('data', (line: string) => resolve(line.trim()));
  });
}

/** The path goes out as it is; `fetch` would tidy it up. */
function get(url: string, path: string, method = 'GET'): Promise<IncomingMessage & { body: string }> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(Object.assign(response, { body })));
    })
      .on('error', reject)
      .end();
  });
}

it('sends the page isolated, and its modules as modules', async () => {
  const url = await start();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/examples\/browser\/$/);
  const page = await get(url, '/examples/browser/');
  expect(page.statusCode).toBe(200);
  expect(page.body).toBe(readFileSync('examples/browser/index.html', 'utf8'));
  expect(page.headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
  });
  const library = await get(url, '/dist/index.js?x=1');
  expect(library.headers['content-type']).toBe('text/javascript; charset=utf-8');
  expect(library.body).toBe(readFileSync('dist/index.js', 'utf8'));
  const head = await get(url, '/dist/index.js', 'HEAD');
  expect([head.statusCode, head.body]).toEqual([200, '']);
  const folder = await get(url, '/examples/browser');
  expect([folder.statusCode, folder.headers.location]).toEqual([301, '/examples/browser/']);
});

it('sends it without isolation on request', async () => {
  const page = await get(await start('--plain'), '/examples/browser/');
  expect(page.statusCode).toBe(200);
  expect(Object.keys(page.headers).filter((name) => name.startsWith('cross-origin'))).toEqual([]);
});

it('gives nothing outside the root, nothing hidden, and takes no other method', async () => {
  const url = await start();
  const outside = [
    '/../../../../../../etc/passwd',
    '/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2f..%2f..%2fetc%2fpasswd',
  ];
  for (const path of [...outside, '//etc/passwd', '/.gitignore', '/.ci/run', '/no/such', '/%00', '/%zz', '/src/']) {
    const { statusCode, body } = await get(url, path);
    expect([path, statusCode, body]).toEqual([path, 404, 'Not found.']);
  }
  expect((await get(url, '/examples/browser/', 'POST')).statusCode).toBe(405);
});

it('ends on Ctrl-C', async () => {
  await start();
  const ended = new Promise((resolve) => server.once('exit', (code, signal) => resolve(code ?? signal)));
  server.kill('SIGINT');
  expect(await ended).toBe('SIGINT');
});
