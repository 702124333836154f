import type { BoundModel } from '../model/model.js';
import { type RandomKey, Stream, uniforms } from '../runtime/random.js';

const PATHS = 8;
const TRIALS = 64;
/** Half the width of the box, in numbers without bounds: Stan's, and smaller ones where no start in it has a density. */
const RADII = [2, 0.5, 0.1, 0];

/**
 * Where the paths of an initialisation begin: up to eight points at which density and gradient are finite.
 *
 * @returns [paths × dim], and how many gradients it took
 * @throws {Error} when there is no such point, naming the term that has no density at the middle
 */
export function findStarts(where: string, target: BoundModel, key: RandomKey): { starts: Float64Array; gradients: number } {
  const { dim } = target;
  const box = uniforms(key, Stream.Starts, TRIALS * dim);
  let gradients = 0;
  for (const radius of RADII) {
    const rows = box.map((value) => radius * (2 * value - 1));
    const { logProb, dx } = target.logProbAndGradient(rows);
    gradients += TRIALS;
    const good = Array.from(logProb.keys()).filter(
      (k) => Number.isFinite(logProb[k]) && dx.subarray(k * dim, (k + 1) * dim).every(Number.isFinite),
    );
    if (good.length === 0) continue;
    const starts = new Float64Array(Math.min(good.length, PATHS) * dim);
    good.slice(0, PATHS).forEach((row, k) => starts.set(rows.subarray(row * dim, (row + 1) * dim), k * dim));
    return { starts, gradients };
  }
  throw new Error(`${where}: the log density and its gradient must be finite somewhere near 0; ${complaint(target)}`);
}

/** Which term is to blame, and where. */
function complaint(target: BoundModel): string {
  const u = new Float64Array(target.dim);
  const values = Object.values(target.constrain(u)).flatMap((array) => [...array]);
  const shown = target.names.slice(0, 6).map((name, j) => `${name} = ${Number(values[j].toPrecision(4))}`);
  const at = `at ${shown.join(', ')}${target.names.length > 6 ? ', …' : ''}`;
  const terms = target.terms(u);
  const bad = terms.findIndex(({ logDensity }) => !Number.isFinite(logDensity[0]));
  if (bad < 0) {
    const [total] = target.logProb(u);
    return `it is ${total} ${at}, and every logDensity term is finite: look at what is added to them, or at the gradient.`;
  }
  const { name, logDensity } = terms[bad];
  return `${name}, term ${bad + 1} of ${terms.length}, is ${logDensity[0]} ${at}. Are data outside of its support, or parameters without the bounds that it needs?`;
}
