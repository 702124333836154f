/**
 * Time between two yields to the event loop. Half of what a page has for a frame, as a run takes up to twice as long as the one before
 * it when the machine is busy; a yield costs some 10 µs.
 */
const BREATH_MS = 10;

/** How many steps, or rows, fill the time between two breaths. */
export class Pace {
  count: number;

  constructor(first: number) {
    this.count = first;
  }

  took(done: number, milliseconds: number): void {
    const each = Math.max(milliseconds / Math.max(1, done), 1e-6);
    this.count = Math.max(1, Math.min(Math.floor(BREATH_MS / each), 4 * this.count));
  }
}
