// Every way to go wrong has a message that says where, and an exit code; help names every option.

import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/main.js';
import { Flow, normal, planar, version } from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { ring, run, temporaryFolder, writeTable } from './terminal.js';

const at = temporaryFolder();
const MODEL = ['--model', at('model')];
const saved = new Flow({ base: normal(2), transforms: [planar(2)] }).save();
beforeAll(() => writeFileSync(at('model'), saved));

describe('the command line, exit code 2', () => {
  it.each([
    ['fit --ouT x', "fit: option must be among --out, [^]*; got '--ouT'. Did you mean '--out'\\?"],
    ['fit data.csv', 'fit: --out must be given; got none.'],
    ['fit --out', 'fit: --out must have a value, file; got none.'],
    ['fit --out --seed 1', "fit: --out must have a value, file; got '--seed'."],
    ['fit --quiet=1 --out x', "fit: --quiet must have no value; got '1'."],
    ['fit a b --out x', "fit: arguments besides options must be at most 1; got 'a b'."],
    ['fit --out x --flow nfs', "fit: --flow must be among planar, [^]*; got 'nfs'. Did you mean 'nsf'\\?"],
    ['fit --out x --steps 1e3', "fit: --steps must be an integer of at least 1, and at most 2147483647; got '1e3'."],
    ['fit --out x --steps 5 --epochs 2', "fit: --epochs must be left out where --steps is given; got '2'."],
    ['fit --out x --seed -1', "fit: --seed must be an integer below 2\\^64; got '-1'."],
    ['fit --out x --validation 1', "fit: --validation must be a number in \\[0, 1\\); got '1'."],
    ['fit --out x --hidden 8,0', "fit: --hidden must hold positive integers, separated by commas; got '8,0'."],
    ['fit --out x --flow maf --bins 8', "fit: --bins must be left out for maf, which has none; got '8'."],
    ['fit --out x --resume', 'fit: --checkpoint must be given with --resume; got none.'],
    ['fit --out x --header --no-header', "fit: --no-header must be left out where --header is given; got '--no-header'."],
    ['fit --out x --delimiter ::', "fit: --delimiter must be one character, or 'tab'; got '::'."],
    ['fit --out x --decimal ;', "fit: --decimal must be a point or a comma; got ';'."],
    ['fit --out x --columns c', "fit: --columns must hold columns among 'a', 'b', or 1 … 2; got 'c'."],
    ['fit --out x --columns=', "fit: --columns must hold columns among 'a', 'b', or 1 … 2; got ''."],
    ['fit --out x --columns "a', "fit: --columns must be a row of CSV, with quotes in pairs; got '\"a'."],
    ['fit --out x --columns a,1', "fit: --columns must name each column once; got 'a,1'."],
    ['fit --out x --columns a --weights a', "fit: --columns, --context and --weights must name different columns; got 'a'."],
    ['fit --out x --learning-rate 0', "fit: --learning-rate must be a number in \\(0, 1000\\); got '0'."],
    ['fit --out x --learning-rate 1000', "fit: --learning-rate must be a number in \\(0, 1000\\); got '1000'."],
    ['fit --out x --learning-rate=', "fit: --learning-rate must be a number in \\(0, 1000\\); got ''."],
    ['fit --out x --threads 100000', 'fit: --threads must be possible; got: setThreads: count must be at most 256; got 100000.'],
    ['fit --out x --batch-size 1e11', "fit: --batch-size must be an integer of at least 1, and at most 16777216; got '1e11'."],
    [
      'fit --out x --batch-size 99999999999',
      "fit: --batch-size must be an integer of at least 1, and at most 16777216; got '99999999999'.",
    ],
    [
      'fit --out x --steps 2147483648',
      "fit: --steps must be an integer of at least 1, and at most 2147483647; got '2147483648'.",
    ],
    ['sample -n 1000000000000 --model MODEL', 'sample: --rows must be possible; got: Flow.sample: n must be at most 2147483647'],
    ['check -n 1000000000000 --model MODEL', 'check: --rows must be possible; got: Flow.sample: n must be at most 2147483647'],
    ...[...'eEInfityNa-5'].map((c) => [
      `sample --delimiter=${c} --model MODEL`,
      `sample: --delimiter must be one character that no number has, or 'tab'; got '${c}'.`,
    ]),
    ['sample -n 2.5 --model x', "sample: --rows must be an integer of at least 0; got '2.5'."],
    ['sample --rows -3 --model x', "sample: --rows must be an integer of at least 0; got '-3'."],
    ['sample -n -5 --model x', "sample: --rows must be an integer of at least 0; got '-5'."],
    ['sample model', "sample: arguments besides options must be at most 0, as --model names the model; got 'model'."],
    ['check model', "check: --model must be given, as 'model' is read as data; got none."],
    ['score', 'score: --model must be given; got none.'],
    ['scor', "normalizing-flows: command must be among fit, score, sample, check, info; got 'scor'. Did you mean 'score'\\?"],
    ['--verison', "normalizing-flows: option must be among --help, --version; got '--verison'. Did you mean '--version'\\?"],
    ['check --rows 5 data.csv --model MODEL', "check: --rows must be left out where data are given; got '5'."],
    ['sample --model MODEL --context 1', "sample: --context must be left out, as the model takes none; got '1'."],
    ['score --model -', "score: data must be a file where the model comes from standard input; got '-'."],
    ['check - --model -', "check: data must be a file where the model comes from standard input; got '-'."],
    ['', 'Normalizing flows on CSV files'],
  ])('%s', async (line, message) => {
    const args = line.split(' ').filter((arg) => arg !== '').map((arg) => (arg === 'MODEL' ? at('model') : arg)); // prettier-ignore
    const { exitCode, stdout, stderr } = await run(args, { stdin: 'a,b\n1,2\n2,3\n' });
    expect(stderr).toMatch(new RegExp(`^${message}`));
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('one file for two, exit code 2', () => {
  const data = writeTable(at('data.csv'), ring(50));
  const otherwise = (name: string): string => `${at('')}/../${basename(dirname(at('x')))}/${name}`;
  it.each([
    [['--out', data], `fit: --out must be another file than the data; got '`],
    [['--out', otherwise('data.csv')], `fit: --out must be another file than the data; got '`],
    [['--out', at('new'), '--checkpoint', data, '--resume'], `fit: --checkpoint must be another file than the data; got '`],
    [['--out', at('new'), '--checkpoint', otherwise('new')], `fit: --checkpoint must be another file than --out; got '`],
  ])('%j', async (more, message) => {
    const before = readFileSync(data);
    const { exitCode, stdout, stderr } = await run(['fit', data, '--flow', 'planar', '--steps', '1', ...more]);
    expect(stderr.slice(0, message.length)).toBe(message);
    expect([exitCode, stdout, existsSync(at('new'))]).toEqual([2, '', false]);
    expect(readFileSync(data).equals(before)).toBe(true);
  });

  // Windows lets few users make links.
  it.skipIf(process.platform === 'win32')('is found through links', async () => {
    symlinkSync(data, at('link'));
    const { exitCode, stderr } = await run(['fit', data, '--out', at('link')]);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('fit: --out must be another file than the data; got ')]);
    const fit = ['fit', data, '--flow', 'planar', '--steps', '1', '--out', '/dev/null', '--checkpoint', '/dev/null'];
    expect((await run(fit)).exitCode).toBe(0); // nothing to lose there
  });
});

describe('the data, exit code 3', () => {
  it.each([
    ['', 'standard input: data must hold at least one row; got none.'],
    ['a,b\n1,2\n\n3,4,5\n', 'standard input, line 4: the row must hold 2 fields, as the first one; got 3.'],
    ['a,b\n1,2\n3\n', 'standard input, line 3: the row must hold 2 fields, as the first one; got 1.'],
    ['a,b\n1,2\n3,x\n', "standard input, line 3, column 2 ('b'): must be a finite number; got 'x'."],
    ['1,2\n3,0x10\n', "standard input, line 2, column 2: must be a finite number; got '0x10'."],
    ['1,2\nNaN,2\n', "standard input, line 2, column 1: must be a finite number; got 'NaN'."],
    ['1,NaN\n1,2\n', "standard input, line 1, column 2: must be a finite number; got 'NaN'."],
    ['1,2\n1e999,2\n', "standard input, line 2, column 1: must be a finite number; got '1e999'."],
    ['1,2\n3, \n', 'standard input, line 2, column 2: must be a finite number; got an empty field.'],
    ['1;2\n3;4,5\n', "standard input, line 2, column 2: must be a finite number; got '4,5'. --decimal , reads decimal commas.\n"],
    ['a,b\n1,\u001b[2J\n', "standard input, line 2, column 2 ('b'): must be a finite number; got '\\u001b[2J'."],
    ['1,2\n"3,4\n', 'standard input: data must be CSV; got: Quote Not Closed'],
    ['a,b\n', 'standard input: data must hold at least 2 rows; got 0.'],
    ['a,b\n1,2\n', 'standard input: data must hold at least 2 rows; got 1.'],
    ['a,b\n1,2\n3,2\n', "standard input: data must vary in column 'b'; got 2 in each of the 2 rows"],
    ['1,2\n1,3\n', 'standard input: data must vary in column 1; got 1 in each of the 2 rows'],
  ])('%j', async (stdin, message) => {
    const { exitCode, stdout, stderr } = await run(['fit', '--out', at('none'), '--flow', 'planar'], { stdin });
    expect(stderr.slice(0, message.length)).toBe(message);
    expect([exitCode, stdout]).toEqual([3, '']);
    expect(() => readFileSync(at('none'))).toThrow('ENOENT');
  });

  it('is a negative weight', async () => {
    const fit = ['fit', '--out', at('none'), '--weights', 'w'];
    const { exitCode, stderr } = await run(fit, { stdin: 'a,w,b\n1,0,2\n\n3,-1,4\n' });
    expect([exitCode, stderr]).toEqual([3, "standard input, line 4, column 2 ('w'): must not be negative; got '-1'.\n"]);
  });

  it.each([
    ['fit', '--out', at('none')],
    ['score', ...MODEL],
  ])('is text that is neither UTF-8 nor UTF-16, for %s', async (...args) => {
    const bytes = Buffer.from('a,b\n1,2\n3,temp\xe9\n', 'latin1');
    for (const stdin of [[bytes], [...bytes].map((byte) => Uint8Array.of(byte)), [bytes.subarray(0, -1)]]) {
      const { exitCode, stderr } = await run(args, { stdin });
      const message = 'standard input, line 3: must be UTF-8; got other bytes. Convert the file, as iconv does.\n';
      expect([exitCode, stderr]).toEqual([3, message]);
    }
    const half = [Buffer.from('\ufeff1,2\n3,4\n', 'utf16le').subarray(0, -1)];
    expect(await run(args, { stdin: half })).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('not valid') });
  });

  it('is a file that is not there', async () => {
    const { exitCode, stderr } = await run(['score', at('absent.csv'), ...MODEL]);
    expect([exitCode, stderr]).toEqual([
      3,
      expect.stringMatching(/absent\.csv: data must be a file that can be read; got: ENOENT/),
    ]);
  });

  it('leaves out invalid rows where it may, and counts them', async () => {
    const stdin = 'a,b\n1,2\nx,2\n1\n1,2,3\n,4\n3,4\n';
    const { exitCode, stdout, stderr } = await run(['score', ...MODEL, '--skip-invalid'], { stdin });
    expect(stdout).toMatch(/^a,b,log_density\n1,2,[^,]*\n3,4,[^,]*\n$/);
    expect([exitCode, stderr]).toEqual([0, 'standard input: 4 invalid rows left out.\n']);
    const kept = await run(['score', ...MODEL, '--keep-invalid'], { stdin });
    expect(kept.stdout).toMatch(/^a,b,log_density\n1,2,-.*\nx,2,\n1,\n1,2,3,\n,4,\n3,4,-.*\n$/);
    expect([kept.exitCode, kept.stderr]).toEqual([0, '']);
    const many = await run(['score', ...MODEL, '--keep-invalid'], { stdin: `${'1,x\n'.repeat(5000)}1,2\n`, }); // prettier-ignore
    expect(many.stdout.split('\n')).toHaveLength(5002);
    const valid = ring(50).map((row) => row.join(',')).join('\n'); // prettier-ignore
    const fit = ['fit', '--skip-invalid', '--flow', 'planar', '--steps', '5', '--out', at('skipping')];
    const fitted = await run(fit, { stdin: `${valid}\n1,,2\nnan,1\n` });
    expect(fitted.stderr).toBe('standard input: 2 invalid rows left out.\n');
    expect(fitted.stdout).toMatch(/^planar on 50 rows: /);
    const none = await run(['check', '-', ...MODEL, '--skip-invalid'], { stdin: '1,x\n'.repeat(2000) });
    expect([none.exitCode, none.stderr]).toEqual([
      3,
      expect.stringMatching(/left out\.\ncheck: data must hold a row in the support/),
    ]);
    const one = await run(['score', ...MODEL, '--skip-invalid'], { stdin: '1,2\n1,x\n' });
    expect(one.stderr).toBe('standard input: 1 invalid row left out.\n');
  });
});

