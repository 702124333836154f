// Where a target's mass is, roughly: normal approximations along the paths of a quasi-Newton method
//
//   minimise −ln p̃ from several starts by BFGS; at an iterate u, with H the inverse Hessian as the path knows it,
//   N(u, H) is a candidate, and its bound E[ln p̃ − ln N] decides. Behind the last iterate, H is that of the Hessian itself.
//
// Where that Hessian promises more, the path had ended for scales that differ widely, and goes on with it.
//
// A path may well end where there is no mass, at a density that has no maximum: a candidate before that end then has the better bound.
//
// Source: Zhang, Carpenter, Gelman & Vehtari 2022, "Pathfinder: Parallel quasi-Newton variational inference", JMLR 23:306. BFGS: Nocedal &
// Wright 2006, "Numerical Optimization", eq. 6.17.

import { choleskyFactor } from '../bases/cholesky.js';
import type { Target } from '../densities/target.js';
import { inParts } from '../inference/pace.js';
import { naturalLog } from '../runtime/math.js';
import { dot, identity, inverseOfLower, product, times, transposed } from './matrix.js';

/** The normal distribution of u = location + L z, and its bound. */
export interface Approximation {
  readonly location: Float64Array;
  /** [dim × dim] L, lower triangular. */
  readonly factor: Float64Array;
  /** E[ln p̃ − ln q] over a few draws; −∞ where one of them has no density. */
  readonly bound: number;
  /** The share of the draws that have a density. */
  readonly inside: number;
}

/** Whether a is the better one: more of its draws have a density, or as many and its bound is higher. */
export function isBetter(a: Approximation, b: Approximation): boolean {
  return a.inside > b.inside || (a.inside === b.inside && a.bound > b.bound);
}

/** Where a path has got to. */
interface Path {
  u: Float64Array;
  /** −ln p̃ and its gradient. */
  energy: number;
  gradient: Float64Array;
  /** Of the Hessian of the energy; undefined before the first step, whose length the gradient gives. */
  inverseHessian: Float64Array | undefined;
  direction: Float64Array;
  length: number;
  steps: number;
  isOver: boolean;
  /** Over because the last step gained next to nothing. */
  isFlat: boolean;
  best: Approximation | undefined;
}

const MOST_ITERATIONS = 200;
/** How often a path may go on after its end, and for how many nats. */
const MOST_ROUNDS = 8;
const WORTHWHILE = 0.01;
/** Armijo's condition, and what a step is shortened by that fails it. */
const SUFFICIENT = 1e-4;
const SHORTER = 0.3;
const SHORTEST = 1e-10;
const FLAT = 1e-9;
const LOG_2PI = 1.8378770664093453;
/** Of the identity, where nothing is known of the curvature: small ones fit between bounds that the density has and the parameters have not. */
const SCALES = [1, 0.1, 0.01];

/** What paths found. */
export interface Paths {
  /** The best normal approximation of each. */
  readonly candidates: Approximation[];
  /** Of the target, what it took. */
  readonly gradients: number;
}

/**
 * Follows a path from each start.
 *
 * @param starts [paths × dim]
 * @param noise [draws × dim] standard normal: every bound is of the same draws
 * @param pause lets other code run
 */
export async function pathfinder(
  target: Target,
  starts: Float64Array,
  noise: Float64Array,
  pause: () => Promise<void>,
): Promise<Paths> {
  const { dim } = target;
  const paths = begin(target, starts);
  let gradients = paths.length;
  let moving: readonly Path[] = paths;
  for (let round = 0; moving.length > 0; round++) {
    gradients += await follow(target, noise, moving, pause);
    const unfinished: Path[] = [];
    for (const path of moving) {
      const factor = await laplaceFactor(target, path, pause);
      judge(target, noise, path, factor);
      gradients += 2 * dim;
      if (path.isFlat && round < MOST_ROUNDS) {
        const scale = factor ?? (await coordinateScale(target, path, pause));
        if (factor === undefined) gradients += 2 * dim;
        if (newtonGain(path, scale) > WORTHWHILE) unfinished.push(goOn(path, scale));
      }
      await pause();
    }
    moving = unfinished;
  }
  for (const path of paths) {
    for (const scale of SCALES) {
      await pause();
      const factor = identity(dim).map((value) => scale * value);
      judge(target, noise, path, factor);
    }
  }
  return { candidates: paths.flatMap(({ best }) => best ?? []), gradients };
}

