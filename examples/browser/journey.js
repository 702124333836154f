// One set of points on its way through the layers: where the base put them, and where they are after each layer.

import { Flow, normal } from 'normalizing-flows';
import { wheel } from './colours.js';
import { HALF } from './heat-map.js';

const SAMPLES = 2000;
const HUES = Array.from({ length: 48 }, (_, i) => wheel(i / 48));
/** Circles and spokes of the base, in standard deviations: they show how the plane itself is bent. */
const CIRCLES = [0.5, 1, 1.5, 2, 2.5, 3];
const SPOKES = 16;
const SEGMENTS = { circle: 96, spoke: 40 };

export class Journey {
  #flow;
  #layers;
  /** [K + 1] of [rows × 2]: before the first layer, after it, … Those up to the one numbered `#upToDate` are. */
  #stops;
  #upToDate = 0;
  #lines;
  /** [hues] of rows. */
  #rowsOfHue;

  /** @param flow of planar or radial layers over a fixed normal base */
  constructor(flow) {
    this.#flow = flow;
    this.#layers = flow.transforms.map((transform) => new Flow({ base: normal(2), transforms: [transform] }));
    const { z } = flow.inverse(flow.sample(SAMPLES, { seed: 0 }));
    const { points, lines } = polarGrid();
    const start = new Float64Array([...z, ...points]);
    this.#lines = lines;
    this.#stops = [start, ...this.#layers.map(() => new Float64Array(start.length))];
    this.#rowsOfHue = HUES.map(() => []);
    for (let i = 0; i < SAMPLES; i++) {
      const turn = Math.atan2(z[2 * i + 1], z[2 * i]) / (2 * Math.PI) + 0.5;
      this.#rowsOfHue[Math.floor(turn * HUES.length) % HUES.length].push(i);
    }
  }

  get length() {
    return this.#layers.length;
  }

  /** The flow has other parameters. */
  changed() {
    this.#upToDate = 0;
  }

  /**
   * Draws the points after `position` layers. Between two layers they are on the straight line from one to the other: a planar or
   * radial layer at half its strength is a layer too.
   */
  draw(context, size, position) {
    const k = Math.floor(position);
    const [from, to, share] = [this.#stop(k), this.#stop(Math.ceil(position)), position - k];
    const scale = size / (2 * HALF);
    const x = (i) => (from[2 * i] + share * (to[2 * i] - from[2 * i]) + HALF) * scale;
    const y = (i) => (HALF - from[2 * i + 1] - share * (to[2 * i + 1] - from[2 * i + 1])) * scale;

    context.strokeStyle = 'rgb(255 255 255 / 38%)';
    context.lineWidth = 0.75;
    context.beginPath();
    for (const { first, count } of this.#lines) {
      context.moveTo(x(first), y(first));
      for (let i = first + 1; i < first + count; i++) context.lineTo(x(i), y(i));
    }
    context.stroke();

    const dot = Math.max(1.6, size / 180);
    this.#rowsOfHue.forEach((rows, hue) => {
      context.fillStyle = HUES[hue];
      for (const i of rows) context.fillRect(x(i) - dot / 2, y(i) - dot / 2, dot, dot);
    });
  }

  /** The points after k layers: after all of them by the flow itself, which is quicker than one layer at a time. */
  #stop(k) {
    if (k === this.length && this.#upToDate < k) this.#flow.forward(this.#stops[0], { out: this.#stops[k] });
    else this.#advanceTo(k);
    return this.#stops[k];
  }

  #advanceTo(k) {
    if (this.#upToDate >= k) return;
    const parameters = this.#flow.getParameters();
    for (let at = this.#upToDate; at < k; at++) {
      const layer = this.#layers[at];
      const count = layer.parameterCount;
      layer.setParameters(parameters.subarray(at * count, (at + 1) * count));
      layer.forward(this.#stops[at], { out: this.#stops[at + 1] });
    }
    this.#upToDate = k;
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
  const shares = (segments) => Array.from({ length: segments + 1 }, (_, i) => i / segments);
  for (const radius of CIRCLES) add(shares(SEGMENTS.circle).map((share) => polar(radius, share)));
  const [inner, outer] = [CIRCLES[0], CIRCLES[CIRCLES.length - 1]];
  for (let spoke = 0; spoke < SPOKES; spoke++) {
    add(shares(SEGMENTS.spoke).map((share) => polar(inner + share * (outer - inner), spoke / SPOKES)));
  }
  return { points, lines };
}
