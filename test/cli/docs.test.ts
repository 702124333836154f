// docs/command-line.md and the examples of `--help` say what the commands take.

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/main.js';
import { parseArguments } from '../../src/cli/options.js';

const text = readFileSync('docs/command-line.md', 'utf8');
const shell = [...text.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, code]) => code.trimEnd().split('\n'));
const examples = [...shell, ...COMMANDS.flatMap((command) => command.examples)];

it('has examples of every command', () => {
  for (const { name } of COMMANDS) expect(shell.join('\n')).toContain(`normalizing-flows ${name} `);
});

it.each(examples)('%s', (line) => {
  const [, name, rest] = /normalizing-flows (\S+) ([^|>]*)/.exec(line)!;
  const command = COMMANDS.find((candidate) => candidate.name === name)!;
  const args = parseArguments(command, rest.trim().split(' '));
  for (const required of ['out', 'model'])
    if (required in command.options) expect(args.text(required) ?? args.positionals[0]).toMatch(/^\w+\.safetensors$/);
});

it('names every option', () => {
  for (const { options } of COMMANDS)
    for (const option of Object.keys(options)) expect(text).toMatch(new RegExp(`--${option}\\b`));
});
