import type { Parameter } from '../model/parameters.js';

type Nested = number | readonly Nested[];

/** What ArviZ's `from_json` reads: groups of variables, [chain][draw][…shape] each. */
export interface InferenceDataJson {
  readonly posterior: Readonly<Record<string, Nested>>;
  readonly log_likelihood?: Readonly<Record<string, Nested>>;
  readonly attrs?: Readonly<Record<string, string>>;
}

/** One chain of draws [n × size], with the parameter's axes. */
export function chainOf(values: Float64Array, n: number, shape: Parameter['shape']): Nested {
  return [
    Array.from({ length: n }, (_, i) => nest(values.subarray((i * values.length) / n, ((i + 1) * values.length) / n), shape)),
  ];
}

function nest(values: Float64Array, shape: readonly number[]): Nested {
  if (shape.length === 0) return values[0];
  const [length, ...rest] = shape;
  const size = values.length / length;
  return Array.from({ length }, (_, k) => nest(values.subarray(k * size, (k + 1) * size), rest));
}
