// Families of layers with networks: options for the library and for the reference from one table.

import { autoregressive, type AutoregressiveOptions, coupling, maps, type Mask, type Transform } from '../../src/index.js';
import * as autoregressiveReference from '../reference/autoregressive.js';
import type { Layer } from '../reference/chain.js';
import * as couplingReference from '../reference/coupling.js';
import type { ElementwiseMap } from '../reference/elementwise.js';
import { additive } from '../reference/maps/additive.js';
import { affine } from '../reference/maps/affine.js';
import { spline } from '../reference/maps/spline.js';
import type { NetworkShape } from '../reference/network.js';
import type { Random } from '../reference/random.js';

const SPLINE = { bins: 2, minWidth: 1e-3, minHeight: 1e-3, minDerivative: 1e-3, logitScale: 1, boundary: 'linear' } as const;

/** A map of the library, and the same of the reference. */
const MAPS = {
  softclip: { map: maps.affine(), reference: affine('softclip') },
  exp: { map: maps.affine({ scale: 'exp' }), reference: affine('exp') },
  additive: { map: maps.additive(), reference: additive },
  spline: { map: maps.spline({ ...SPLINE, bound: [-3, 3] }), reference: spline({ ...SPLINE, low: -3, high: 3 }) },
} as const satisfies Record<string, { map: AutoregressiveOptions['map']; reference: ElementwiseMap }>;

interface Settings {
  readonly map: keyof typeof MAPS;
  readonly activation: NetworkShape['activation'];
  /** Widths for that dimension. */
  readonly hidden: (dim: number) => readonly number[];
  readonly residual?: boolean;
  readonly context?: number;
}

type Marked = (dim: number) => { given: Mask; moves: boolean[] };

/** What the library and the reference have in common. */
function common({ map, activation, hidden, residual = false, context = 0 }: Settings, dim: number) {
  return { activation, hidden: hidden(dim), residual, context, parameterCount: MAPS[map].map.parameterCount };
}

function optionsOf(settings: Settings, dim: number): AutoregressiveOptions {
  const { activation, hidden, residual, context } = common(settings, dim);
  return { map: MAPS[settings.map].map, activation, hidden, residual, context };
}

function familyOf<S>(
  transform: (dim: number) => Transform,
  reference: { count(shape: S): number; layer<T>(shape: S, vector: readonly T[], context?: readonly T[]): Layer<T> },
  shape: (dim: number) => S,
) {
  const count = (dim: number): number => reference.count(shape(dim));
  return {
    transform,
    count,
    reference: <T>(vector: readonly T[], dim: number, context?: readonly T[]): Layer<T> =>
      reference.layer(shape(dim), vector, context),
    random: (random: Random, dim: number) => random.normals(count(dim)),
  };
}

export function couplingFamily(settings: Settings & { mask: Marked }) {
  const { given, moves } = { given: (dim: number) => settings.mask(dim).given, moves: (dim: number) => settings.mask(dim).moves };
  return familyOf<couplingReference.Coupling>(
    (dim) => coupling(dim, { ...optionsOf(settings, dim), ...(dim > 1 && { mask: given(dim) }) }),
    couplingReference,
    (dim) => ({ ...common(settings, dim), map: MAPS[settings.map].reference, mask: dim === 1 ? [true] : moves(dim) }),
  );
}

export function autoregressiveFamily(settings: Settings & { order?: (dim: number) => readonly number[] }) {
  const { order } = settings;
  return familyOf<autoregressiveReference.Autoregressive>(
    (dim) => autoregressive(dim, { ...optionsOf(settings, dim), ...(order && { order: order(dim) }) }),
    autoregressiveReference,
    (dim) => ({
      ...common(settings, dim),
      map: MAPS[settings.map].reference,
      dim,
      order: order?.(dim) ?? Array.from({ length: dim }, (_, j) => j),
    }),
  );
}

const marked =
  (given: Mask, moves: (j: number, dim: number) => boolean): Marked =>
  (dim) => ({ given, moves: Array.from({ length: dim }, (_, j) => moves(j, dim)) });

/** What the library is given, and the same spelled out. */
export const masks = {
  odd: marked('odd', (j) => j % 2 === 1),
  even: marked('even', (j) => j % 2 === 0),
  firstHalf: marked('first-half', (j, dim) => 2 * j < dim),
  secondHalf: marked('second-half', (j, dim) => 2 * j >= dim),
  /** All but the second. */
  custom: (dim: number) => {
    const moves = Array.from({ length: dim }, (_, j) => j !== 1);
    return { given: moves, moves };
  },
};

/** Wide enough for every feature to be seen, up to what sixty digits are through in time. */
export const seeing = (dim: number): readonly number[] => [Math.max(3, Math.min(dim - 1, 4))];
