// Colours in which equal steps look equal.

/** Anchors of matplotlib's perceptually uniform map "magma" (van der Walt & Smith 2015, CC0), equally spaced. */
const MAGMA = ['000004', '1d1147', '51127c', '832681', 'b73779', 'e75263', 'fc8961', 'fec488', 'fcfdbf'];

/** [256] pixels as ImageData has them in memory, red first. */
export const PALETTE = new Uint32Array(Uint8ClampedArray.from({ length: 4 * 256 }, (_, i) => channel(i >> 2, i & 3)).buffer);

export const GRADIENT = `linear-gradient(to right, ${MAGMA.map((anchor) => `#${anchor}`).join(', ')})`;

/** Linear between the anchors. */
function channel(index, which) {
  if (which === 3) return 255;
  const position = (index / 255) * (MAGMA.length - 1);
  const left = Math.min(Math.floor(position), MAGMA.length - 2);
  const of = (anchor) => parseInt(MAGMA[anchor].slice(2 * which, 2 * which + 2), 16);
  return of(left) + (position - left) * (of(left + 1) - of(left));
}

/**
 * A colour of the wheel at constant lightness and chroma in OKLCH (Ottosson 2020, public domain).
 * @param turn 0 to 1, once around
 */
export function wheel(turn, lightness = 0.8, chroma = 0.125) {
  const [a, b] = [chroma * Math.cos(2 * Math.PI * turn), chroma * Math.sin(2 * Math.PI * turn)];
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return `rgb(${linear.map((value) => Math.round(255 * gamma(Math.min(1, Math.max(0, value))))).join(' ')})`;
}

/** sRGB's transfer function. */
function gamma(value) {
  return value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055;
}
