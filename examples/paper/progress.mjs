// What is going on: a line that rewrites itself on a terminal, a line for each finished fit elsewhere.

const BAR = 24;

export function progressLine(stream = process.stderr) {
  const clear = '\r\x1b[2K';
  return {
    update(label, { step, steps, freeEnergy }) {
      if (!stream.isTTY) return;
      const filled = Math.round((BAR * step) / steps);
      const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
      const line = `${label.padEnd(18)} ${bar} ${String(step).padStart(6)} / ${steps}   free energy ${freeEnergy.toFixed(3).padStart(7)}`;
      stream.write(clear + line.slice(0, stream.columns - 1));
    },
    finish(label, note) {
      if (!stream.isTTY) stream.write(`${label.padEnd(18)} ${note}\n`);
    },
    clear() {
      if (stream.isTTY) stream.write(clear);
    },
  };
}
