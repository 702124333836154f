// The library's worker, whose thread ends after a random time, whatever it is doing: the timeout of `vm` interrupts wasm, too.
// With `?worker=2` in its address only the second does.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { parentPort } from 'node:worker_threads';

const LONGEST_LIFE_MS = 40;
const IMMORTAL_MS = 1e9;
const mortal = new URL(import.meta.url).searchParams.get('worker');

const once = parentPort.once.bind(parentPort);
parentPort.once = (event, listener) =>
  once(event, (assignment) => {
    const isMortal = mortal === null || Number(mortal) === assignment.worker;
    const timeout = isMortal ? 1 + Math.floor(LONGEST_LIFE_MS * Math.random()) : IMMORTAL_MS;
    globalThis.live = () => listener(assignment);
    try {
      vm.runInThisContext('live()', { timeout });
    } catch {
      process.exit(); // ends this thread alone, without a word
    }
  });

vm.runInThisContext(readFileSync(new URL('../../../dist/worker.js', import.meta.url), 'utf8'));
