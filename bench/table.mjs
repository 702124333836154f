// What the terminal shows: the comparisons, the element-wise functions as a matrix, the scaling, the bars.

const times = (ratio) => `${ratio < 100 ? ratio.toPrecision(2) : Math.round(ratio)}×`;
const threadsOf = (count) => (count === 1 ? '1 thread' : `${count} threads`);
const rateCells = ({ flopsPerSecond, ofPeak }) =>
  flopsPerSecond === undefined ? ['', ''] : [`${(flopsPerSecond / 1e9).toFixed(1)}`, `${Math.round(100 * ofPeak)} %`];

/** One block of lines for each case: ours first, then each version of each peer. */
export function comparisonTable(results) {
  const rows = [['workload', 'by', '', 'time', 'theirs ÷ ours, by round', 'GFLOP/s', 'of peak']];
  for (const { title, here, peers } of results) {
    here.forEach((own, i) => {
      rows.push([
        i === 0 ? title : '',
        'here, float64',
        threadsOf(own.threads),
        formatSeconds(own.seconds),
        '',
        ...rateCells(own),
      ]);
    });
    for (const peer of peers) {
      const ratio = `${times(peer.ratio)}${peer.against === peer.threads ? '' : ` (ours on ${peer.against})`}`;
      rows.push(['', nameOf(peer), threadsOf(peer.threads), formatSeconds(peer.seconds), ratio, '', '']);
    }
    rows.push([]);
  }
  return align(rows);
}

/** Cases that share a group and differ in one name: a line for each name, a column for each contender. */
export function matrixTable(results) {
  const contenders = ['here', ...results[0].peers.map(nameOf)];
  const rows = [[results[0].group, ...contenders]];
  for (const { column, here, peers } of results) {
    const cells = [here[0].seconds, ...peers.map((peer) => peer.seconds)];
    rows.push([column, ...cells.map((seconds) => (seconds * 1e9).toFixed(2))]);
  }
  return align(rows);
}

export function scalingTable({ variable, setting, points }) {
  const withMemory = points[0].extraBytes !== undefined;
  const rows = [
    [
      `scaling in ${variable} (${setting})`,
      variable,
      'threads',
      'time',
      ...(withMemory ? ['extra memory', ''] : ['GFLOP/s', 'of peak']),
    ],
  ];
  let previous;
  for (const { call, threads, x, seconds, extraBytes, ...rate } of byCall(points)) {
    const last = withMemory ? [`${(extraBytes / 1e6).toFixed(1)} MB`, ''] : rateCells(rate);
    rows.push([call === previous ? '' : call, String(x), String(threads), formatSeconds(seconds), ...last]);
    previous = call;
  }
  return align(rows);
}

export function pairsTable(pairs) {
  const rows = [['threads', 'one', 'all', 'one ÷ all']];
  for (const { title, one, all, ratio } of pairs)
    rows.push([title, formatSeconds(one), formatSeconds(all), `${ratio.toFixed(2)}×`]);
  return align(rows);
}

export function barsTable(bars) {
  const rows = [['bar', '', '', '']];
  for (const bar of bars) {
    rows.push([bar.title, bar.text, figureOf(bar), bar.met === undefined ? 'not compared' : bar.met ? 'met' : 'MISSED']);
  }
  return align(rows);
}

function figureOf({ value, share, ratio }) {
  if (ratio !== undefined) return `${ratio.toPrecision(3)}×`;
  if (share !== undefined) return `${Math.round(100 * share)} %`;
  return value === undefined ? '' : formatSeconds(value);
}

export const nameOf = ({ name, version, precision }) => [name, version, precision].filter(Boolean).join(', ');

function align(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Three digits in the unit that suits: `0.241 ms`, `3.20 µs`. */
export function formatSeconds(seconds) {
  const [unit, scale] = seconds < 1e-7 ? ['ns', 1e9] : seconds < 1e-4 ? ['µs', 1e6] : seconds < 1 ? ['ms', 1e3] : ['s', 1];
  return `${(seconds * scale).toPrecision(3)} ${unit}`;
}

const byCall = (points) => ['sampleAndLogProb', 'logProb'].flatMap((call) => points.filter((point) => point.call === call));
