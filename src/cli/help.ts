import { type Command, HELP, type Option } from './options.js';

const EXIT_CODES = `Exit codes:
  0    done
  1    a check failed, a fit diverged, or a file could not be written
  2    the command line is wrong
  3    the data are
  4    the model or checkpoint file is
  130  interrupted; fit has written the best parameters so far`;

export function programHelp(commands: readonly Command[]): string {
  return `Normalizing flows on CSV files: fit, score, sample.

Usage: normalizing-flows <command> [options]

Commands:
${columns(commands.map(({ name, summary }) => [name, summary]))}

Options:
${columns([
  ['--help, -h', 'show this text; after a command, its own'],
  ['--version, -v', "show the library's version"],
])}

Examples:
${commands.map(({ examples }) => `  ${examples[0]}`).join('\n')}

${EXIT_CODES}
`;
}

export function commandHelp({ name, summary, usage, details, options, examples }: Command): string {
  const all = Object.entries({ ...options, help: HELP });
  return `normalizing-flows ${name}: ${summary}

Usage: normalizing-flows ${name} ${usage}

${details}

Options:
${columns(all.map(([option, described]) => [flags(option, described), described.help]))}

Examples:
${examples.map((example) => `  ${example}`).join('\n')}

${EXIT_CODES}
`;
}

function flags(name: string, { short, value }: Option): string {
  return `--${name}${short === undefined ? '' : `, -${short}`}${value === undefined ? '' : ` <${value}>`}`;
}

const WIDTH = 100;

/** Names, and beside them texts, wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const left = Math.max(...rows.map(([name]) => name.length)) + 4;
  return rows
    .map(([name, text]) => `  ${name}`.padEnd(left) + wrapped(text, WIDTH - left).join(`\n${' '.repeat(left)}`))
    .join('\n');
}

function wrapped(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
