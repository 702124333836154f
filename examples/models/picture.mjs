// What the pictures of these examples are drawn with: panels with axes, and in them lines, bands, dots and bars. Plain SVG of no width but its
// own; colours are those of Okabe and Ito, which the colour-blind tell apart, and follow the reader's scheme, light or dark.

const STYLE = `
.nf-model{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
.nf-model text{fill:#1f2328}
.nf-model .title{font-size:14px;font-weight:600}
.nf-model .name{font-weight:600}
.nf-model .faint{fill:#59636e;font-size:11px}
.nf-model .paper{fill:#fff}
.nf-model .axis{fill:none;stroke:#818b98}
.nf-model .grid{fill:none;stroke:#d1d9e0;stroke-opacity:.7}
.nf-model .wide{fill:currentColor;fill-opacity:.16}
.nf-model .narrow{fill:currentColor;fill-opacity:.24}
.nf-model .line{fill:none;stroke:currentColor;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.nf-model .thin{fill:none;stroke:currentColor;stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}
.nf-model .dashed{fill:none;stroke:currentColor;stroke-width:1.5;stroke-dasharray:5 3}
.nf-model .bar{fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round}
.nf-model .thick{fill:none;stroke:currentColor;stroke-width:5;stroke-linecap:round;stroke-opacity:.55}
.nf-model .dot{fill:currentColor}
.nf-model .ring{fill:none;stroke:currentColor;stroke-width:1.5}
.nf-model .draws{fill:none;stroke:currentColor;stroke-opacity:.45;stroke-width:2;stroke-linecap:round}
.nf-model .blue{color:#0072b2}.nf-model .red{color:#d55e00}.nf-model .green{color:#009e73}.nf-model .ink{color:#59636e}
@media (prefers-color-scheme:dark){
.nf-model text{fill:#e6edf3}
.nf-model .faint{fill:#9198a1}
.nf-model .paper{fill:#0d1117}
.nf-model .axis{stroke:#656c76}
.nf-model .grid{stroke:#3d444d}
.nf-model .blue{color:#56b4e9}.nf-model .red{color:#f28e4b}.nf-model .green{color:#35c89b}.nf-model .ink{color:#9198a1}
}
`;

/** A file of this height with a title. */
export function picture(title, height, parts) {
  const size = `viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="nf-model" role="img" ${size} style="max-width:100%;height:auto">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    text(14, 22, title, 'title'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

const WIDTH = 640;

/**
 * A panel: axes on the left and below, and what `content` draws on them, of which nothing outside shows.
 *
 * @param x, y what the axes span, `[low, high]`
 * @param xTicks, yTicks numbers, or `[number, words]`; by default round numbers
 * @param content given the places of values in pixels, `{ x(value), y(value), width, height }`, returns what to draw
 */
export function panel({ left, top, width, height, x, y, xTicks, yTicks, title, xLabel, yLabel }, content) {
  const place = {
    x: (value) => (width * (value - x[0])) / (x[1] - x[0]),
    y: (value) => height * (1 - (value - y[0]) / (y[1] - y[0])),
  };
  const [below, beside] = [xTicks ?? ticks(x, width / 70), yTicks ?? ticks(y, height / 40)].map((marks) => marks.map(labelled));
  const across = beside.map(([value]) => `M${at(left)} ${at(top + place.y(value))}h${at(width)}`);
  const marks = below.map(([value]) => `M${at(left + place.x(value))} ${at(top + height)}v4`);
  return [
    title === undefined ? '' : text(left, top - 8, title, 'name'),
    path('grid', across.join('')),
    ...beside.map(([value, words]) => text(left - 6, top + place.y(value) + 4, words, 'faint', 'end')),
    `<svg x="${at(left)}" y="${at(top)}" width="${at(width)}" height="${at(height)}">`,
    ...content({ ...place, width, height }),
    '</svg>',
    path('axis', `M${at(left)} ${at(top + height)}h${at(width)}${marks.join('')}`),
    ...below.map(([value, words]) => text(left + place.x(value), top + height + 16, words, 'faint', 'middle')),
    xLabel === undefined ? '' : text(left + width, top + height + 31, xLabel, 'faint', 'end'),
    yLabel === undefined ? '' : text(left - 30, top - 8, yLabel, 'faint'),
  ].filter((part) => part !== '');
}

/** Round numbers in the range, about so many. */
function ticks([low, high], count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const digits = rough / power;
  const step = power * (digits < 1.5 ? 1 : digits < 3.5 ? 2 : digits < 7.5 ? 5 : 10);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

const labelled = (tick) => (Array.isArray(tick) ? tick : [tick, String(tick).replace('-', '−')]);

/** Through points `[x, y]` in pixels. @param kind `line`, `thin` or `dashed` */
export const line = (kind, points) => path(kind, points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join(''));

/** Between two curves over the same x, in pixels. @param kind `wide` or `narrow` */
export function band(kind, xs, lows, highs) {
  const [there, back] = [highs, lows].map((ys) => xs.map((x, i) => `${at(x)} ${at(ys[i])}`));
  return path(kind, `M${[...there, ...back.reverse()].join('L')}Z`);
}

/** Many points as one path. */
export const cloud = (points) => path('draws', points.map(([x, y]) => `M${at(x)} ${at(y)}h0`).join(''));

/** @param kind `dot` or `ring` */
export const circle = (kind, x, y, radius) => `<circle class="${kind}" cx="${at(x)}" cy="${at(y)}" r="${at(radius)}"/>`;

export const path = (kind, d) => (d === '' ? '' : `<path class="${kind}" d="${d}"/>`);

/** @param colour `blue`, `red`, `green` or `ink` */
export const coloured = (colour, ...parts) => `<g class="${colour}">${parts.flat().join('')}</g>`;

/** @param kind `title`, `name`, `label` or `faint` */
export function text(x, y, words, kind = 'label', anchor = 'start') {
  const end = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${at(x)}" y="${at(y)}" class="${kind}"${end}>${escaped(words)}</text>`;
}

