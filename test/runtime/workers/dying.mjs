// The library's worker, whose thread ends after a random time, whatever it is doing: the timeout of `vm` interrupts wasm, too.
// With $MORTAL_WORKER only the one of that number does.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';
import { parentPort } from 'node:worker_threads';

const LONGEST_LIFE_MS = 60;
const mortal = process.env.MORTAL_WORKER;

const once = parentPort.once.bind(parentPort);
parentPort.once = (event, listener) =>
  once(event, (assignment) => {
    if (mortal && Number(mortal) !== assignment.worker) return listener(assignment);
    const timeout = 1 + Math.floor(LONGEST_LIFE_MS * Math.random());
    globalThis.live = () => listener(assignment);
    try {
      vm.runInThisContext('live()', { timeout });
    } catch {
      process.exit(); // ends this thread alone, without a word
    }
  });

vm.runInThisContext(readFileSync(new URL('../../../dist/worker.js', import.meta.url), 'utf8'));
