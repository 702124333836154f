import type { Plugin } from 'vite';

export function inlineWasm(): Plugin;
export function inlineWorker(): Plugin;
export function bundleWorker(): Promise<string>;
