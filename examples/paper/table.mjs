/** Rows of strings as aligned columns: the first `words` of them to the left, numbers to the right. */
export function table(rows, words = 1) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const align = (cell, column) => (column < words ? cell.padEnd(widths[column]) : cell.padStart(widths[column]));
  const lines = rows.map((row) => row.map(align).join('   ').trimEnd());
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('   '));
  return lines.join('\n');
}

/** A number with a fixed count of decimals and a real minus sign. */
export function fixed(value, decimals) {
  return value.toFixed(decimals).replace('-', '−');
}