describe('the model, exit code 4', () => {
  const { tensors, metadata } = decodeSafetensors(saved);
  const damaged = (commandLine: string): Uint8Array => encodeSafetensors(tensors, { ...metadata, commandLine });
  it.each([
    [
      'no safetensors file',
      new Uint8Array(20),
      'the model must be a file that fit or flow.save() wrote; this is no safetensors file (header must start',
    ],
    [
      'a table',
      Buffer.from('a,b\n1,2\n3,4\n'),
      'the model must be a file that fit or flow.save() wrote; this is no safetensors file (',
    ],
    [
      'safetensors of another program',
      encodeSafetensors(tensors, {}),
      'the model must be a file that fit or flow.save() wrote; got: bytes must',
    ],
    [
      'metadata that are no JSON',
      damaged('{'),
      'the model must be a file that fit or flow.save() wrote; got: Expected property name',
    ],
    [
      'metadata without columns',
      damaged('{"fit":{}}'),
      "the model must be a file that fit or flow.save() wrote; got: metadata 'commandLine' must hold objects.",
    ],
    [
      'a column too many',
      damaged('{"fit":{},"columns":{"width":3,"x":[0,1,2],"context":[]}}'),
      "the model must be a file that fit or flow.save() wrote; got: metadata 'commandLine' must hold one entry per column of the flow.",
    ],
    [
      'a column that is not there',
      damaged('{"fit":{},"columns":{"width":2,"x":[0,2],"context":[]}}'),
      "the model must be a file that fit or flow.save() wrote; got: metadata 'commandLine' must hold one entry per column of the flow.",
    ],
  ])('%s', async (_, bytes, message) => {
    writeFileSync(at('bad'), bytes);
    const { exitCode, stdout, stderr } = await run(['info', '--model', at('bad')]);
    expect(stderr).toContain(`bad: ${message}`);
    expect([exitCode, stdout]).toEqual([4, '']);
    expect(stderr).not.toMatch(/Flow\.load|decodeSafetensors/);
  });

  it('a checkpoint of another fit', async () => {
    const data = writeTable(at('some.csv'), ring(50));
    const fit = ['fit', data, '--flow', 'planar', '--steps', '10', '--out', at('some'), '--checkpoint', at('checkpoint')];
    expect((await run(fit)).exitCode).toBe(0);
    const { exitCode, stderr } = await run([...fit, '--resume', '--seed', '2']);
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('checkpoint: fitToData: seed must be the checkpoint')]);
    const other = await run([...fit, '--resume', '--flow', 'radial']);
    expect([other.exitCode, other.stderr]).toEqual([4, expect.stringContaining('checkpoint: fitToData: resume must be')]);
    // Not all that goes wrong with a checkpoint is the checkpoint's fault.
    const constant = writeTable(at('constant.csv'), ring(50).map(([a]) => [a, 7]), 'a,b'); // prettier-ignore
    const blamed = await run(['fit', constant, ...fit.slice(2), '--resume']);
    expect([blamed.exitCode, blamed.stderr]).toEqual([3, expect.stringMatching(/constant\.csv: data must vary in column 'b'/)]);
    writeFileSync(at('checkpoint'), saved.slice(0, 100));
    expect((await run([...fit, '--resume'])).exitCode).toBe(4);
  });
});