/** What marks mean, beside each other from (x, y). There is nothing to measure text with: letters are about this wide. @param keys `[mark, colour, words]` each */
export function legend(x, y, keys) {
  return keys.flatMap(([mark, colour, words]) => {
    const left = x;
    x += 24 + LETTER * [...words].length + 16;
    return [coloured(colour, KEYS[mark](left, y)), text(left + 24, y + 4, words)];
  });
}

const LETTER = 6.6;

const KEYS = {
  line: (x, y) => path('line', `M${at(x)} ${y}h18`),
  dashed: (x, y) => path('dashed', `M${at(x)} ${y}h18`),
  bands: (x, y) => [
    path('wide', `M${at(x)} ${y - 6}h18v12h-18Z`),
    path('narrow', `M${at(x)} ${y - 3}h18v6h-18Z`),
    path('line', `M${at(x)} ${y}h18`),
  ],
  bars: (x, y) => [path('bar', `M${at(x)} ${y}h18`), path('thick', `M${at(x + 5)} ${y}h8`), circle('dot', x + 9, y, 3)],
  interval: (x, y) => [path('thin', `M${at(x)} ${y}h18`), circle('ring', x + 9, y, 3)],
  band: (x, y) => [path('narrow', `M${at(x)} ${y - 6}h18v12h-18Z`), path('line', `M${at(x)} ${y}h18`)],
  area: (x, y) => path('narrow', `M${at(x)} ${y - 6}h18v12h-18Z`),
  stem: (x, y) => path('thin', `M${at(x + 9)} ${y - 7}v14`),
  dot: (x, y) => circle('dot', x + 9, y, 3),
  ring: (x, y) => circle('ring', x + 9, y, 3),
};

/** To a tenth of a pixel: coarser than what engines may differ in. */
function at(pixels) {
  const rounded = Math.round(10 * pixels) / 10;
  return String(rounded === 0 ? 0 : rounded);
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escaped = (words) => words.replace(/[&<>"]/g, (sign) => ENTITIES[sign]);

/** Of numbers, linear between them. @param shares such as 0.5 for the median */
export function quantiles(values, shares) {
  const sorted = Float64Array.from(values).sort();
  return shares.map((share) => {
    const place = share * (sorted.length - 1);
    const [low, high] = [Math.floor(place), Math.ceil(place)];
    return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
  });
}

/** For each element of equally long rows, one for each draw: the median, and the ends of the central 50 and 90 %. */
export function intervals(rows) {
  return Array.from(rows[0], (_, i) => {
    const [low90, low50, median, high50, high90] = quantiles(
      rows.map((row) => row[i]),
      [0.05, 0.25, 0.5, 0.75, 0.95],
    );
    return { low90, low50, median, high50, high90 };
  });
}

/** The bands of 90 and 50 % and the median of a curve, in a panel. @param curve what `intervals` gives for each of `xs` */
export function fan({ x, y }, xs, curve) {
  const places = xs.map(x);
  const ys = (which) => curve.map((point) => y(point[which]));
  return [
    band('wide', places, ys('low90'), ys('high90')),
    band('narrow', places, ys('low50'), ys('high50')),
    line(
      'line',
      places.map((place, i) => [place, ys('median')[i]]),
    ),
  ];
}
