import { defineConfig } from 'vitest/config';
import { inlineWasm, inlineWorker } from './inline.js';

export default defineConfig({
  plugins: [inlineWasm(), inlineWorker()],
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 },
});
