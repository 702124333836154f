/** How the process ends; `--help` lists them. */
export const Exit = { Ok: 0, Failed: 1, Usage: 2, Data: 3, Model: 4, Interrupted: 130 } as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** What a command says when it cannot go on: a message for the user, and no stack. */
export class Failure extends Error {
  override readonly name = 'Failure';

  constructor(
    readonly exitCode: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Text from a file or the command line, in quotes and without what a terminal would obey. */
export function shown(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return `'${short.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1))}'`;
}
