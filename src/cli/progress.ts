import type { DataProgress } from '../index.js';
import type { Terminal } from './terminal.js';

/** Less than this needs no progress. */
const FIRST_MS = 2000;
const AGAIN_MS = 100;

/** One line on a terminal, rewritten as things go on; nothing elsewhere. */
export class ProgressLine {
  readonly #begin = performance.now();
  #last = 0;
  #isShown = false;

  constructor(
    readonly stream: Terminal['stderr'],
    readonly quiet: boolean,
  ) {}

  /** @param text given the seconds so far */
  show(text: (seconds: number) => string): void {
    const now = performance.now();
    if (!this.stream.isTTY || this.quiet || now - this.#begin < FIRST_MS || now - this.#last < AGAIN_MS) return;
    this.#last = now;
    this.#isShown = true;
    const line = text((now - this.#begin) / 1000);
    this.stream.write(`\r${line.slice(0, (this.stream.columns || 80) - 1)}\u001b[K`);
  }

  clear(): void {
    if (this.#isShown) this.stream.write('\r\u001b[K');
    this.#isShown = false;
  }
}

/** `epoch 12 · 1 min 20 s left · train 2.7183 · validation 2.8012 (best 2.7990) · 812 steps/s`, in nats per row; a short line loses its end. */
export function progressText(progress: DataProgress, steps: number, seconds: number): string {
  const { epoch, step, trainNll, validationNll, bestValidationNll } = progress;
  const rate = steps / Math.max(seconds, 1e-3);
  const validation = validationNll === undefined ? [] : [`validation ${nats(validationNll)} (best ${nats(bestValidationNll!)})`];
  const left = (progress.steps - step) / Math.max(rate, 1e-3);
  return [
    `epoch ${epoch}`,
    `${duration(left)} left`,
    `train ${nats(trainNll)}`,
    ...validation,
    `${rate < 10 ? rate.toFixed(1) : Math.round(rate)} steps/s`,
  ].join(' · ');
}

export function nats(value: number): string {
  return value.toFixed(4);
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
