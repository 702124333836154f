import { createHash } from 'node:crypto';

/** Of the arrays' bytes. */
export function hash(...arrays: readonly Float64Array[]): string {
  const sum = createHash('sha256');
  for (const array of arrays) sum.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return sum.digest('hex');
}
