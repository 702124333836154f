// The command line in this process, on streams of a test's, and in processes of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterAll } from 'vitest';
import { main } from '../../src/cli/main.js';

export interface Outcome {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** A folder for a test file's files, removed at its end. */
export function temporaryFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'normalizing-flows-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

export interface RunOptions {
  stdin?: string | Iterable<string | Uint8Array> | Readable;
  isTerminal?: boolean;
  interrupted?: AbortSignal;
}

export async function run(args: readonly string[], { stdin = '', isTerminal, interrupted }: RunOptions = {}): Promise<Outcome> {
  const stream = (): PassThrough & { isTTY?: boolean } => Object.assign(new PassThrough(), isTerminal && { isTTY: true });
  const terminal = {
    stdin: stdin instanceof Readable ? stdin : Readable.from(typeof stdin === 'string' ? [stdin] : stdin),
    stdout: stream(),
    stderr: stream(),
    interruption: () => interrupted ?? new AbortController().signal,
  };
  const texts = [terminal.stdout, terminal.stderr].map(async (output) => Buffer.concat(await output.toArray()).toString());
  const exitCode = await main(args, terminal);
  terminal.stdout.end();
  terminal.stderr.end();
  const [stdout, stderr] = await Promise.all(texts);
  return { exitCode, stdout, stderr };
}

/** The built program in a process of its own. */
export function start(
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): ChildProcess & { outcome: Promise<Outcome> } {
  const child = spawn(process.execPath, [...nodeOptions, 'dist/cli.js', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (text.stdout += data));
  child.stderr.on('data', (data) => (text.stderr += data));
  const outcome = new Promise<Outcome>((resolve) => {
    child.on('close', (code, signal) => resolve({ exitCode: code ?? (signal === 'SIGKILL' ? 137 : 1), ...text }));
  });
  return Object.assign(child, { outcome });
}

/** Two columns, neither centred nor of one size: a ring, without any random number. */
export function ring(rows: number): [number, number][] {
  return Array.from({ length: rows }, (_, i) => [
    100 + 10 * Math.cos(i) + Math.sin(17 * i * i),
    Math.sin(i) + 0.1 * Math.cos(29 * i * i),
  ]);
}

export function writeTable(path: string, rows: readonly (readonly unknown[])[], header?: string, delimiter = ','): string {
  const lines = rows.map((row) => row.join(delimiter));
  writeFileSync(path, `${[...(header === undefined ? [] : [header]), ...lines].join('\n')}\n`);
  return path;
}