/** Moves the paths until each is over. @returns gradients that it took */
async function follow(target: Target, noise: Float64Array, paths: readonly Path[], pause: () => Promise<void>): Promise<number> {
  const { dim } = target;
  // A factor costs dim³: in many dimensions not every iterate has one.
  const every = Math.ceil(dim / 32);
  let gradients = 0;
  for (let iteration = 0; iteration < MOST_ITERATIONS; iteration++) {
    const moving = paths.filter(({ isOver }) => !isOver);
    if (moving.length === 0) break;
    gradients += moving.length;
    const moved = step(target, moving);
    const seen = moved.filter(({ inverseHessian, steps }) => inverseHessian !== undefined && steps % every === 0);
    for (const path of seen) {
      await pause();
      judge(target, noise, path, choleskyFactor(path.inverseHessian!, dim));
    }
    await pause();
  }
  return gradients;
}

/** ½ ∇Eᵀ S Sᵀ ∇E, what a step of Newton's would gain if the energy were quadratic. */
function newtonGain({ gradient }: Path, scale: Float64Array): number {
  const scaled = times(transposed(scale, gradient.length), gradient);
  return 0.5 * dot(scaled, scaled);
}

function goOn(path: Path, scale: Float64Array): Path {
  const dim = path.u.length;
  path.inverseHessian = product(scale, transposed(scale, dim), dim);
  path.length = 0;
  path.isOver = false;
  path.isFlat = false;
  return path;
}

function begin(target: Target, starts: Float64Array): Path[] {
  const { dim } = target;
  const { logProb, dx } = target.logProbAndGradient(starts);
  return Array.from(logProb, (value, k) => ({
    u: starts.slice(k * dim, (k + 1) * dim),
    energy: -value,
    gradient: dx.slice(k * dim, (k + 1) * dim).map((slope) => -slope),
    inverseHessian: undefined,
    direction: new Float64Array(dim),
    length: 0,
    steps: 0,
    isOver: false,
    isFlat: false,
    best: undefined,
  }));
}

/** One trial of each path. @returns those that it moved */
function step(target: Target, paths: readonly Path[]): Path[] {
  const { dim } = target;
  for (const path of paths) if (path.length === 0) aim(path);
  const trials = paths.map(({ u, direction, length }) => u.map((value, j) => value + length * direction[j]));
  const finite = paths.map((_, k) => trials[k].every(Number.isFinite));
  const rows = new Float64Array(paths.length * dim);
  trials.forEach((trial, k) => rows.set(finite[k] ? trial : paths[k].u, k * dim));
  const { logProb, dx } = target.logProbAndGradient(rows);
  return paths.filter((path, k) => {
    const energy = -logProb[k];
    const gradient = dx.slice(k * dim, (k + 1) * dim).map((slope) => -slope);
    const bar = path.energy + SUFFICIENT * path.length * dot(path.direction, path.gradient);
    if (finite[k] && energy <= bar && Number.isFinite(energy) && gradient.every(Number.isFinite)) {
      move(path, trials[k], energy, gradient);
      return true;
    }
    path.length *= SHORTER;
    path.isOver = path.length < SHORTEST;
    return false;
  });
}

/** The direction of the next trials. */
function aim(path: Path): void {
  const { gradient, inverseHessian } = path;
  const downhill = gradient.map((slope) => -slope);
  path.direction = inverseHessian === undefined ? downhill : times(inverseHessian, downhill);
  path.length = 1;
  if (inverseHessian !== undefined && dot(path.direction, gradient) < 0) return;
  path.inverseHessian = undefined;
  path.direction = downhill;
  path.length = Math.min(1, 1 / Math.sqrt(dot(gradient, gradient)));
  path.isOver = !(path.length > 0);
}

function move(path: Path, u: Float64Array, energy: number, gradient: Float64Array): void {
  const s = u.map((value, j) => value - path.u[j]);
  const y = gradient.map((value, j) => value - path.gradient[j]);
  const gain = path.energy - energy;
  path.inverseHessian = updated(path.inverseHessian, s, y);
  Object.assign(path, { u, energy, gradient, length: 0, steps: path.steps + 1 });
  path.isFlat = gain < FLAT * (1 + Math.abs(energy));
  path.isOver = path.isFlat;
}

/** H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, ρ = 1/sᵀy; as it was where the step saw no positive curvature. */
function updated(H: Float64Array | undefined, s: Float64Array, y: Float64Array): Float64Array | undefined {
  const dim = s.length;
  const curvature = dot(s, y);
  const yy = dot(y, y);
  if (!(curvature > 1e-12 * Math.sqrt(dot(s, s)) * Math.sqrt(yy))) return H;
  const before = H ?? identity(dim).map((value) => (value * curvature) / yy);
  const Hy = times(before, y);
  const scale = (1 + dot(y, Hy) / curvature) / curvature;
  return before.map((value, k) => {
    const [i, j] = [Math.floor(k / dim), k % dim];
    return value + scale * s[i] * s[j] - (Hy[i] * s[j] + s[i] * Hy[j]) / curvature;
  });
}

