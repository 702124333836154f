import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Exit, Failure } from './failure.js';

/**
 * Writes a file whole or not at all: beside it first, then in its place, with the permissions of what was there. What is no plain file (a pipe, /dev/stdout) is written to as it is.
 *
 * @throws {Failure} when it cannot be written
 */
export function writeWhole(path: string, bytes: Uint8Array): void {
  try {
    const target = existsSync(path) ? realpathSync(path) : path;
    const old = statSync(target, { throwIfNoEntry: false });
    if (old !== undefined && !old.isFile()) return writeBytes(target, bytes);
    const beside = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    try {
      writeBytes(beside, bytes, old && old.mode & 0o777);
      renameSync(beside, target);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  } catch (cause) {
    throw new Failure(Exit.Failed, `${path}: the file must be writable; got: ${(cause as Error).message}.`, { cause });
  }
}

/** @throws {Failure} unless `writeWhole` may write the file */
export function requireWritable(path: string): void {
  try {
    const isThere = existsSync(path);
    if (isThere && statSync(path).isDirectory()) throw new Error('a folder');
    accessSync(isThere && !statSync(path).isFile() ? path : dirname(path), constants.W_OK);
  } catch (cause) {
    throw new Failure(Exit.Failed, `${path}: the file must be writable; got: ${(cause as Error).message}.`, { cause });
  }
}

/** Whether two paths lead to one file, so that to write the one is to lose the other; what is no plain file keeps nothing to lose. */
export function isSameFile(a: string, b: string): boolean {
  const isSpecial = (path: string): boolean => existsSync(path) && !statSync(path).isFile();
  return !isSpecial(a) && !isSpecial(b) && placeOf(a) === placeOf(b);
}

/** Where a file is, or would be, all links followed. */
function placeOf(path: string): string {
  if (existsSync(path)) return realpathSync.native(path);
  const folder = dirname(resolve(path));
  return join(existsSync(folder) ? realpathSync.native(folder) : folder, basename(path));
}

function writeBytes(path: string, bytes: Uint8Array, mode?: number): void {
  const file = openSync(path, 'w', mode);
  try {
    if (mode !== undefined) fchmodSync(file, mode); // what the process masks when it opens a file, too
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    if (statSync(path).isFile()) fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
