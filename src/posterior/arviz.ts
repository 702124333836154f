// What ArviZ's `from_json` reads: https://python.arviz.org/en/stable/api/generated/arviz.from_json.html, which gives it to `from_dict`
//
//   group → variable → [chain][draw][…shape], of observed data [...shape]; dims: variable → names of the axes of its shape; coords: such a name → what its
//   places are called

import { describe } from '../arguments.js';
import { version } from '../version.js';

/** An array as JSON has it. */
export type Nested = number | readonly Nested[];

/** A quantity of one draw, or data: a number, a vector, a matrix, … */
export type Quantity = number | ArrayLike<number> | readonly Quantity[];

type Group = Readonly<Record<string, Nested>>;
type Labels = Readonly<Record<string, readonly (string | number)[]>>;

export interface InferenceDataJson {
  readonly posterior: Group;
  readonly posterior_predictive?: Group;
  readonly log_likelihood?: Group;
  readonly observed_data?: Group;
  readonly coords?: Labels;
  readonly dims?: Readonly<Record<string, readonly string[]>>;
  readonly attrs: Readonly<Record<string, string>>;
}

export const ATTRIBUTES = { inference_library: 'normalizing-flows', inference_library_version: version };

/** One chain of draws [n × size], with the parameter's axes. */
export function chainOf(values: Float64Array, n: number, shape: readonly number[]): Nested {
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

/**
 * One chain of each quantity, from all quantities of each draw.
 *
 * @throws {TypeError} for what is no object of numbers and arrays
 * @throws {RangeError} where a draw has other quantities than the first one, or another shape
 */
export function chainsOf(where: string, draws: readonly Readonly<Record<string, Quantity>>[]): Record<string, Nested> {
  const each = draws.map((quantities) => groupOf(where, quantities));
  const shapes = JSON.stringify(shapesOf(each[0]));
  const odd = each.findIndex((quantities) => JSON.stringify(shapesOf(quantities)) !== shapes);
  if (odd >= 0)
    throw new RangeError(
      `${where}: each draw must have the same quantities, ${shapes}; got ${JSON.stringify(shapesOf(each[odd]))} of draw ${odd}.`,
    );
  return Object.fromEntries(Object.keys(each[0]).map((name) => [name, [each.map((quantities) => quantities[name])]]));
}

/** @throws {TypeError} for what is no object of numbers and arrays */
export function groupOf(where: string, quantities: Readonly<Record<string, Quantity>>): Record<string, Nested> {
  if (quantities === null || typeof quantities !== 'object')
    throw new TypeError(`${where}: quantities must be an object of numbers and arrays by name; got ${describe(quantities)}.`);
  return Object.fromEntries(
    Object.entries(quantities).map(([name, quantity]) => [name, nestedOf(`${where}: ${name}`, quantity)]),
  );
}

function nestedOf(where: string, quantity: unknown): Nested {
  if (typeof quantity === 'number') return quantity;
  if (Array.isArray(quantity) || ArrayBuffer.isView(quantity)) {
    const parts = Array.from(quantity as unknown as ArrayLike<unknown>, (part) => nestedOf(where, part));
    if (parts.every((part) => shapeOf(part).join() === shapeOf(parts[0]).join())) return parts;
  }
  throw new TypeError(`${where} must be a number, or an array whose rows have one length; got ${describe(quantity)}.`);
}

function shapesOf(group: Group): Record<string, readonly number[]> {
  return Object.fromEntries(Object.entries(group).map(([name, nested]) => [name, shapeOf(nested)]));
}

function shapeOf(nested: Nested): readonly number[] {
  return typeof nested === 'number' ? [] : [nested.length, ...(nested.length === 0 ? [] : shapeOf(nested[0]))];
}

/**
 * Holds names of axes and of places against the variables.
 *
 * @throws {RangeError} for a name that no variable has, or of which there are more or fewer than axes or places
 */
export function requireLabels(
  where: string,
  { posterior, posterior_predictive = {}, log_likelihood = {}, observed_data = {}, dims = {}, coords = {} }: InferenceDataJson,
): void {
  const chains = [posterior, posterior_predictive, log_likelihood].flatMap((group) => Object.entries(shapesOf(group)));
  const variables = [
    ...chains.map(([name, shape]) => [name, shape.slice(2)] as const),
    ...Object.entries(shapesOf(observed_data)),
  ];
  for (const [name, axes] of Object.entries(dims)) {
    const shapes = variables.filter(([variable]) => variable === name).map(([, shape]) => shape);
    if (shapes.length === 0) throw new RangeError(`${where}: dims must be of variables; got '${name}'.`);
    for (const shape of shapes) {
      if (shape.length !== axes.length)
        throw new RangeError(`${where}: dims.${name} must name each of ${shape.length} axes; got ${axes.length} names.`);
      axes.forEach((axis, k) => {
        const places = coords[axis]?.length ?? shape[k];
        if (places !== shape[k])
          throw new RangeError(`${where}: coords.${axis} must name the ${shape[k]} places of ${name}; got ${places} names.`);
      });
    }
  }
  const unknown = Object.keys(coords).find((axis) => !Object.values(dims).some((axes) => axes.includes(axis)));
  if (unknown !== undefined) throw new RangeError(`${where}: coords must be of axes that dims names; got '${unknown}'.`);
}
