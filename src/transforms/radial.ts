import { requireCount } from '../arguments.js';
import type { LogDet, Operand, Operands, Recorder } from '../program/recorder.js';
import type { ParameterSpec, Transform, TransformDescription } from './transform.js';

/**
 * Radial flow: x = z + β̂ (z − z₀) / (α + ‖z − z₀‖), which pulls mass towards the centre z₀ or pushes it away.
 *
 *   ln |det ∂x/∂z| = (d − 1) ln(1 + β̂ v) + ln(1 + α β̂ v²),   v = 1 / (α + ‖z − z₀‖)
 *
 * α = |alpha| and β̂ = softplus(beta) − α > −α keep it invertible. One layer costs O(dim) a row in both directions; the inverse is closed.
 *
 * Parameters: `z0` [dim], `alpha` scalar, `beta` scalar; unconstrained, but alpha must not be 0, and
 * |alpha|, beta and beta / |alpha| at most 2^1000.
 *
 * Source: Rezende & Mohamed 2015, arXiv:1505.05770, §4.1 eq. 14 and appendix A.2. Initially z₀ ~ U(−1, 1), alpha = 1, beta ~ U(−1, 1)
 * about the identity's ln(e − 1).
 *
 * @param dim dimension of both sides
 * @throws {RangeError} when `dim` is no positive integer
 * @example
 * ```ts
 * const flow = new Flow({ base: normal(2), transforms: [radial(2)], seed: 1 });
 * const logProb = flow.logProb([[0, 0], [1, 2]]);
 * ```
 */
export function radial(dim: number): Transform {
  requireCount('radial', 'dim', dim, 1);
  return new Radial(dim);
}

/** ln(e − 1): softplus of it is 1, the initial α, so that β̂ = 0. */
const IDENTITY_BETA = 0.5413248546129181;
/** As in the kernel, whose determinant's factors lie between 1 and softplus(beta) / α. */
const LIMIT = 2 ** 1000;

class Radial implements Transform {
  readonly parameters: readonly ParameterSpec[];

  constructor(readonly dim: number) {
    this.parameters = [
      { name: 'z0', shape: [dim] },
      { name: 'alpha', shape: [] },
      { name: 'beta', shape: [] },
    ];
  }

  describe(): TransformDescription {
    return { type: 'radial', dim: this.dim };
  }

  initialize(uniforms: Float64Array): Float64Array {
    return uniforms.map((uniform, k) => {
      if (k === this.dim) return 1;
      const symmetric = 2 * uniform - 1;
      return k < this.dim ? symmetric : IDENTITY_BETA + symmetric;
    });
  }

  validate(where: string, parameters: Float64Array): void {
    const [alpha, beta] = parameters.subarray(this.dim);
    const size = Math.abs(alpha);
    if (size < 2 ** -1022) throw new RangeError(`${where}: alpha must not be 0 (|alpha| a normal number); got ${alpha}.`);
    if (size > LIMIT) throw new RangeError(`${where}: |alpha| must be at most 2^1000; got ${alpha}.`);
    if (beta > LIMIT) throw new RangeError(`${where}: beta must be at most 2^1000; got ${beta}.`);
    if (Math.max(1, beta) / size > LIMIT) {
      throw new RangeError(`${where}: |alpha| must be at least 2^−1000 max(1, beta); got alpha = ${alpha}, beta = ${beta}.`);
    }
  }

  recordForward(recorder: Recorder, z: Operand, parameters: Operands, logDet: LogDet): Operand {
    const inputs = { z, ...this.#constrain(recorder, parameters), ...this.#logDets(logDet, 1) };
    return recorder.emit('radialForward', inputs, { dim: this.dim }).x;
  }

  recordInverse(recorder: Recorder, x: Operand, parameters: Operands, logDet: LogDet): Operand {
    const inputs = { x, ...this.#constrain(recorder, parameters), ...this.#logDets(logDet, -1) };
    return recorder.emit('radialInverse', inputs, { dim: this.dim }).z;
  }

  /** One factor along the radius, and one that counts for the d − 1 directions across it. */
  #logDets(logDet: LogDet, sign: 1 | -1): Operands {
    const along = { logDet: logDet.times(sign) };
    return this.dim === 1 ? along : { ...along, logDetAcross: logDet.times(sign * (this.dim - 1)) };
  }

  #constrain(recorder: Recorder, { z0, alpha, beta }: Operands): Operands {
    const { alphaAbs, m, logM } = recorder.emit('radialConstrain', { alpha, beta });
    return { z0, alphaAbs, m, logM };
  }
}
