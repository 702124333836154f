import { parseArgs } from 'node:util';
import { Exit, Failure, shown } from './failure.js';
import type { Terminal } from './terminal.js';

/** An option of a command, as `--help` shows it. */
export interface Option {
  readonly short?: string;
  /** What stands for its value in `--help`; none for a switch. */
  readonly value?: string;
  readonly help: string;
}

/** A command: all that the parser, `--help` and the dispatcher know of it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What follows the name in the usage line. */
  readonly usage: string;
  /** The most arguments that are no options. */
  readonly positionals: number;
  readonly options: Readonly<Record<string, Option>>;
  /** Paragraphs of `--help`, between usage and options. */
  readonly details: string;
  readonly examples: readonly string[];
  run(args: Arguments, terminal: Terminal): Promise<number>;
}

export const HELP: Option = { short: 'h', help: 'show this text' };

/**
 * @throws {Failure} for an option that the command does not have, without its value, or with one it does not take; for surplus arguments
 */
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  const { name: where, positionals: most } = command;
  const options = { ...command.options, help: HELP };
  const config = Object.fromEntries(
    Object.entries(options).map(([name, { short, value }]) => [
      name,
      { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short && { short }) },
    ]),
  );
  const attached = attachNegativeNumbers(args, options);
  const { tokens } = parseArgs({ args: attached, options: config, strict: false, tokens: true });
  const values = new Map<string, string>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name as keyof typeof options] : undefined;
    if (option === undefined) throw unknown(where, 'option', token.rawName, Object.keys(options).map((name) => `--${name}`)); // prettier-ignore
    if (option.value !== undefined && (token.value === undefined || (!token.inlineValue && /^-./.test(token.value))))
      throw usage(where, `--${token.name} must have a value, ${option.value}`, token.value ?? 'none');
    if (option.value === undefined && token.value !== undefined)
      throw usage(where, `--${token.name} must have no value`, token.value);
    values.set(token.name, token.value ?? '');
  }
  if (positionals.length > most) {
    const hint = most === 0 && 'model' in options ? ', as --model names the model' : '';
    throw usage(where, `arguments besides options must be at most ${most}${hint}`, positionals.join(' '));
  }
  return new Arguments(where, values, positionals);
}

/** `--context -1,2` means what `--context=-1,2` does, and `-n -5` what `-n-5` does: no option begins with a digit. */
function attachNegativeNumbers(args: readonly string[], options: Readonly<Record<string, Option>>): string[] {
  const attached: string[] = [];
  for (const arg of args) {
    const before = attached.at(-1) ?? '';
    const named = Object.entries(options).find(([name, { short }]) => before === `--${name}` || before === `-${short}`);
    const takesValue = named?.[1].value !== undefined;
    if (takesValue && /^-[\d.]/.test(arg))
      attached[attached.length - 1] = before.startsWith('--') ? `${before}=${arg}` : before + arg;
    else attached.push(arg);
  }
  return attached;
}

/** What the user gave to a command. */
export class Arguments {
  constructor(
    readonly where: string,
    readonly values: ReadonlyMap<string, string>,
    readonly positionals: readonly string[],
  ) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  text(name: string): string | undefined {
    return this.values.get(name);
  }

  /** @throws {Failure} where it was not given */
  required(name: string): string {
    const text = this.text(name);
    if (text !== undefined && text !== '') return text;
    const hint = name === 'model' && this.positionals.length > 0 ? `, as ${shown(this.positionals[0])} is read as data` : '';
    throw usage(this.where, `--${name} must be given${hint}`, 'none');
  }

  /** @throws {Failure} unless it is an integer of [minimum, maximum] */
  count(name: string, minimum = 1, maximum = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    const most = maximum < Number.MAX_SAFE_INTEGER || value > maximum ? `, and at most ${maximum}` : '';
    throw usage(this.where, `--${name} must be an integer of at least ${minimum}${most}`, text);
  }

  /** @throws {Failure} unless it is a number of [low, high) */
  number(name: string, low: number, high: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = text.trim() === '' ? NaN : Number(text);
    if (value >= low && value < high) return value;
    throw usage(this.where, `--${name} must be a number in [${low}, ${high})`, text);
  }

  /** @throws {Failure} unless it is a number of (0, high) */
  positive(name: string, high: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (value > 0 && value < high) return value;
    throw usage(this.where, `--${name} must be a number in (0, ${high})`, text);
  }

  /** @throws {Failure} unless it is an integer below 2^64 */
  seed(name: string): number | bigint | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
    if (value === undefined || value >= 2n ** 64n) throw usage(this.where, `--${name} must be an integer below 2^64`, text);
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
  }

  /** @throws {Failure} unless it is among `choices` */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined || choices.includes(text as T)) return text as T | undefined;
    throw unknown(this.where, `--${name}`, text, choices);
  }
}

export function usage(where: string, rule: string, got: string): Failure {
  return new Failure(Exit.Usage, `${where}: ${rule}; got ${got === 'none' ? got : shown(got)}.`);
}

/** The failure for an option whose value the library refuses; any other error as it is. */
export function refused(where: string, option: string, cause: unknown): unknown {
  if (!(cause instanceof RangeError)) return cause;
  return new Failure(Exit.Usage, `${where}: --${option} must be possible; got: ${cause.message}`, { cause });
}

/** The failure for a name that is not among those there are, with the nearest one where little of it differs. */
export function unknown(where: string, what: string, got: string, known: readonly string[]): Failure {
  const nearest = [...known].sort((a, b) => distance(got, a) - distance(got, b))[0];
  const suggestion = distance(got, nearest) <= Math.max(2, nearest.length / 3) ? ` Did you mean ${shown(nearest)}?` : '';
  return new Failure(Exit.Usage, `${where}: ${what} must be among ${known.join(', ')}; got ${shown(got)}.${suggestion}`);
}

/** Insertions, deletions and substitutions from one text to the other (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}
