// The library's worker, which fails once it has claimed a chunk.

import { readFileSync } from 'node:fs';
import vm from 'node:vm';

const { Instance } = WebAssembly;
WebAssembly.Instance = function (module, imports) {
  const { exports } = new Instance(module, imports);
  const words = new Int32Array(imports.env.memory.buffer);
  return {
    exports: {
      ...exports,
      serve(crew) {
        const remaining = crew / 4 + 16; // Crew.Remaining
        while (Atomics.load(words, remaining) <= 0 || Atomics.sub(words, remaining, 1) <= 0);
        throw new Error('The kernel is broken.');
      },
    },
  };
};

vm.runInThisContext(readFileSync(new URL('../../../dist/worker.js', import.meta.url), 'utf8'));
