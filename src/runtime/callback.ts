// While a function of the user's runs in the middle of a computation, the library's shared memory is in use.

let running: string | undefined;

/** @throws {Error} when called from inside such a function */
export function requireOutsideCallback(where: string): void {
  if (running === undefined) return;
  throw new Error(`${where}: the library must not be called from inside a target's function; ${running} is running.`);
}

/** Runs a user's function, keeping it from calling back. */
export function runCallback<T>(name: string, callback: () => T): T {
  const before = running;
  running = name;
  try {
    return callback();
  } finally {
    running = before;
  }
}
