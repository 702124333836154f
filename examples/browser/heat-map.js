// A density on a grid of cells, computed a few rows at a time so that no frame waits for it.

import { PALETTE } from './colours.js';

/** Every picture shows the square [−HALF, HALF]². */
export const HALF = 4;

export class HeatMap {
  /** The finished picture, `cells` × `cells`, or undefined before the first one. */
  picture;
  #next;

  /**
   * Begins a new picture, instead of one that is not finished.
   * @param logProb of rows [n × 2]
   * @param top the density that has the last colour
   */
  begin(logProb, cells, top) {
    const canvas = new OffscreenCanvas(cells, cells);
    this.#next = { logProb, cells, top, row: 0, canvas, pixels: new ImageData(cells, cells), x: new Float64Array(2 * cells) };
  }

  get busy() {
    return this.#next !== undefined;
  }

  /** Goes on until the deadline, but at least by a row. True when the picture is finished. */
  work(deadline) {
    const next = this.#next;
    if (next === undefined) return false;
    do paintRow(next);
    while (++next.row < next.cells && performance.now() < deadline);
    if (next.row < next.cells) return false;
    next.canvas.getContext('2d').putImageData(next.pixels, 0, 0);
    this.picture = next.canvas;
    this.#next = undefined;
    return true;
  }
}

function paintRow({ logProb, cells, top, row, pixels, x }) {
  const size = (2 * HALF) / cells;
  for (let column = 0; column < cells; column++) {
    x[2 * column] = -HALF + (column + 0.5) * size;
    x[2 * column + 1] = HALF - (row + 0.5) * size;
  }
  const values = logProb(x);
  const colours = new Uint32Array(pixels.data.buffer, 4 * row * cells, cells);
  for (let column = 0; column < cells; column++) {
    colours[column] = PALETTE[Math.min(255, Math.round((255 * Math.exp(values[column])) / top))];
  }
}

/** Draws a heat map's picture over the canvas, with ticks along two of its edges. */
export function drawPlate(context, size, picture, { opacity = 1, ticks = true } = {}) {
  context.imageSmoothingQuality = 'high';
  context.globalAlpha = opacity;
  if (picture !== undefined) context.drawImage(picture, 0, 0, size, size);
  context.globalAlpha = 1;
  if (ticks) drawTicks(context, size);
}

export function drawTicks(context, size) {
  context.strokeStyle = context.fillStyle = 'rgb(255 255 255 / 55%)';
  context.lineWidth = 1;
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
