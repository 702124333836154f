// One set of points on its way through the layers: where the base put them, and where they are after each layer.

import { Flow, normal } from 'normalizing-flows';
import { wheel } from './colours.js';
import { HALF } from './heat-map.js';

const SAMPLES = 2400;
const HUES = 48;
/** Circles and spokes of the base, in standard deviations: they show how the plane itself is bent. */
const CIRCLES = [0.5, 1, 1.5, 2, 2.5, 3];
const SPOKES = 16;
const SEGMENTS = 128;

export class Journey {
  #layers;
  /** [K + 1] of [rows × 2]: before the first layer, after it, … */
  #stops;
  #lines;
  #hues;

  /** @param flow of planar or radial layers over a fixed normal base */
  constructor(flow) {
    this.#layers = flow.transforms.map((transform) => new Flow({ base: normal(2), transforms: [transform] }));
    const { z } = flow.inverse(flow.sample(SAMPLES, { seed: 0 }));
    const { points, lines } = polarGrid();
    const start = new Float64Array([...z, ...points]);
    this.#lines = lines;
    this.#stops = [start, ...this.#layers.map(() => new Float64Array(start.length))];
    this.#hues = Array.from({ length: HUES }, () => []);
    for (let i = 0; i < SAMPLES; i++) {
      const turn = Math.atan2(z[2 * i + 1], z[2 * i]) / (2 * Math.PI) + 0.5;
      this.#hues[Math.floor(turn * HUES) % HUES].push(i);
    }
    this.update(flow.getParameters());
  }

  get length() {
    return this.#layers.length;
  }

  /** Sends the points through the layers again, with these parameters of the whole flow. */
  update(parameters) {
    this.#layers.forEach((layer, k) => {
      const count = layer.parameterCount;
      layer.setParameters(parameters.subarray(k * count, (k + 1) * count));
      layer.forward(this.#stops[k], { out: this.#stops[k + 1] });
    });
  }

  /**
   * Draws the points after `position` layers. Between two layers they are on the straight line from one to the other: a planar or
   * radial layer at half its strength is a layer too.
   */
  draw(context, size, position) {
    const k = Math.min(Math.floor(position), this.length - 1);
    const [from, to, share] = [this.#stops[k], this.#stops[k + 1], position - k];
    const scale = size / (2 * HALF);
    const x = (i) => (from[2 * i] + share * (to[2 * i] - from[2 * i]) + HALF) * scale;
    const y = (i) => (HALF - from[2 * i + 1] - share * (to[2 * i + 1] - from[2 * i + 1])) * scale;

    context.strokeStyle = 'rgb(255 255 255 / 26%)';
    context.lineWidth = 0.75;
    context.beginPath();
    for (const { first, count } of this.#lines) {
      context.moveTo(x(first), y(first));
      for (let i = first + 1; i < first + count; i++) context.lineTo(x(i), y(i));
    }
    context.stroke();

    const dot = Math.max(1.6, size / 190);
    this.#hues.forEach((points, hue) => {
      context.fillStyle = wheel(hue / HUES);
      for (const i of points) context.fillRect(x(i) - dot / 2, y(i) - dot / 2, dot, dot);
    });
  }

  dispose() {
    for (const layer of this.#layers) layer.dispose();
  }
}

/** Polylines of a polar grid, as rows that follow the samples. */
function polarGrid() {
  const points = [];
  const lines = [];
  const add = (line) => {
    lines.push({ first: SAMPLES + points.length / 2, count: line.length });
    points.push(...line.flat());
  };
  const polar = (radius, turn) => [radius * Math.cos(2 * Math.PI * turn), radius * Math.sin(2 * Math.PI * turn)];
  const steps = Array.from({ length: SEGMENTS + 1 }, (_, i) => i / SEGMENTS);
  for (const radius of CIRCLES) add(steps.map((share) => polar(radius, share)));
  const [inner, outer] = [CIRCLES[0], CIRCLES[CIRCLES.length - 1]];
  for (let spoke = 0; spoke < SPOKES; spoke++) {
    add(steps.map((share) => polar(inner + share * (outer - inner), spoke / SPOKES)));
  }
  return { points, lines };
}
