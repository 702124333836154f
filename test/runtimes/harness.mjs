// Fresh projects with the packed package in them, child processes, and what every run of the scenario must have given.

import { execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

export const HERE = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const OUT = `${HERE}/out`;
export const CONSUMERS = `${OUT}/consumers`;
export const TARBALL = `${OUT}/normalizing-flows.tgz`;
export const CHROMIUM = `${OUT}/chromium`;

export const EXPECTED = JSON.parse(readFileSync(`${HERE}/expected.json`, 'utf8'));

export const COUNTS = [1, 2, 3, 8];

// --- processes ---------------------------------------------------------------------------------------------------------------

/** Runs a command to its end; throws, with what it printed, where that is no success or takes too long. */
export async function run(command, args, { cwd = HERE, env = {}, seconds = 100 } = {}) {
  const begin = performance.now();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let lastOutput = begin;
  child.stdout.on('data', (data) => {
    stdout += data;
    lastOutput = performance.now();
  });
  child.stderr.on('data', (data) => (stderr += data));
  const timer = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve(status ?? signal));
  }).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}\nended with ${code}\n${stdout}\n${stderr}`);
  const end = performance.now();
  return { stdout, stderr, lingered: end - lastOutput };
}

/** What `report` of the scenario printed. */
export function resultOf(stdout) {
  const line = stdout.split('\n').find((text) => text.startsWith('RESULT '));
  if (line === undefined) throw new Error(`no result in:\n${stdout}`);
  return JSON.parse(line.slice('RESULT '.length));
}

// --- consumers ---------------------------------------------------------------------------------------------------------------

/**
 * A new project that has installed the tarball, with these files.
 *
 * @returns its folder
 */
export async function consumer(name, files = {}) {
  const folder = `${CONSUMERS}/${name}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, JSON.stringify({ name: 'consumer', version: '1.0.0', private: true, type: 'module' }));
  await run('npm', ['install', TARBALL, '--offline', '--no-audit', '--no-fund'], { cwd: folder });
  copyFileSync(`${HERE}/scenario.mjs`, `${folder}/scenario.mjs`);
  for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${file}`, text);
  return folder;
}

/** A module that runs the scenario with the library that `specifier` names. */
export const app = (specifier, ...args) => `
import * as lib from '${specifier}';
import { report } from './scenario.mjs';
await report(lib, ...${JSON.stringify(args)});
`;

// --- tools -------------------------------------------------------------------------------------------------------------------

/** A program of `node_modules`: its path and version, or `why` there is none. */
function tool(path, why) {
  const file = `${HERE}/node_modules/${path}`;
  if (!existsSync(file)) return { why };
  return { path: file, version: /\d+\.\d+\.\d+/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))[0] };
}
const node = (major) =>
  tool(`node${major}-${process.platform}-${process.arch}/bin/node`, `npm has no Node ${major} for this platform`);

export const DENO = tool('.bin/deno', 'npm has no Deno for this platform');
export const BUN = tool('.bin/bun', 'npm has no Bun for this platform');
/** The runtimes by name. */
export const RUNTIMES = [
  ['Node', { path: process.execPath, version: process.versions.node }],
  ['Node 22', node(22)],
  ['Node 24', node(24)],
  ['Deno', DENO],
  ['Bun', BUN],
].map(([name, one]) => [`${name.split(' ')[0]} ${one.version ?? name.split(' ')[1] ?? ''}`.trim(), one]);

/** Does the work at the first call, and gives every caller its outcome: each cell that needs it fails with it. */
export function once(work) {
  let outcome;
  return () => (outcome ??= work());
}

/** A test that says so when what it needs cannot be had, and does not count as passed then. */
export function cell(name, { why }, body) {
  it(name, async (context) => {
    if (why !== undefined) context.skip(`not available: ${why}`);
    await body(context);
  });
}

// --- results -----------------------------------------------------------------------------------------------------------------

/** The run for `asked` threads gave the expected bits, on as many threads as there can be. */
export function check(result, asked, { workers = true, parts = Object.keys(EXPECTED) } = {}) {
  const found = result.runs.find((one) => one.asked === asked);
  expect(found, `a run on ${asked} threads`).toBeDefined();
  expect(found.parts).toEqual(Object.fromEntries(parts.map((part) => [part, EXPECTED[part]])));
  expect(found.threads).toBe(workers ? asked : 1);
  if (!workers && asked > 1) expect(found.reason, 'why there is one thread').toMatch(/\w/);
}
