// fit → score → sample → check → info, in this process.

import { chmodSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { affine, chain, coupling, Flow, invert, maps, normal, permutation, planar, reversal, supports } from '../../src/index.js';
import { ring, run, temporaryFolder, writeTable } from './terminal.js';

const at = temporaryFolder();
const DATA = ring(400);
const rowsOf = (csv: string): string[][] => csv.trimEnd().split('\n').map((line) => line.split(',')); // prettier-ignore

const FIT = ['--flow', 'nsf', '--hidden', '16', '--layers', '2', '--seed', '1', '--steps', '120', '--learning-rate', '0.01'];

beforeAll(async () => {
  writeTable(at('ring.csv'), DATA, 'first,the second');
  const { exitCode, stderr } = await run(['fit', at('ring.csv'), ...FIT, '--out', at('ring.safetensors')]);
  expect([exitCode, stderr]).toEqual([0, '']);
});

describe('fit', () => {
  it('says what it found and leaves the model, a flow like any other, and no other file', async () => {
    const { stdout } = await run(['fit', at('ring.csv'), ...FIT, '--out', at('again.safetensors')]);
    expect(stdout).toMatch(
      /^nsf on 400 rows: train -?\d+\.\d{4}, validation -?\d+\.\d{4} nats per row, best at step \d+ of 120\./,
    );
    const bytes = readFileSync(at('again.safetensors'));
    expect(Flow.load(bytes).dim).toBe(2);
    expect(bytes.equals(readFileSync(at('ring.safetensors')))).toBe(true);
    expect(readdirSync(dirname(at('x'))).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  // Windows knows no permissions but to write.
  it.skipIf(process.platform === 'win32')('keeps the permissions of the file that it replaces', async () => {
    const out = at('permissions');
    for (const mode of [0o600, 0o664]) {
      writeFileSync(out, '');
      chmodSync(out, mode);
      await run(['fit', at('ring.csv'), '--flow', 'planar', '--steps', '1', '--out', out]);
      expect(Flow.load(readFileSync(out)).dim).toBe(2);
      expect(statSync(out).mode & 0o777).toBe(mode);
    }
  });

  it('learns: the ring is likelier than under a normal distribution', async () => {
    const record = (await run(['info', '--model', at('ring.safetensors')])).stdout;
    const [, validation] = /validationNll +(\S+)/.exec(record)!;
    const steps = ['--flow', 'planar', '--layers', '1', '--steps', '1', '--learning-rate', '1e-9'];
    await run(['fit', at('ring.csv'), ...steps, '--seed', '1', '--out', at('normal.safetensors')]);
    const [, normalNll] = /validationNll +(\S+)/.exec((await run(['info', '--model', at('normal.safetensors')])).stdout)!;
    expect(Number(validation)).toBeLessThan(Number(normalNll) - 0.3);
  });

  it.each(['planar', 'radial', 'sylvester', 'nice', 'realnvp', 'maf', 'iaf', 'nsf', 'nsf-ar'])(
    '%s, of 1 and 3 columns',
    async (name) => {
      for (const width of [1, 3]) {
        const rows = ring(60).map(([a, b]) => [a, b, a * b].slice(0, width));
        const data = writeTable(at(`${name}-${width}.csv`), rows);
        const out = at(`${name}-${width}.safetensors`);
        const fit = await run(['fit', data, '--flow', name, '--layers', '2', '--steps', '5', '--validation', '0', '--out', out]);
        expect([fit.exitCode, fit.stderr]).toEqual([0, '']);
        expect((await run(['check', data, '--model', out])).stdout).toMatch(/^rows +60\n[^]*passed/);
      }
    },
  );

  it('takes columns by name and number, and weights', async () => {
    const rows = DATA.map(([a, b], i) => [`row ${i}`, a, i % 2, b]);
    writeTable(at('wide.csv'), rows, 'id,first,weight,the second');
    const fit = ['--out', at('wide.safetensors'), ...FIT, '--columns', '2,the second', '--weights', 'weight', '--quiet'];
    expect(await run(['fit', at('wide.csv'), ...fit])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const { stdout } = await run(['info', '--model', at('wide.safetensors')]);
    expect(stdout).toMatch(/columns +'first', 'the second'\n/);
    // By name in any order; columns that the model does not take may hold anything.
    const scored = rowsOf((await run(['score', at('wide.csv'), '--model', at('wide.safetensors')])).stdout);
    const alone = rowsOf((await run(['score', at('ring.csv'), '--model', at('wide.safetensors')])).stdout);
    expect(scored.map((row) => row.at(-1))).toEqual(alone.map((row) => row.at(-1)));
    expect(scored[1].slice(0, 3)).toEqual(['row 0', String(DATA[0][0]), '0']);
  });

  it('takes names with commas and quotes as CSV has them', async () => {
    const data = writeTable(at('quoted.csv'), DATA, '"lat, ms","5"" pipe"');
    const fit = ['fit', data, '--flow', 'planar', '--steps', '1', '--out', at('quoted'), '--quiet'];
    for (const columns of ['"lat, ms","5"" pipe"', '"lat, ms", 5" pipe', '1,2']) {
      expect(await run([...fit, '--columns', columns])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
      expect((await run(['info', at('quoted')])).stdout).toMatch(/columns +'lat, ms', '5" pipe'\n/);
    }
  });

  it('conditions on columns', async () => {
    const rows = Array.from({ length: 400 }, (_, i) => [
      Math.sign(Math.sin(i)),
      5 * Math.sign(Math.sin(i)) + Math.cos(7 * i * i),
    ]);
    const given = writeTable(at('given.csv'), rows, 'group,value');
    const fit = ['fit', given, '--context', 'group', '--out', at('conditional.safetensors'), '--steps', '300'];
    for (const more of [['--flow', 'planar', '--layers', '2'], FIT.slice(0, 6)]) {
      const { exitCode, stderr } = await run([...fit, ...more, '--learning-rate', '0.02', '--hidden', '8']);
      expect([exitCode, stderr]).toEqual([0, '']);
      const sample = ['sample', '-m', at('conditional.safetensors'), '-n', '200', '--context'];
      for (const group of [-1, 1]) {
        const values = rowsOf((await run([...sample, String(group)])).stdout).slice(1).map(Number); // prettier-ignore
        expect(values.filter((value) => Math.abs(value - 5 * group) < 2.5).length).toBeGreaterThan(180);
      }
      const scored = await run(['score', given, '-m', at('conditional.safetensors')]);
      expect(rowsOf(scored.stdout)[0]).toEqual(['group', 'value', 'log_density']);
      expect((await run(['info', '-m', at('conditional.safetensors')])).stdout).toMatch(/of context +'group'\n/);
    }
  });

  it('warns of columns to model that have no density', async () => {
    const rows = DATA.map(([a], i) => [a, i % 2, i % 20, i % 21, i % 3]);
    const data = writeTable(at('discrete.csv'), rows, 'a,flag,grade,day,group');
    const fit = ['--flow', 'planar', '--steps', '20', '--context', 'group', '--out', at('discrete')];
    const { exitCode, stderr } = await run(['fit', data, ...fit]);
    expect(exitCode).toBe(0);
    const more = 'Name the others with --columns, and this one, if it matters, with --context.';
    expect(stderr).toBe(
      [
        `${data}: column 'flag' has only 2 values in 400 rows, and so no density. ${more}\n`,
        `${data}: column 'grade' has only 20 values in 400 rows, and so no density. ${more}\n`,
      ].join(''),
    );
    const few = writeTable(at('few.csv'), rows.slice(0, 19));
    expect(
      (await run(['fit', few, '--flow', 'planar', '--steps', '20', '--columns', '1,2', '--out', at('discrete')])).stderr,
    ).toBe('');
  });

  it('says where it learned nothing, or had no rows for validation', async () => {
    const fit = ['fit', at('ring.csv'), ...FIT.slice(0, -1)];
    const { exitCode, stdout, stderr } = await run([...fit, '5', '--out', at('wild')]);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('best at step 0 of 120')]);
    expect(stderr).toBe(
      'fit: no step made the validation rows likelier; the model has its initial parameters. A smaller --learning-rate, more --steps or more rows may help.\n',
    );
    const two = await run(['fit', ...FIT, '--out', at('two')], { stdin: '1,2\n3,5\n' });
    expect([two.exitCode, two.stderr]).toEqual([0, '']);
    expect(two.stdout).toMatch(/^nsf on 2 rows, too few for validation: train \S+ nats per row, at step 120\./);
  });

  it('shows progress on a terminal only, after two seconds', async () => {
    const long = [
      'fit',
      at('ring.csv'),
      '--flow',
      'nsf',
      '--layers',
      '4',
      '--steps',
      '100000',
      '--patience',
      '100000',
      '--out',
      at('long.safetensors'),
    ];
    const { exitCode, stderr } = await run(long, { isTerminal: true, interrupted: AbortSignal.timeout(3000) });
    expect(exitCode).toBe(130);
    expect(stderr).toMatch(/\repoch \d+ · \d+ \S.* left · train \S+ · validation \S+ \(best \S+\)/);
    expect(stderr).toMatch(/\r\u001b\[Kfit: interrupted at step \d+ of 100000; the model has the best parameters so far/);
    expect(Flow.load(readFileSync(at('long.safetensors'))).dim).toBe(2);
  });

  it('writes nothing where it is interrupted before the first step', async () => {
    const { exitCode, stderr } = await run(['fit', at('ring.csv'), '--out', at('none')], { interrupted: AbortSignal.abort() });
    expect([exitCode, stderr]).toEqual([
      130,
      expect.stringMatching(/ring\.csv: interrupted before all data were read; nothing was written\.\n$/),
    ]);
    expect(() => readFileSync(at('none'))).toThrow('ENOENT');
  });

  it('goes on from where it was interrupted, to the same bytes', async () => {
    const fit = ['fit', at('ring.csv'), ...FIT.slice(0, -4), '--steps', '5000', '--patience', '5000'];
    expect((await run([...fit, '--out', at('through')])).exitCode).toBe(0);
    const again = [...fit, '--out', at('stages'), '--checkpoint', at('checkpoint'), '--checkpoint-every', '5000', '--resume'];
    let runs = 1;
    // Longer each time, so that a slow machine comes to the end, too.
    for (let time = 100; (await run(again, { interrupted: AbortSignal.timeout(time) })).exitCode === 130; time *= 2) runs++;
    expect(runs).toBeGreaterThan(1);
    expect(readFileSync(at('stages')).equals(readFileSync(at('through')))).toBe(true);
  });

  it.each([
    ['before', ''],
    ['in the middle of', 'a,b\n1,2\n3,4\n'],
  ])('does not wait, where it is interrupted, %s data that do not end', async (_, text) => {
    const stdin = new PassThrough();
    stdin.write(text);
    const { exitCode, stderr } = await run(['fit', '--out', at('none')], { stdin, interrupted: AbortSignal.timeout(50) });
    const message = 'standard input: interrupted before all data were read; nothing was written.\n';
    expect([exitCode, stderr, stdin.destroyed]).toEqual([130, message, true]);
  });
});

describe('score', () => {
  it('appends the log density of each row, as the library has it', async () => {
    const { stdout } = await run(['score', at('ring.csv'), '--model', at('ring.safetensors')]);
    const [header, ...rows] = rowsOf(stdout);
    expect(header).toEqual(['first', 'the second', 'log_density']);
    const expected = Flow.load(readFileSync(at('ring.safetensors'))).logProb(DATA);
    expect(rows.map((row) => row.map(Number))).toEqual(DATA.map(([a, b], i) => [a, b, expected[i]]));
  });

  it('reads standard input, cut anywhere, and keeps lines as they are', async () => {
    const text = '\ufefffirst;the second\r\n 101 ;"0.5"\r\n\r\n1.0e2;.25\r\n';
    const { stdout } = await run(['score', '--model', at('ring.safetensors')], { stdin: [...text] });
    const flow = Flow.load(readFileSync(at('ring.safetensors')));
    const [a, b] = flow.logProb([[101, 0.5], [100, 0.25]]); // prettier-ignore
    expect(stdout).toBe(`first;the second;log_density\n 101 ;"0.5";${a}\n1.0e2;.25;${b}\n`);
  });

  it('reads UTF-16 with a byte order mark, cut anywhere, and writes UTF-8', async () => {
    const text = 'größe;🌊\n101;0.5\n';
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    const options = ['--columns', 'größe,🌊', '--model', at('ring.safetensors')];
    const { stdout } = await run(['score', ...options], { stdin: text });
    expect(stdout).toMatch(/^größe;🌊;log_density\n101;0.5;-\d/);
    for (const bytes of [Buffer.from(text), little, Buffer.from(little).swap16()])
      for (const stdin of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte))])
        expect(await run(['score', ...options], { stdin })).toEqual({ exitCode: 0, stdout, stderr: '' });
  });

  it('reads and writes decimal commas, as fit and check read them', async () => {
    const rows = DATA.map((row) => row.map((value) => String(value).replace('.', ',')));
    const data = writeTable(at('commas.csv'), rows, 'first;the second', ';');
    const fitted = await run(['fit', data, '--decimal', ',', ...FIT, '--out', at('commas')]);
    expect([fitted.exitCode, fitted.stderr]).toEqual([0, '']);
    expect(readFileSync(at('commas')).equals(readFileSync(at('ring.safetensors')))).toBe(true);
    const model = ['--decimal', ',', '--model', at('commas')];
    expect((await run(['check', data, ...model])).stdout).toMatch(/^rows +400\n/);
    const expected = rowsOf((await run(['score', at('ring.csv'), '--model', at('commas')])).stdout);
    const { stdout } = await run(['score', data, ...model]);
    expect(stdout.replaceAll(',', '.').replaceAll(';', ',')).toBe(`${expected.map((row) => row.join(',')).join('\n')}\n`);
    const quoted = await run(['score', ...model, '--delimiter', ','], { stdin: '"101,0","0,5"\n' });
    expect(quoted.stdout).toMatch(/^"101,0","0,5","-\d+,\d+"\n$/);
    const thousands = await run(['score', ...model], { stdin: '1.101,0;0,5\n101,0;1.000\n' });
    expect([thousands.exitCode, thousands.stdout]).toEqual([3, '']);
  });

  it('takes a table without a header by the places of its columns', async () => {
    const { stdout } = await run(['score', '-', '--model', at('ring.safetensors')], { stdin: '101\t0.5\n' });
    expect(stdout.split('\t').slice(0, 2)).toEqual(['101', '0.5']);
    const wrong = await run(['score', '-', '--model', at('ring.safetensors')], { stdin: '101,0.5,7\n' });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      3,
      'standard input: data must hold 2 columns, as what the model was fitted to, or the 2 that it takes; got 3 columns. --columns and --context choose.\n',
    ]);
    const chosen = await run(['score', '-', '--columns', '3,1', '--model', at('ring.safetensors')], { stdin: '.5,x,101\n' });
    expect(chosen.stdout).toBe('.5,x,101,log_density\n'); // 'x' makes the row a header, so there is no other
    const forced = ['score', '-', '--no-header', '--columns', '3,1', '--model', at('ring.safetensors')];
    expect((await run(forced, { stdin: '.5,x,101\n' })).stdout).toBe(`.5,x,101,${stdout.trimEnd().split('\t')[2]}\n`);
  });

  it('tells columns of one name apart by their places, or asks for them', async () => {
    const rows = DATA.map(([a, b], i) => [a, b, Math.sin(5 * i)]);
    const fit = async (header: string): Promise<string[]> => {
      const out = at(`${header}.safetensors`);
      await run(['fit', writeTable(at(`${header}.csv`), rows, header), '--flow', 'maf', '--steps', '20', '--out', out]);
      return ['--model', out];
    };
    const alone = async (model: string[]) => [...Flow.load(readFileSync(model[1])).logProb(rows)];
    const [twins, apart] = [await fit('x,x,y'), await fit('a,b,c')];
    const scored = rowsOf((await run(['score', at('x,x,y.csv'), ...twins])).stdout).slice(1);
    expect(scored.map((row) => Number(row[3]))).toEqual(await alone(twins));
    for (const [model, stdin] of [
      [twins, 'x,y\n1,2\n'],
      [twins, 'x,y,x\n1,2,3\n'],
      [apart, 'a,b,c,a\n1,2,3,4\n'],
      [apart, 'a,a,b\n1,2,3\n'],
    ] as const) {
      const { exitCode, stdout, stderr } = await run(['score', ...model], { stdin });
      expect([exitCode, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(
        /: data must hold the model's columns .*, each of them once or all where they were; got .*\. --columns and --context choose\.\n$/,
      );
    }
  });

  it('conditions on the columns that the model was made for', async () => {
    const flow = new Flow({ base: normal(2), transforms: [coupling(2, { context: 1, hidden: [8] })], seed: 3 });
    flow.setParameters(flow.getParameters().map((value, k) => value + 0.1 * Math.cos(k)));
    writeFileSync(at('given.safetensors'), flow.save());
    const stdin = '1,2,0.5\n1,2,-0.5\n';
    const [a, b] = flow.logProb([[1, 2], [1, 2]], { context: [[0.5], [-0.5]] }); // prettier-ignore
    const model = ['--model', at('given.safetensors')];
    expect(a).not.toBe(b);
    expect((await run(['score', ...model], { stdin })).stdout).toBe(`1,2,0.5,${a}\n1,2,-0.5,${b}\n`);
    const [, c] = flow.logProb([[2, 1], [0.5, 2]], { context: [[0], [1]] }); // prettier-ignore
    const chosen = ['score', ...model, '--columns', '3,2', '--context', '1'];
    expect((await run(chosen, { stdin: '1,2,0.5\n' })).stdout).toBe(`1,2,0.5,${c}\n`);
    const samples = await run(['sample', ...model, '-n', '2', '--seed', '5', '--context', '-0.5']);
    expect(rowsOf(samples.stdout).flat().map(Number)).toEqual([...flow.sample(2, { seed: 5, context: [[-0.5]] })]);
    expect((await run(['check', ...model, '-n', '20', '--context', '-0.5'])).exitCode).toBe(0);
    expect((await run(['check', '-', ...model], { stdin })).stdout).toMatch(/^rows +2\n/);
    const without = await run(['sample', ...model]);
    expect([without.exitCode, without.stderr]).toEqual([
      2,
      'sample: --context must hold 1 finite numbers, as the model takes; got none.\n',
    ]);
  });
});

describe('sample', () => {
  it('draws the rows of the seed, under the names of the columns', async () => {
    const { stdout } = await run(['sample', '-m', at('ring.safetensors'), '-n', '50', '--seed', '7']);
    const [header, ...rows] = rowsOf(stdout);
    expect(header).toEqual(['first', 'the second']);
    expect(rows.flat().map(Number)).toEqual([...Flow.load(readFileSync(at('ring.safetensors'))).sample(50, { seed: 7 })]);
    const fewer = await run(['sample', '-m', at('ring.safetensors'), '-n', '3', '-s', '7', '--delimiter', 'tab']);
    expect(fewer.stdout).toBe(stdout.split('\n').slice(0, 4).join('\n').replaceAll(',', '\t') + '\n');
    expect((await run(['sample', '-m', at('ring.safetensors'), '-n', '0'])).stdout).toBe('first,the second\n');
  });
});

describe('check', () => {
  it('passes a sound model, and fails it where the bound is below rounding', async () => {
    const good = await run(['check', '-m', at('ring.safetensors'), '-n', '100']);
    expect([good.exitCode, good.stderr]).toEqual([0, '']);
    const bad = await run(['check', at('ring.csv'), '-m', at('ring.safetensors'), '--bound', '1e-30']);
    expect(bad.exitCode).toBe(1);
    expect(bad.stdout).toMatch(
      /^rows +400\nworst round trip +\S+\nworst log-determinant +\S+ nats\nFAILED: one is not within 1e-30\n$/,
    );
  });

  it('leaves out rows outside the support, and counts them', async () => {
    writeFileSync(at('ordered'), new Flow({ base: normal(2), transforms: [supports.ordered(2)] }).save());
    const check = (stdin: string) => run(['check', '-', '-m', at('ordered')], { stdin });
    const some = await check('1,2\n3,2\n2,3\n');
    expect([some.exitCode, some.stderr]).toEqual([0, '']);
    expect(some.stdout).toMatch(/^rows +2\nrows outside support +1\nworst round trip +\S+\n[^]*passed/);
    const none = await check('3,2\n');
    expect([none.exitCode, none.stdout]).toEqual([3, '']);
    expect(none.stderr).toBe('check: data must hold a row in the support of the flow; got none.\n');
  });
});

describe('info', () => {
  it('takes the model as its argument, or as an option, not both', async () => {
    writeFileSync(at('either.safetensors'), new Flow({ base: normal(2), transforms: [planar(2)] }).save());
    const [path, option] = [[at('either.safetensors')], ['--model', at('either.safetensors')]];
    const [one, other] = [await run(['info', ...path]), await run(['info', ...option])];
    expect(one.stdout).toMatch(/^dim +2\n/);
    expect(other.stdout).toBe(one.stdout);
    const { exitCode, stderr } = await run(['info', ...path, ...option]);
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringMatching(/^info: --model must be left out where the model is an argument; got/),
    ]);
  });

  it('and all who take a model take it from standard input, too', async () => {
    const bytes = readFileSync(at('ring.safetensors'));
    const pieces = [bytes.subarray(0, 1000), bytes.subarray(1000)];
    for (const [command, ...data] of [['info'], ['sample', '-n', '5'], ['check', '-n', '5'], ['score', at('ring.csv')]]) {
      const expected = await run([command, ...data, '--model', at('ring.safetensors')]);
      expect(expected.exitCode).toBe(0);
      expect(await run([command, ...data, '--model', '-'], { stdin: pieces })).toEqual(expected);
    }
    expect((await run(['info', '-'], { stdin: pieces })).exitCode).toBe(0);
    const none = await run(['info', '-'], { stdin: 'a,b\n' });
    expect([none.exitCode, none.stderr]).toEqual([4, expect.stringMatching(/^standard input: the model must be a file that/)]);
  });

  it('shows a flow that a program saved, too', async () => {
    writeFileSync(at('plain.safetensors'), new Flow({ base: normal(2), transforms: [planar(2), affine(2)] }).save());
    const { stdout } = await run(['info', '--model', at('plain.safetensors')]);
    expect(stdout).toMatch(/^dim +2\nparameters +9\nfile +\d+ bytes\nbase +normal.*\nlayer 1 +planar.*\nlayer 2 +affine.*\n$/);
  });

  it('says layers in words: nested ones, masks, lists, and only what is on', async () => {
    const spline = coupling(3, { map: maps.spline({ bins: 4, bound: 2 }), mask: [true, false, true], hidden: [8, 9] });
    const transforms = [invert(spline), permutation([2, 0, 1]), chain([reversal(3), affine(3)])];
    writeFileSync(at('nested.safetensors'), new Flow({ base: normal(3), transforms }).save());
    const { stdout } = await run(['info', at('nested.safetensors')]);
    const [first, second, third] = stdout.split('\n').filter((line) => line.startsWith('layer'));
    expect(first).toMatch(
      / invert\(coupling\(dim 3, spline\(bins 4, bound 2, boundary linear, .*\), mask 101, hidden 8 9, activation relu\)\)$/,
    );
    expect(second).toMatch(/ permutation\(order 2 0 1\)$/);
    expect(third).toMatch(/ chain\(transforms .*affine\(dim 3\)\)$/);
  });
});
