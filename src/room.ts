/** Rows and steps are counted in 31 bits, by the random numbers, too. */
const COUNT_LIMIT = 2 ** 31 - 1;

/**
 * A new array of `count` times `width` doubles, for a count that a caller gave.
 *
 * @throws {RangeError} when it is too large for an array, or for the memory
 */
export function requireRoom(where: string, name: string, count: number, width: number): Float64Array {
  if (count > COUNT_LIMIT) throw new RangeError(`${where}: ${name} must be at most ${COUNT_LIMIT}; got ${count}.`);
  try {
    return new Float64Array(count * width);
  } catch (cause) {
    const bytes = 8 * count * width;
    throw new RangeError(`${where}: ${name} must be so many that the result fits into memory; got ${count}, ${bytes} bytes.`, {
      cause,
    });
  }
}
