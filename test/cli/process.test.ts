// The built program as a process: signals, pipes, memory.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Flow, normal, planar, version } from '../../src/index.js';
import { ring, start, temporaryFolder, writeTable } from './terminal.js';

const at = temporaryFolder();
const data = writeTable(at('ring.csv'), ring(500), 'a,b');
const model = at('model');
writeFileSync(model, new Flow({ base: normal(2), transforms: [planar(2), planar(2)], seed: 1 }).save());

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(5);
}

describe('fit', () => {
  const fit = (name: string, steps: number, ...more: string[]): string[] => {
    const files = ['--out', at(`${name}.model`), '--checkpoint', at(`${name}.checkpoint`), '--checkpoint-every', '10'];
    return ['fit', data, '--flow', 'realnvp', '--layers', '2', '--steps', String(steps), ...files, ...more];
  };

  it('stops at Ctrl-C with the best parameters so far, exit code 130', async () => {
    const child = start(fit('stopped', 10_000_000));
    await until(() => existsSync(at('stopped.checkpoint')));
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child.outcome;
    expect([exitCode, stdout]).toEqual([130, '']);
    expect(stderr).toMatch(
      /fit: interrupted at step \d+ of 10000000; the model has the best parameters so far, validation \S+ nats per row or less\./,
    );
    const flow = Flow.load(readFileSync(at('stopped.model')));
    expect(flow.logProb(ring(10)).every(Number.isFinite)).toBe(true);
  });

  it('that was killed goes on to the bytes of one that was not', async () => {
    expect((await start(fit('whole', 1500)).outcome).exitCode).toBe(0);
    const child = start(fit('killed', 1500, '--resume'));
    await until(() => existsSync(at('killed.checkpoint')));
    await delay(300 * Math.random());
    child.kill('SIGKILL');
    expect((await child.outcome).exitCode).toBe(137);
    expect(existsSync(at('killed.model'))).toBe(false);
    const { exitCode } = await start(fit('killed', 1500, '--resume', '--threads', '1')).outcome;
    expect(exitCode).toBe(0);
    expect(readFileSync(at('killed.model')).equals(readFileSync(at('whole.model')))).toBe(true);
  });
});

describe('pipes', () => {
  it('carry a model, with what is said of it on the other stream', async () => {
    const fit = ['fit', data, '--flow', 'planar', '--steps', '5', '--out'];
    const child = start([...fit, '-']);
    const parts: Buffer[] = [];
    child.stdout!.on('data', (part: Buffer) => parts.push(part));
    const { exitCode, stderr } = await child.outcome;
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^planar on 500 rows: .*\nModel written\.\n$/)]);
    await start([...fit, at('filed')]).outcome;
    expect(Buffer.concat(parts).equals(readFileSync(at('filed')))).toBe(true);
  });

  it('end quietly where the reader has seen enough', async () => {
    const child = start(['sample', '--model', model, '-n', '200000']);
    child.stdout!.once('data', () => child.stdout!.destroy());
    const { exitCode, stderr } = await child.outcome;
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  it('do not keep a command waiting that has failed', async () => {
    const child = start(['score', '--model', model]); // its standard input stays open
    child.stdin!.write('a,b\n1,2\n3,x\n'.repeat(10_000));
    expect((await child.outcome).exitCode).toBe(3);
  });

  it('carry the version', async () => {
    expect(await start(['--version']).outcome).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});

/** Of the whole process, in MB: 400 000 rows as arrays of strings are more than 120; collected or not, garbage is some 20. */
const GROWTH_LIMIT = 60;

it('score takes the memory of some rows, not of all', async () => {
  const tellMemory = "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS / 1024)))";
  const peak = async (rows: number): Promise<number> => {
    const child = start(
      ['score', '--model', model],
      ['--max-semi-space-size=1', '--import', `data:text/javascript,${tellMemory}`],
    );
    const block = ring(1000).map((row) => `${row.join(',')}\n`).join(''); // prettier-ignore
    for (let k = 0; k < rows / 1000; k++)
      if (!child.stdin!.write(block)) await new Promise((go) => child.stdin!.once('drain', go));
    child.stdin!.end();
    const { stdout, stderr } = await child.outcome;
    expect(stdout.match(/\n/g)).toHaveLength(rows);
    return Number(stderr);
  };
  const [few, many] = [await peak(100_000), await peak(500_000)];
  expect(many - few).toBeLessThan(GROWTH_LIMIT);
});
