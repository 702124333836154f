// Networks of dense layers, unit by unit, as their definition says: a unit is computed when somebody asks for it.
//
//   unit i of layer k:   s = b_i + Σ_j W_ij input_j   over the inputs j that it may see
//   plain:     layer k + 1 reads act(s)
//   residual:  v₀ = s₀,  v ← v + s₂(act(s₁(act(v)))) for every block; the last layer reads v
//
// Source of the masks: Germain, Gregor, Murray & Larochelle 2015, arXiv:1502.03509, eq. 8 to 12, degrees counted from 0.

import type { Algebra } from './algebra.js';

export interface NetworkShape {
  readonly inputs: number;
  readonly hidden: readonly number[];
  readonly outputs: number;
  readonly activation: 'tanh' | 'relu' | 'elu' | 'silu' | 'softplus' | 'gelu';
  readonly residual: boolean;
  /** Whether unit i of layer k sees input j of that layer; all, where left out. */
  readonly sees?: (k: number, i: number, j: number) => boolean;
}

/** Widths of all layers, the inputs first: two layers for each residual block, and one before. */
export function widthsOf({ inputs, hidden, outputs, residual }: NetworkShape): number[] {
  return [inputs, ...(residual ? new Array<number>(1 + 2 * hidden.length).fill(hidden[0]) : hidden), outputs];
}

export function countOf(shape: NetworkShape): number {
  const widths = widthsOf(shape);
  return widths.slice(1).reduce((sum, outputs, k) => sum + outputs * (widths[k] + 1), 0);
}

/** What output i of the network is, for inputs that are asked for one by one. */
export function network<T>(A: Algebra<T>, shape: NetworkShape, vector: readonly T[], input: (j: number) => T): (i: number) => T {
  const widths = widthsOf(shape);
  const last = widths.length - 2;
  const starts = [0];
  widths.slice(1).forEach((outputs, k) => starts.push(starts[k] + outputs * (widths[k] + 1)));
  const act = (x: T): T => activations[shape.activation](A, x);

  /** s of unit i of layer k. */
  const sum = remembered((k, i): T => {
    const inputs = widths[k];
    const bias = starts[k] + widths[k + 1] * inputs + i;
    let s = vector[bias];
    for (let j = 0; j < inputs; j++) {
      if (shape.sees?.(k, i, j) ?? true) s = A.add(s, A.mul(vector[starts[k] + i * inputs + j], k === 0 ? input(j) : read(k, j)));
    }
    return s;
  });
  /** v after layer k, an even one, of residual blocks. */
  const carried = remembered((k, i): T => (k === 0 ? sum(0, i) : A.add(carried(k - 2, i), sum(k, i))));
  /** What layer k reads of unit j before it. */
  const read = remembered((k, j): T => {
    if (!shape.residual || k % 2 === 0) return act(sum(k - 1, j));
    return k === last ? carried(k - 1, j) : act(carried(k - 1, j));
  });
  return (i) => sum(last, i);
}

function remembered<T>(compute: (k: number, i: number) => T): (k: number, i: number) => T {
  const known = new Map<string, T>();
  return (k, i) => {
    const key = `${k} ${i}`;
    if (!known.has(key)) known.set(key, compute(k, i));
    return known.get(key)!;
  };
}

/** e^x − 1 for x ≤ 0: near 0 as 2 t / (1 − t) with t = tanh(x/2), which does not cancel. */
function expm1<T>(A: Algebra<T>, x: T): T {
  if (A.lessThan(x, A.from(-1))) return A.sub(A.exp(x), A.from(1));
  const t = A.tanh(A.div(x, A.from(2)));
  return A.div(A.add(t, t), A.sub(A.from(1), t));
}

export const activations = {
  tanh: <T>(A: Algebra<T>, x: T): T => A.tanh(x),
  relu: <T>(A: Algebra<T>, x: T): T => (A.lessThan(A.from(0), x) ? x : A.from(0)),
  elu: <T>(A: Algebra<T>, x: T): T => (A.lessThan(A.from(0), x) ? x : expm1(A, x)),
  silu: <T>(A: Algebra<T>, x: T): T => A.mul(x, A.sigmoid(x)),
  softplus: <T>(A: Algebra<T>, x: T): T => A.softplus(x),
  gelu: <T>(A: Algebra<T>, x: T): T => A.mul(x, A.normalCdf(x)),
};

/** The degrees that a masked network has where none are given. */
export function degreesOf(dim: number, context: number, width: number): number[] {
  const from = context > 0 || dim === 1 ? 0 : 1;
  const choices = dim - from;
  if (width < choices) {
    const step = width === 1 ? 0 : (choices - 1) / (width - 1);
    return Array.from({ length: width }, (_, unit) => from + Math.round(unit * step));
  }
  const degrees = Array.from({ length: width }, (_, unit) => from + (unit % choices));
  return degrees.sort((a, b) => a - b);
}

/** The mask of a network whose outputs, `multiplier` of each feature, depend on the context and on the features before. */
export function masks(context: number, multiplier: number, degrees: readonly (readonly number[])[]) {
  const ofInput = (j: number): number => j - context; // the context's are below 0
  return (k: number, i: number, j: number): boolean => {
    const isOutput = k === degrees.length;
    const degree = isOutput ? Math.floor(i / multiplier) : degrees[k][i];
    return k === 0 ? ofInput(j) < degree : degrees[k - 1][j] <= degree;
  };
}
