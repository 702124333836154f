import { defineConfig } from 'vitest/config';
import { inlineWasm } from './inline-wasm.js';

export default defineConfig({
  plugins: [inlineWasm()],
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000 },
});
