import { requireBoolean, requireOptions } from '../arguments.js';
import { RecordedTarget, type Target } from './target.js';

export interface EnergyOptions {
  /**
   * Add ½ (max(0, |z₁| − 4) / 0.4)² to U2–U4, which are flat along z₁ and have no integral without it (the paper passes over this).
   * Default true.
   */
  readonly envelope?: boolean;
}

/** Added to the number of an energy for its envelope, as the kernel has it. */
const WITH_ENVELOPE = 8;

/**
 * The four test energies of Rezende & Mohamed 2015, Table 1, as targets ln p̃(z) = −U(z) on the plane:
 *
 *   U1 = ½ ((‖z‖ − 2)/0.4)² − ln(e^{−½((z₁−2)/0.6)²} + e^{−½((z₁+2)/0.6)²})
 *   U2 = ½ ((z₂ − w₁)/0.4)²
 *   U3 = −ln(e^{−½((z₂−w₁)/0.35)²} + e^{−½((z₂−w₁+w₂)/0.35)²})
 *   U4 = −ln(e^{−½((z₂−w₁)/0.4)²} + e^{−½((z₂−w₁+w₃)/0.35)²})
 *
 * with w₁ = sin(πz₁/2), w₂ = 3 e^{−½((z₁−1)/0.6)²}, w₃ = 3 σ((z₁−1)/0.3). U2–U4 carry the envelope of {@link EnergyOptions};
 * `energy(k, { envelope: false })` is the paper's own. ln ∫ e^{−U}: 1.87750, 2.20017, 2.75978, 2.82878.
 *
 * @example
 * ```ts
 * const { freeEnergy } = await fitToTarget(flow, energies.u1);
 * console.log(`KL(q‖p) = ${freeEnergy + 1.8775}`);
 * ```
 */
export const energies: { readonly u1: Target; readonly u2: Target; readonly u3: Target; readonly u4: Target } = {
  u1: energy(1),
  u2: energy(2),
  u3: energy(3),
  u4: energy(4),
};

/**
 * Test energy number `which`, with or without the envelope. U1 has none: it is integrable as it stands.
 *
 * @throws {RangeError} unless `which` is 1, 2, 3 or 4
 * @throws {TypeError} for an unknown option
 * @example
 * ```ts
 * const paper = energy(2, { envelope: false });
 * const [logProb] = paper.logProb([[0, 1]]); // −½ (1 / 0.4)²
 * ```
 */
export function energy(which: 1 | 2 | 3 | 4, options: EnergyOptions = {}): Target {
  if (![1, 2, 3, 4].includes(which)) throw new RangeError(`energy: which must be 1, 2, 3 or 4; got ${String(which)}.`);
  requireOptions('energy', options, ['envelope']);
  const envelope = requireBoolean('energy', 'envelope', options.envelope ?? true);
  const code = which + (envelope && which > 1 ? WITH_ENVELOPE : 0);
  const name = `U${which}${code > WITH_ENVELOPE ? ' with its envelope' : ''}`;
  return new RecordedTarget(name, 2, (recorder, x) => recorder.emit('energy', { z: x }, { which: code }).logProb);
}
