// As consumer.ts, for threads.

import { configure, setThreads, threads, type Threads } from 'normalizing-flows';

export async function use(module: WebAssembly.Module): Promise<number> {
  configure({ module, worker: '/worker.js' });
  configure({ worker: new URL('https://example.org/worker.js') });
  const pool: Threads = await setThreads();
  const { count, requested, reason }: { count: number; requested: number; reason?: string } = await setThreads(2);
  console.log(count, requested, reason, threads().count);
  pool.dispose();
  return count;
}

// @ts-expect-error a number of threads is a number
export const wrong = setThreads('2');
