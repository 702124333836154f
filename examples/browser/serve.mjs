// A static server for the page, with the two headers that let it use threads:
//
//   node examples/browser/serve.mjs [--port 8123] [--plain]
//
// --plain leaves the headers out: the page then runs on one thread, to the same bits. Ctrl-C ends it.

import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '8123' }, plain: { type: 'boolean', default: false } },
});

const ROOT = await realpath(fileURLToPath(new URL('../..', import.meta.url)));
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};
/** Cross-origin isolation: without it browsers withhold shared memory. */
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

const server = createServer(async (request, response) => {
  const headers = { 'Cache-Control': 'no-cache', 'X-Content-Type-Options': 'nosniff', ...(options.plain ? {} : ISOLATION) };
  const refuse = (status, text, more) => response.writeHead(status, { ...headers, ...more }).end(text);
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only GET and HEAD.', { Allow: 'GET, HEAD' });
  const found = await find(request.url);
  if (found === undefined) return refuse(404, 'Not found.');
  if (found.location !== undefined) return refuse(301, '', { Location: found.location });
  headers['Content-Type'] = TYPES[extname(found.path)] ?? 'application/octet-stream';
  response.writeHead(200, { ...headers, 'Content-Length': found.size });
  if (request.method === 'HEAD') return response.end();
  createReadStream(found.path)
    .on('error', () => response.destroy())
    .pipe(response);
});

/** The file below the root that a request names, links followed; nothing outside the root, and nothing hidden. */
async function find(url) {
  try {
    const { pathname } = new URL(url, 'http://localhost');
    const path = await realpath(join(ROOT, decodeURIComponent(pathname)));
    if (path !== ROOT && !path.startsWith(ROOT + sep)) return undefined;
    if (path.slice(ROOT.length).includes(`${sep}.`)) return undefined;
    const entry = await stat(path);
    if (!entry.isDirectory()) return { path, size: entry.size };
    if (!pathname.endsWith('/')) return { location: `${pathname}/` };
    const index = join(path, 'index.html');
    return { path: index, size: (await stat(index)).size };
  } catch {
    return undefined; // no such file, or no such path
  }
}

server.on('error', ({ code, message }) => {
  console.error(
    code === 'EADDRINUSE' ? `Port ${options.port} is in use; choose another: --port 0 takes any that is free.` : message,
  );
  process.exitCode = 1;
});
server.listen(Number(options.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/examples/browser/`);
});
