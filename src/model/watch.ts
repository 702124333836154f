/**
 * The same things, which say so when they are asked for what there is not.
 *
 * @param what the message calls them
 * @param asked takes the names that they were asked for
 */
export function watch<T extends object>(what: string, things: T, asked?: Set<string>): T {
  return new Proxy(things, {
    get(target, name, receiver) {
      if (typeof name === 'string') {
        if (!Object.hasOwn(target, name))
          throw new RangeError(`model: ${what} must hold '${name}'; got ${Object.keys(target).join(', ') || 'nothing'}.`);
        asked?.add(name);
      }
      return Reflect.get(target, name, receiver) as unknown;
    },
  });
}
