import { version } from '../index.js';
import { check } from './check.js';
import { Exit, Failure } from './failure.js';
import { fit } from './fit.js';
import { commandHelp, programHelp } from './help.js';
import { info } from './info.js';
import { type Command, parseArguments, unknown } from './options.js';
import { sample } from './sample.js';
import { score } from './score.js';
import type { Terminal } from './terminal.js';

export const COMMANDS: readonly Command[] = [fit, score, sample, check, info];

/**
 * The `normalizing-flows` command: fits flows to CSV files, scores rows, draws samples. Results go to stdout, all else to stderr.
 *
 * @param args what follows the program's name
 * @returns the exit code
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    terminal.stderr.write(`${messageOf(error)}\n`);
    return error instanceof Failure ? error.exitCode : Exit.Failed;
  }
}

async function dispatch([name, ...rest]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const isAsked = name !== undefined;
    const topic = COMMANDS.find((command) => command.name === rest[0]);
    (isAsked ? terminal.stdout : terminal.stderr).write(topic ? commandHelp(topic) : programHelp(COMMANDS));
    return isAsked ? Exit.Ok : Exit.Usage;
  }
  if (name === '--version' || name === '-v') {
    terminal.stdout.write(`${version}\n`);
    return Exit.Ok;
  }
  const command = COMMANDS.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const isOption = name.startsWith('-');
    const names = isOption ? ['--help', '--version'] : COMMANDS.map((candidate) => candidate.name);
    throw unknown('normalizing-flows', isOption ? 'option' : 'command', name, names);
  }
  const args = parseArguments(command, rest);
  if (args.has('help')) {
    terminal.stdout.write(commandHelp(command));
    return Exit.Ok;
  }
  return command.run(args, terminal);
}

/** What users can act on needs no stack; anything else is a mistake of ours. */
const EXPECTED = ['Failure', 'DivergenceError', 'OutOfMemoryError', 'UnsupportedError', 'WorkerLostError', 'RangeError'];

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return EXPECTED.includes(error.name) ? error.message : (error.stack ?? error.message);
}
