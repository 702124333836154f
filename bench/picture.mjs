// The figures as a picture: bars of the comparisons on a logarithmic axis, and the scaling in double-logarithmic panels. Plain SVG.

import { formatSeconds, nameOf } from './table.mjs';

const WIDTH = 1000;
const MARGIN = 24;
const COLOURS = {
  here: '#1f6feb',
  PyTorch: '#d1642e',
  'TensorFlow.js wasm': '#b58900',
  'TensorFlow.js cpu': '#d8c27a',
  'jax-js': '#7b61a8',
};
const OTHER = '#8a8f98';
const MUTED = '#59636e';

export function picture({ machine, results, scaling }) {
  const parts = [];
  let y = MARGIN;
  const title = `${machine.cpu}, ${machine.threads} threads, Node ${machine.node.slice(1)}`;
  parts.push(text(MARGIN, y + 14, title, { size: 13, fill: MUTED }));
  y += 34;
  for (const result of results.filter(({ group }) => group === undefined)) {
    const block = bars(result, y);
    parts.push(block.svg);
    y = block.bottom + 18;
  }
  const panels = scaling?.panels ?? [];
  const plots = panels.map((panel) => ({ panel, of: 'seconds', format: formatSeconds, label: 'time' }));
  if (panels[0]) plots.splice(1, 0, { panel: panels[0], of: 'extraBytes', format: formatBytes, label: 'extra memory' });
  const [columns, height] = [2, 260];
  plots.forEach((each, i) => {
    const width = (WIDTH - MARGIN) / columns;
    parts.push(plot(each, MARGIN + (i % columns) * width, y + Math.floor(i / columns) * height, width - MARGIN, height - 20));
  });
  y += Math.ceil(plots.length / columns) * height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.ceil(y)}" font-family="system-ui, sans-serif">`,
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** A line for each contender, from half the shortest time; every length is a logarithm, every label the time itself. */
function bars({ title, here, peers }, top) {
  const entries = [
    ...here.map((own) => ({ label: `here, ${threadsOf(own)}`, seconds: own.seconds, colour: COLOURS.here })),
    ...peers.map((peer) => ({
      label: `${nameOf(peer)}, ${threadsOf(peer)}`,
      seconds: peer.seconds,
      colour: COLOURS[peer.name] ?? OTHER,
    })),
  ];
  const [left, right, line] = [330, WIDTH - 110, 19];
  const low = Math.log(Math.min(...entries.map(({ seconds }) => seconds)) / 2);
  const high = Math.log(Math.max(...entries.map(({ seconds }) => seconds)));
  const scale = (seconds) => left + ((right - left) * (Math.log(seconds) - low)) / (high - low);
  const svg = [text(MARGIN, top + 13, `${title} — time, logarithmic`, { size: 14, weight: 600 })];
  entries.forEach(({ label, seconds, colour }, i) => {
    const y = top + 24 + i * line;
    svg.push(text(left - 8, y + 11, label, { anchor: 'end', fill: MUTED }));
    svg.push(
      `<rect x="${left}" y="${y}" width="${(scale(seconds) - left).toFixed(1)}" height="${line - 5}" rx="2" fill="${colour}"/>`,
    );
    svg.push(text(scale(seconds) + 6, y + 11, formatSeconds(seconds)));
  });
  return { svg: svg.join('\n'), bottom: top + 24 + entries.length * line };
}

/** One panel: a curve for each function and thread count, dashed for more than one thread. */
function plot({ panel, of, format, label }, left, top, width, height) {
  const points = panel.points.filter((point) => point[of] > 0);
  const [x0, x1, y0, y1] = [left + 62, left + width - 8, top + height - 34, top + 30];
  const x = axis(
    points.map((point) => point.x),
    x0,
    x1,
  );
  const y = axis(
    points.map((point) => point[of]),
    y0,
    y1,
  );
  const svg = [text(left, top + 14, `${label} against ${panel.variable} (${panel.setting})`, { size: 13, weight: 600 })];
  svg.push(`<path d="M${x0} ${y1}V${y0}H${x1}" fill="none" stroke="#c7ccd1"/>`);
  for (const value of ticks(points.map((point) => point.x)))
    svg.push(
      text(x(value), y0 + 14, value >= 1000 ? value.toExponential().replace('e+', 'e') : value, {
        anchor: 'middle',
        fill: MUTED,
      }),
    );
  for (const value of decades(points.map((point) => point[of]))) {
    svg.push(text(x0 - 6, y(value) + 4, format(value), { anchor: 'end', fill: MUTED }));
    svg.push(`<path d="M${x0} ${y(value).toFixed(1)}H${x1}" stroke="#eceff2"/>`);
  }
  const curves = groupBy(points, keyOf);
  let row = 0;
  for (const curve of curves.values()) {
    const [{ call, threads }] = curve;
    const colour = call === 'logProb' ? '#d1642e' : COLOURS.here;
    const dash = threads === 1 || panel.variable === 'threads' ? '' : ' stroke-dasharray="5 3"';
    const path = curve.map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(point[of]).toFixed(1)}`).join('');
    svg.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"${dash}/>`);
    for (const point of curve)
      svg.push(`<circle cx="${x(point.x).toFixed(1)}" cy="${y(point[of]).toFixed(1)}" r="2.5" fill="${colour}"/>`);
    const name = panel.variable === 'threads' ? call : `${call}, ${threadsOf({ threads })}`;
    svg.push(text(x0 + 10, y1 + 10 + 15 * row++, name, { fill: colour }));
  }
  return svg.join('\n');

  function keyOf({ call, threads }) {
    return panel.variable === 'threads' ? call : `${call} ${threads}`;
  }
}

/** Logarithmic, from one end of the values to the other. */
function axis(values, from, to) {
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  return (value) => (high === low ? (from + to) / 2 : from + ((to - from) * (Math.log(value) - low)) / (high - low));
}

/** The values themselves, each once. */
const ticks = (values) => [...new Set(values)];

/** Powers of ten within the values; where there is none, their ends. */
function decades(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const powers = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); 10 ** power <= high * (1 + 1e-9); power++)
    powers.push(Number(`1e${power}`));
  return powers.length > 0 ? powers : ticks([low, high]);
}

function groupBy(values, keyOf) {
  const groups = new Map();
  for (const value of values) groups.set(keyOf(value), [...(groups.get(keyOf(value)) ?? []), value]);
  return groups;
}

const threadsOf = ({ threads }) => (threads === 1 ? '1 thread' : `${threads} threads`);
const formatBytes = (bytes) => `${(bytes / 1e6).toPrecision(2)} MB`;
const escape = (value) => String(value).replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function text(x, y, content, { size = 12, fill = '#1f2328', anchor = 'start', weight = 400 } = {}) {
  const at = `x="${Number(x).toFixed(1)}" y="${Number(y).toFixed(1)}"`;
  return `<text ${at} font-size="${size}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${escape(content)}</text>`;
}
