import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** What a command talks to: the process's own, or a test's. */
export interface Terminal {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean };
  readonly stderr: Writable & { isTTY?: boolean; columns?: number };
  /** Takes over Ctrl-C from now on: the first one aborts the signal. */
  interruption(): AbortSignal;
}

/** Characters to write at a time. */
const WRITE_LENGTH = 65_536;

/** Writes texts, and waits for a reader that is slower. */
export class Output {
  #text = '';

  constructor(readonly stream: Writable) {}

  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length >= WRITE_LENGTH) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.stream.write(text)) await once(this.stream, 'drain');
  }
}
