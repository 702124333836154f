// One picture per energy, as in Fig. 3 of the paper: the target, and beside it each flow, on one colour scale. An SVG with a
// PNG inside for each panel.

import { heatMap, PALETTE } from './heat-map.mjs';

const PANEL = 220;
const GAP = 26;
const MARGIN = { left: 36, top: 76, right: 84, bottom: 44 };
const INK = '#222';
const FAINT = '#666';

/**
 * @param title above all panels
 * @param panels `{ title, note, density }` each, the first one the target, whose maximum is the top of the colour scale
 * @param grid `{ half, pixels }`: what the densities were evaluated on
 */
export function figure(title, panels, { half, pixels }) {
  const top = panels[0].density.reduce((a, b) => Math.max(a, b));
  const width = MARGIN.left + panels.length * (PANEL + GAP) - GAP + MARGIN.right;
  const height = MARGIN.top + PANEL + MARGIN.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="Helvetica, Arial, sans-serif">`,
    `<rect width="100%" height="100%" fill="white"/>`,
    text(MARGIN.left, 28, title, { size: 17, weight: 'bold' }),
    ...panels.flatMap((panel, i) => drawPanel(panel, MARGIN.left + i * (PANEL + GAP), { pixels, top, half })),
    ...drawColourBar(width - MARGIN.right + GAP, top),
    '</svg>',
    '',
  ].join('\n');
}

function drawPanel({ title, note, density }, x, { pixels, top, half }) {
  const bottom = MARGIN.top + PANEL;
  const ticks = [-half, 0, half].flatMap((value, i) => {
    const at = (i * PANEL) / 2;
    const label = String(value).replace('-', '−');
    const across = [
      line(x + at, bottom, x + at, bottom + 4),
      text(x + at, bottom + 17, label, { anchor: 'middle', fill: FAINT, size: 11 }),
    ];
    return x > MARGIN.left
      ? across
      : [
          ...across,
          line(x - 4, bottom - at, x, bottom - at),
          text(x - 8, bottom - at + 4, label, { anchor: 'end', fill: FAINT, size: 11 }),
        ];
  });
  return [
    text(x, MARGIN.top - 10, title),
    note ? text(x + PANEL, MARGIN.top - 10, note, { anchor: 'end', fill: FAINT, size: 12 }) : '',
    `<image x="${x}" y="${MARGIN.top}" width="${PANEL}" height="${PANEL}" href="${heatMap(density, pixels, top)}"/>`,
    ...ticks,
  ];
}

function drawColourBar(x, top) {
  const stops = [0, 32, 64, 96, 128, 160, 192, 224, 255].map(
    (i) => `<stop offset="${((100 * i) / 255).toFixed(1)}%" stop-color="rgb(${PALETTE[i].join(' ')})"/>`,
  );
  return [
    `<defs><linearGradient id="scale" x1="0" y1="1" x2="0" y2="0">${stops.join('')}</linearGradient></defs>`,
    `<rect x="${x}" y="${MARGIN.top}" width="12" height="${PANEL}" fill="url(#scale)"/>`,
    text(x + 18, MARGIN.top + 10, top.toPrecision(2), { fill: FAINT, size: 11 }),
    text(x + 18, MARGIN.top + PANEL, '0', { fill: FAINT, size: 11 }),
    text(x, MARGIN.top - 10, 'density', { fill: FAINT, size: 12 }),
  ];
}

function line(x1, y1, x2, y2) {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${FAINT}"/>`;
}

function text(x, y, content, { size = 14, weight = 'normal', anchor = 'start', fill = INK } = {}) {
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
}
