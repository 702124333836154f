// A density on a grid of cells, computed a few rows at a time so that no frame waits for it.

import { PALETTE } from './colours.js';

/** Every picture shows the square [−HALF, HALF]². */
export const HALF = 4;

export class HeatMap {
  #canvas;
  #next;

  /** @param canvas gets a pixel for each cell; the browser stretches it, as smoothly as it can */
  constructor(canvas) {
    this.#canvas = canvas;
  }

  /**
   * Begins a new picture, instead of one that is not finished.
   * @param logProb of rows [n × 2]
   * @param top the density that has the last colour
   */
  begin(logProb, cells, top) {
    this.#next = { logProb, cells, top, row: 0, pixels: new ImageData(cells, cells), x: new Float64Array(2 * cells) };
  }

  cancel() {
    this.#next = undefined;
  }

  /** Cells along an edge of the picture being made; 0 when none is. */
  get busy() {
    return this.#next?.cells ?? 0;
  }

  /** Goes on until the deadline, but at least by a row, and shows the picture when it is finished. */
  work(deadline = Infinity) {
    const next = this.#next;
    if (next === undefined) return;
    do paintRow(next);
    while (++next.row < next.cells && performance.now() < deadline);
    if (next.row < next.cells) return;
    this.#canvas.width = this.#canvas.height = next.cells;
    this.#canvas.getContext('2d').putImageData(next.pixels, 0, 0);
    this.#next = undefined;
  }
}

/** The highest density in the picture. */
export function peak(logProb, cells = 160) {
  let highest = -Infinity;
  const x = new Float64Array(2 * cells);
  for (let row = 0; row < cells; row++) {
    fillRow(x, row);
    highest = logProb(x).reduce((a, b) => Math.max(a, b), highest);
  }
  return Math.exp(highest);
}

/** The centres of a row of cells, from the top. */
function fillRow(x, row) {
  const cells = x.length / 2;
  const size = (2 * HALF) / cells;
  for (let column = 0; column < cells; column++) {
    x[2 * column] = -HALF + (column + 0.5) * size;
    x[2 * column + 1] = HALF - (row + 0.5) * size;
  }
}

function paintRow({ logProb, cells, top, row, pixels, x }) {
  fillRow(x, row);
  const values = logProb(x);
  const colours = new Uint32Array(pixels.data.buffer, 4 * row * cells, cells);
  for (let column = 0; column < cells; column++) {
    colours[column] = PALETTE[Math.min(255, Math.round((255 * Math.exp(values[column])) / top))];
  }
}

/** Ticks at the whole numbers along two edges of a picture, and labels at the even ones. */
export function drawTicks(context, size) {
  context.strokeStyle = context.fillStyle = 'rgb(255 255 255 / 55%)';
  context.font = '10.5px system-ui, "Open Sans", sans-serif';
  context.beginPath();
  for (let value = 1 - HALF; value < HALF; value++) {
    const at = Math.round((size * (value + HALF)) / (2 * HALF)) + 0.5;
    const length = value % 2 === 0 ? 5 : 3;
    context.moveTo(at, size);
    context.lineTo(at, size - length);
    context.moveTo(0, size - at);
    context.lineTo(length, size - at);
    if (value % 2 !== 0) continue;
    const label = String(value).replace('-', '−');
    context.textAlign = 'center';
    context.fillText(label, at, size - 9);
    context.textAlign = 'left';
    context.fillText(label, 9, size - at + 3.5);
  }
  context.stroke();
}
