// The example runs as a newcomer runs it, only shorter: a process of its own, on the built package.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const LOG_Z = { U1: 1.8775, U2: 2.20017, U3: 2.75978, U4: 2.82878 };

let out: string;
beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'paper-'));
});
afterAll(() => rmSync(out, { recursive: true }));

describe('examples/paper/main.mjs', () => {
  it('prints a row for each flow and energy, with ln Z to five decimals, and draws a picture of each energy', async () => {
    const { code, stdout } = await run('main.mjs', ['--steps', '20', '--out', out]);
    expect(code).toBe(0);
    for (const [energy, logZ] of Object.entries(LOG_Z)) {
      const rows = stdout.split('\n').filter((line) => line.startsWith(`${energy} `));
      expect(rows.map((row) => row.split(/\s+/).slice(1, 3).join(' '))).toEqual([
        'planar 2',
        'planar 8',
        'planar 32',
        'radial 8',
      ]);
      for (const row of rows) expect(row).toContain(` ${logZ.toFixed(5)} `);
      const svg = readFileSync(join(out, `${energy.toLowerCase()}.svg`), 'utf8');
      expect(pngPixels(svg)).toEqual(Array(5).fill(240 * 240));
    }
  });

  it('prints what is done and exits with 130 on Ctrl-C', async () => {
    const { code, stdout } = await run('main.mjs', ['--steps', '5000000', '--out', out], (child) => {
      child.stdout!.once('data', () => child.kill('SIGINT'));
    });
    expect(code).toBe(130);
    expect(stdout).toContain('Interrupted after');
  });
});

describe('examples/paper/seeds.mjs', () => {
  it('prints the KL of each seed, their median, and the audit', async () => {
    const { code, stdout } = await run('seeds.mjs', ['--steps', '20', '--seeds', '2', '--layers', '2']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/energy +K +median +goal +seed 0 +seed 1\n/);
    expect(stdout).toMatch(/Steps skipped: 0\.\n.*round trip \d\.\de-\d+, logDet \d\.\de-\d+\./);
  });
});

function run(
  script: string,
  args: string[],
  during?: (child: ChildProcess) => void,
): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join('examples', 'paper', script), ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout }));
    during?.(child);
  });
}

/** How many pixels the image data of each PNG in the SVG holds. */
function pngPixels(svg: string): number[] {
  return [...svg.matchAll(/href="data:image\/png;base64,([^"]+)"/g)].map(([, base64]) => {
    const png = Buffer.from(base64, 'base64');
    const type = png.indexOf('IDAT');
    const scanlines = inflateSync(png.subarray(type + 4, type + 4 + png.readUInt32BE(type - 4)));
    return scanlines.length - png.readUInt32BE(20); // one filter byte for each of the rows
  });
}
