// The program `normalizing-flows`: the command line on a process's own streams.

import { constants } from 'node:os';
import { Exit } from './failure.js';
import { main } from './main.js';

// A reader that has seen enough, like `head`, is no mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(Exit.Ok);
  process.stderr.write(`${error.message}\n`);
  process.exit(Exit.Failed);
});

function interruption(): AbortSignal {
  const controller = new AbortController();
  process.on('SIGINT', () => {
    if (controller.signal.aborted) process.exit(128 + constants.signals.SIGINT);
    process.stderr.write('\nStopping; once more to kill.\n');
    controller.abort();
  });
  return controller.signal;
}

const { stdin, stdout, stderr } = process;
process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, interruption });
stdin.destroy(); // it may still be open where a command did not read to its end
