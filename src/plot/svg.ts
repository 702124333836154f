// Pictures as text: no element of a page is touched, and the same numbers are the same bytes everywhere.
//
// What is drawn in the colour of its series is in a group `s0` … `s5`, and from the seventh series on dashed. The palette is Okabe &
// Ito's, which the colour-blind tell apart, lighter where the reader's scheme is dark. Everything is under `.nf-plot`: inside a page
// the style is the page's, too. There is no id, so pictures may share one.

const SERIES = 6;
const STYLE = `
.nf-plot{font:12px system-ui,-apple-system,'Segoe UI',Roboto,'Liberation Sans',sans-serif}
.nf-plot text{fill:#1f2328}
.nf-plot .title{font-size:14px;font-weight:600}
.nf-plot .name{font-weight:600}
.nf-plot .faint{fill:#59636e;font-size:11px}
.nf-plot .paper{fill:#fff}
.nf-plot .axis,.nf-plot .grid{fill:none;stroke:#818b98}
.nf-plot .grid{stroke:#d1d9e0;stroke-opacity:.7}
.nf-plot .line{fill:none;stroke:currentColor;stroke-width:1.75;stroke-linejoin:round;stroke-linecap:round}
.nf-plot .raw{fill:none;stroke:currentColor;stroke-opacity:.28}
.nf-plot .area{fill:currentColor;fill-opacity:.12}
.nf-plot .inner{fill:currentColor;fill-opacity:.22}
.nf-plot .region{fill:currentColor;fill-opacity:.14;stroke:currentColor;stroke-opacity:.75;stroke-width:1.1}
.nf-plot .dot{fill:currentColor}
.nf-plot .bar{fill:none;stroke:currentColor;stroke-width:2.5;stroke-linecap:round}
.nf-plot .draws{fill:none;stroke:currentColor;stroke-opacity:.3;stroke-width:1.8;stroke-linecap:round}
.nf-plot .dashed .line{stroke-dasharray:5 3}
.nf-plot .s0{color:#0072b2}.nf-plot .s1{color:#d55e00}.nf-plot .s2{color:#009e73}
.nf-plot .s3{color:#cc79a7}.nf-plot .s4{color:#e69f00}.nf-plot .s5{color:#56b4e9}
@media (prefers-color-scheme:dark){
.nf-plot text{fill:#e6edf3}
.nf-plot .faint{fill:#9198a1}
.nf-plot .paper{fill:#0d1117}
.nf-plot .axis{stroke:#656c76}
.nf-plot .grid{stroke:#3d444d}
.nf-plot .s0{color:#56b4e9}.nf-plot .s1{color:#f28e4b}.nf-plot .s2{color:#35c89b}
.nf-plot .s3{color:#e39ac4}.nf-plot .s4{color:#f0c04a}.nf-plot .s5{color:#9fb4ff}
}
`;

/** A whole file: `title` is what is read aloud; the picture shrinks with what it stands in. */
export function picture(title: string, width: number, height: number, parts: readonly string[]): string {
  const size = `viewBox="0 0 ${at(width)} ${at(height)}" width="${at(width)}" height="${at(height)}"`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" class="nf-plot" role="img" ${size} style="max-width:100%;height:auto">`;
  const paper = `<rect class="paper" width="${at(width)}" height="${at(height)}"/>`;
  return [head, `<title>${escape(title)}</title>`, `<style>${STYLE}</style>`, paper, ...parts, '</svg>', ''].join('\n');
}

/** A part of its own coordinates, from 0, of which nothing outside shows. */
export function panel(x: number, y: number, width: number, height: number, parts: readonly string[]): string {
  return `<svg x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}">\n${parts.join('\n')}\n</svg>`;
}

/** In the colour of a series. */
export function inColour(series: number, parts: readonly string[], isDashed = series >= SERIES): string {
  return `<g class="s${series % SERIES}${isDashed ? ' dashed' : ''}">${parts.join('')}</g>`;
}

type TextKind = 'title' | 'name' | 'faint' | 'label';

export function text(
  x: number,
  y: number,
  content: string,
  kind: TextKind,
  anchor: 'start' | 'middle' | 'end' = 'start',
): string {
  const end = anchor === 'start' ? '' : ` text-anchor="${anchor}"`;
  return `<text x="${at(x)}" y="${at(y)}" class="${kind}"${end}>${escape(content)}</text>`;
}

/** From the bottom to the top. */
export function upwards(x: number, y: number, content: string, kind: TextKind): string {
  const place = `transform="translate(${at(x)} ${at(y)}) rotate(-90)"`;
  return `<text ${place} class="${kind}" text-anchor="middle">${escape(content)}</text>`;
}

export function path(kind: string, d: string): string {
  return d === '' ? '' : `<path class="${kind}" d="${d}"/>`;
}

export function dot(x: number, y: number, radius: number): string {
  return `<circle class="dot" cx="${at(x)}" cy="${at(y)}" r="${at(radius)}"/>`;
}

export type Point = readonly [x: number, y: number];

/** From point to point, but for gaps; a point between gaps is a dot. */
export function lineThrough(points: readonly (Point | undefined)[]): string {
  return points
    .map((point, i) => {
      if (point === undefined) return '';
      const place = point.map(at).join(' ');
      if (points[i - 1] !== undefined) return `L${place}`;
      return points[i + 1] === undefined ? `M${place}h0` : `M${place}`;
    })
    .join('');
}

/** A coordinate, to a hundredth of a pixel. */
export function at(x: number): string {
  return String(Math.round(100 * x) / 100);
}

/** One of many, to a tenth. */
export function roughly(x: number): string {
  return String(Math.round(10 * x) / 10);
}

/** The text, cut where it would be wider, as there is nothing to measure it with: figures and most letters are this wide. */
export function shortened(content: string, width: number, size = 12): string {
  const letters = [...content];
  const room = Math.max(1, Math.floor(width / (LETTER * size)));
  return letters.length <= room ? content : `${letters.slice(0, room - 1).join('')}…`;
}

/** About how wide a text is. */
export function widthOf(content: string, size = 12): number {
  return [...content].length * LETTER * size;
}

const LETTER = 0.56;

/** What may stand in XML and be a letter of it, as an entity where it is a sign of it. */
function escape(content: string): string {
  const letters = content.replace(/[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD');
  return letters.replace(/[&<>"]/g, (letter) => ENTITIES[letter]);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
