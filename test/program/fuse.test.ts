// A layer that begins the next one gives the bits that the two give apart.

import { describe, expect, it } from 'vitest';
import { Flow, normal, planar, radial } from '../../src/index.js';
import { Random } from '../reference/random.js';

describe.each([
  { name: 'planar', transform: planar },
  { name: 'radial', transform: radial },
])('consecutive $name layers', ({ transform }) => {
  it.each([1, 2, 3, 8])('d %i: together and one after the other', (dim) => {
    const random = new Random(dim);
    const flow = (count: number): Flow =>
      new Flow({ base: normal(dim), transforms: Array.from({ length: count }, () => transform(dim)), seed: 1 });
    const [together, alone] = [flow(4), flow(1)];
    together.setParameters(random.normals(together.parameterCount));
    for (const rows of [1, 7, 8, 133, 300]) {
      const z = Float64Array.from(random.normals(rows * dim, 2));
      let x: Float64Array = z;
      for (let k = 0; k < 4; k++) {
        alone.setParameters(together.getParameters().slice(k * alone.parameterCount, (k + 1) * alone.parameterCount));
        x = alone.forward(x).x;
      }
      expect(together.forward(z).x).toEqual(x);
    }
  });
});
