// A density as a picture: its values on a grid of pixels, through a colour map, as a PNG with a palette.

import { crc32, deflateSync } from 'node:zlib';

/** Anchors of matplotlib's perceptually uniform map "magma" (van der Walt & Smith 2015, CC0), equally spaced. */
const MAGMA = ['000004', '1d1147', '51127c', '832681', 'b73779', 'e75263', 'fc8961', 'fec488', 'fcfdbf'];

export const PALETTE = Array.from({ length: 256 }, (_, i) => magma(i / 255));

/** exp(logProb) at the centres of pixels × pixels pixels of [−half, half]², row by row from the top. */
export function densityOnGrid(logProb, { half, pixels }) {
  const size = (2 * half) / pixels;
  const x = new Float64Array(2 * pixels * pixels);
  for (let row = 0, i = 0; row < pixels; row++) {
    for (let column = 0; column < pixels; column++) {
      x[i++] = -half + (column + 0.5) * size;
      x[i++] = half - (row + 0.5) * size;
    }
  }
  return logProb(x).map(Math.exp);
}

/** A data URI of the values as colours from 0 to `top`; what is above has the last colour. */
export function heatMap(values, width, top) {
  const height = values.length / width;
  const scanlines = new Uint8Array(height * (width + 1)); // each line begins with its filter, 0 for none
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const share = Math.min(1, Math.max(0, values[row * width + column] / top));
      scanlines[row * (width + 1) + 1 + column] = Math.round(255 * share);
    }
  }
  return `data:image/png;base64,${encodePng(width, height, scanlines).toString('base64')}`;
}

// PNG (W3C, 3rd edition): a signature, then chunks of length, type, data and the CRC of type and data.

function encodePng(width, height, scanlines) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8); // 8 bits a pixel, palette, and the only compression, filtering and no interlacing
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(PALETTE.flat())),
    chunk('IDAT', deflateSync(scanlines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/** Linear between the anchors: [red, green, blue]. */
function magma(share) {
  const position = share * (MAGMA.length - 1);
  const left = Math.min(Math.floor(position), MAGMA.length - 2);
  const channel = (anchor, i) => parseInt(MAGMA[anchor].slice(2 * i, 2 * i + 2), 16);
  return [0, 1, 2].map((i) => Math.round(channel(left, i) + (position - left) * (channel(left + 1, i) - channel(left, i))));
}