/** Step of the differences, in units of the path's own scale. */
const DIFFERENCE = 1e-3;

/** L of the inverse Hessian by central differences of the gradient, along the columns of the factor B that the path has: B (Bᵀ ∇²E B)⁻¹ Bᵀ = L Lᵀ. */
async function laplaceFactor(
  target: Target,
  { u, inverseHessian }: Path,
  pause: () => Promise<void>,
): Promise<Float64Array | undefined> {
  const { dim } = target;
  const B = (inverseHessian && choleskyFactor(inverseHessian, dim)) ?? identity(dim);
  const changes = await gradientChanges(
    target,
    u,
    B.map((value) => DIFFERENCE * value),
    pause,
  );
  if (changes === undefined) return undefined;
  const bend = changes.map((value) => value / DIFFERENCE);
  const inOwnScale = product(transposed(B, dim), bend, dim);
  const symmetric = inOwnScale.map((value, k) => (value + inOwnScale[(k % dim) * dim + Math.floor(k / dim)]) / 2);
  const R = choleskyFactor(symmetric, dim);
  if (R === undefined) return undefined;
  const half = product(B, transposed(inverseOfLower(R, dim), dim), dim);
  return choleskyFactor(product(half, transposed(half, dim), dim), dim);
}

/** Where the Hessian is not positive definite: the diagonal of |∂²E/∂u_j²|^−½, 1 where there is no such number. */
async function coordinateScale(target: Target, { u }: Path, pause: () => Promise<void>): Promise<Float64Array> {
  const { dim } = target;
  const steps = identity(dim).map((value, k) => value * DIFFERENCE * (1 + Math.abs(u[k % dim])));
  const changes = await gradientChanges(target, u, steps, pause);
  return identity(dim).map((value, k) => {
    const length = Math.sqrt(steps[k] / Math.abs(changes?.[k] ?? 0));
    return value > 0 && length > 0 && length < Infinity ? length : value;
  });
}

/** (∇E(u + s) − ∇E(u − s)) / 2 for every column s of `steps` [dim × dim], as columns; undefined where u ± s overflows. */
async function gradientChanges(
  target: Target,
  u: Float64Array,
  steps: Float64Array,
  pause: () => Promise<void>,
): Promise<Float64Array | undefined> {
  const { dim } = target;
  const rows = new Float64Array(2 * dim * dim);
  for (let j = 0; j < dim; j++) {
    for (let i = 0; i < dim; i++) {
      rows[2 * j * dim + i] = u[i] + steps[i * dim + j];
      rows[(2 * j + 1) * dim + i] = u[i] - steps[i * dim + j];
    }
  }
  if (!rows.every(Number.isFinite)) return undefined;
  const dx = new Float64Array(rows.length);
  const compute = (first: number, count: number): void =>
    dx.set(target.logProbAndGradient(rows.subarray(first * dim, (first + count) * dim)).dx, first * dim);
  await inParts(2 * dim, compute, pause);
  return steps.map((_, k) => {
    const [i, j] = [Math.floor(k / dim), k % dim];
    return (dx[(2 * j + 1) * dim + i] - dx[2 * j * dim + i]) / 2;
  });
}

/** Gives a path the candidate N(u, L Lᵀ), if there is one and its bound is the best so far. */
function judge(target: Target, noise: Float64Array, path: Path, factor: Float64Array | undefined): void {
  const { dim } = target;
  const rows = factor && spread(path.u, factor, noise);
  if (factor === undefined || !rows!.every(Number.isFinite)) return;
  const logProb = target.logProb(rows!);
  const draws = noise.length / dim;
  const logNoise = -0.5 * (dot(noise, noise) / draws + dim * LOG_2PI);
  const inside = logProb.filter((value) => value > -Infinity).length / draws;
  const mean = logProb.reduce((sum, value) => sum + value, 0) / draws;
  const bound = mean - logNoise + logDiagonal(factor, dim);
  const candidate = { location: path.u, factor, bound, inside };
  if (bound < Infinity && (path.best === undefined || isBetter(candidate, path.best))) path.best = candidate;
}

/** location + L z, row by row */
function spread(location: Float64Array, factor: Float64Array, noise: Float64Array): Float64Array {
  const dim = location.length;
  return noise.map((_, k) => {
    const [row, i] = [Math.floor(k / dim), k % dim];
    let sum = location[i];
    for (let j = 0; j <= i; j++) sum += factor[i * dim + j] * noise[row * dim + j];
    return sum;
  });
}

/** Σ ln L_jj */
function logDiagonal(factor: Float64Array, dim: number): number {
  let sum = 0;
  for (let j = 0; j < dim; j++) sum += naturalLog(factor[j * dim + j]);
  return sum;
}
