/**
 * Time between two yields to the event loop. Half of what a page has for a frame, as a run takes up to twice as long as the one before
 * it when the machine is busy; a yield costs some 10 µs.
 */
export const BREATH_MS = 10;

/** Rows computed at a time, at first and at most. */
const FIRST_ROWS = 64;
const MOST_ROWS = 65_536;

/**
 * Computes something for rows 0 … rows − 1, part by part, so that other code runs in between. Where the parts begin depends on the
 * machine: results must not.
 *
 * @param compute for so many rows from the first one on
 * @param pause lets other code run
 */
export async function inParts(
  rows: number,
  compute: (first: number, rows: number) => void,
  pause: () => Promise<void>,
): Promise<void> {
  const pace = new Pace(FIRST_ROWS);
  for (let first = 0; first < rows;) {
    const count = Math.min(pace.count, MOST_ROWS, rows - first);
    const begin = performance.now();
    compute(first, count);
    pace.took(count, performance.now() - begin);
    first += count;
    if (first < rows) await pause();
  }
}

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