describe('a file that cannot be written, exit code 1', () => {
  it('is named', async () => {
    const data = writeTable(at('short.csv'), ring(50));
    const fit = ['fit', data, '--flow', 'planar', '--steps', '1', '--out'];
    for (const [more, message] of [
      [[at('no/folder')], /no\/folder: the file must be writable; got: ENOENT/],
      [[at('good'), '--checkpoint', at('')], /: the file must be writable; got: a folder\.\n$/],
    ] as const) {
      const { exitCode, stderr } = await run([...fit, ...more]);
      expect([exitCode, stderr]).toEqual([1, expect.stringMatching(message)]);
    }
    expect(existsSync(at('good'))).toBe(false);
  });
});

describe('help', () => {
  it.each(COMMANDS.map((command) => [command.name, command] as const))('of %s names every option', async (name, command) => {
    const { exitCode, stdout } = await run([name, '--help']);
    expect(exitCode).toBe(0);
    for (const option of Object.keys(command.options)) expect(stdout).toMatch(new RegExp(`^  --${option}(,| )`, 'm'));
    expect(stdout).toMatch(/^ {2}130 {2}interrupted/m);
    for (const line of stdout.split('\n').filter((line) => line.startsWith('  --'))) expect(line.length).toBeLessThanOrEqual(100);
    expect((await run(['help', name])).stdout).toBe(stdout);
  });

  it('of the program names every command', async () => {
    const { exitCode, stdout } = await run(['--help']);
    expect(exitCode).toBe(0);
    for (const { name } of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await run(['--version'])).toEqual({ exitCode: 0, stdout: `${version}\n`, stderr: '' });
  });
});
