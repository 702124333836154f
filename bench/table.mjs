// The printed table: one line for each version of a peer, ours repeated only once.

export function printTable(results) {
  const rows = [['workload', 'ours', 'PyTorch', '', 'ratio', 'bar', '']];
  for (const { title, seconds, peers, bar, against, met } of results) {
    const verdict = met === undefined ? 'not compared' : met ? 'met' : 'MISSED';
    if (peers.length === 0) rows.push([title, formatSeconds(seconds), '-', '', '-', bar, verdict]);
    peers.forEach((peer, i) => {
      const judged = against === undefined ? i === 0 : peer.name === against;
      const first = i === 0 ? [title, formatSeconds(seconds)] : ['', ''];
      rows.push([
        ...first,
        formatSeconds(peer.seconds),
        peer.name,
        `${peer.ratio.toFixed(1)}×`,
        ...(judged ? [bar, verdict] : ['', '']),
      ]);
    });
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log();
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
}

/** Three digits in the unit that suits: `0.241 ms`, `3.20 µs`. */
export function formatSeconds(seconds) {
  const [unit, scale] = seconds < 1e-4 ? ['µs', 1e6] : seconds < 1 ? ['ms', 1e3] : ['s', 1];
  return `${(seconds * scale).toPrecision(3)} ${unit}`;
}
