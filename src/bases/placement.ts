import { LogDet, type Operand, type Operands, type Recorder } from '../program/recorder.js';
import { LOG_SCALE_LIMIT, affine } from '../transforms/affine.js';
import { type BaseValue, numbersOf, requireRange } from './values.js';

/** Where noise is put, z = location + e^logScale ⊙ noise: the two values of a base that it takes. */
export function placementValues(
  where: string,
  dim: number,
  location: number | ArrayLike<number>,
  logScale: number | ArrayLike<number>,
  trained: boolean,
): { location: Float64Array; logScale: Float64Array; values: BaseValue[] } {
  const locations = numbersOf(where, 'location', location, dim);
  const logScales = numbersOf(where, 'logScale', logScale, dim);
  requireRange(where, 'logScale', logScales, -LOG_SCALE_LIMIT, LOG_SCALE_LIMIT);
  const values = [
    { spec: { name: 'location', shape: [dim] }, trained, initial: () => locations },
    { spec: { name: 'logScale', shape: [dim], limit: LOG_SCALE_LIMIT }, trained, initial: () => logScales },
  ];
  return { location: locations, logScale: logScales, values };
}

/** z and ln q₀(z), from noise and its log density. */
export function place(
  recorder: Recorder,
  noise: Operand,
  density: Operand,
  { location, logScale }: Operands,
): { z: Operand; logProb: Operand } {
  const logDet = new LogDet(recorder);
  const z = affine(noise.rows).recordForward(recorder, noise, { shift: location, logScale }, logDet);
  return { z, logProb: recorder.combine(density, logDet.finish(), -1) };
}

/** ln q₀(z), where `densityOf` records the log density of the noise. */
export function logProbOfPlaced(
  recorder: Recorder,
  z: Operand,
  { location, logScale }: Operands,
  densityOf: (noise: Operand) => Operand,
): Operand {
  const logDet = new LogDet(recorder);
  const noise = affine(z.rows).recordInverse(recorder, z, { shift: location, logScale }, logDet);
  return recorder.combine(densityOf(noise), logDet.finish(), 1);
}
