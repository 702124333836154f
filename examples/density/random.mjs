// Random numbers of a seed, for data that the examples make themselves.

/** @returns `uniform()` in (0, 1) and `normal()`, by Bob Jenkins' small fast generator (sfc32) and Box & Muller */
export function generator(seed) {
  let [a, b, c, counter] = [0x9e3779b9, seed >>> 0, 0x243f6a88, 1];
  const next = () => {
    const out = (((a + b) | 0) + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    return out >>> 0;
  };
  for (let i = 0; i < 20; i++) next();
  const uniform = () => (next() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}
