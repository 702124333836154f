import { describe, expect, it } from 'vitest';
import { energies, energy, fitToTarget, Flow, matmul, model, normal, planar, real, sum } from '../../src/index.js';
import { arena, Arena, OutOfMemoryError } from '../../src/runtime/memory.js';
import { Random } from '../reference/random.js';

const PAGE = 65536;
const small = (maximum: number): Arena => new Arena(new WebAssembly.Memory({ initial: 1, maximum, shared: true }), 1000);

describe('Arena', () => {
  it('hands out aligned spans that do not overlap, and takes them back', () => {
    const memory = small(64);
    const random = new Random(1);
    const live = new Map<number, number>();
    for (let k = 0; k < 2000; k++) {
      if (live.size > 0 && random.uniform() < 0.45) {
        const start = [...live.keys()][random.below(live.size)];
        live.delete(start);
        memory.free(start);
        continue;
      }
      const bytes = 1 + random.below(3000);
      const start = memory.allocate(bytes);
      expect(start % 64).toBe(0);
      expect(start).toBeGreaterThanOrEqual(1000);
      for (const [other, size] of live) expect(start + bytes <= other || other + size <= start).toBe(true);
      live.set(start, bytes);
    }
    for (const start of live.keys()) memory.free(start);
    expect(memory.allocatedBytes).toBe(0);
    const whole = memory.f64.byteLength - 1024;
    expect(memory.allocate(whole)).toBe(1024); // all of it is one span again
  });

  it('grows, with new views', () => {
    const memory = small(8);
    const start = memory.allocate(3 * PAGE);
    memory.f64[start / 8 + 3 * (PAGE / 8) - 1] = 7;
    expect(memory.f64[start / 8 + 3 * (PAGE / 8) - 1]).toBe(7);
    expect(memory.i32.byteLength).toBe(memory.f64.byteLength);
  });

  it('says when memory is out, and stays as it was', () => {
    const memory = small(4);
    const first = memory.allocate(PAGE);
    const before = memory.allocatedBytes;
    expect(() => memory.allocate(10 * PAGE)).toThrow(OutOfMemoryError);
    expect(() => memory.allocate(10 * PAGE)).toThrow(/655360 more bytes were asked for with 65536 in use.*dispose\(\)/);
    expect(memory.allocatedBytes).toBe(before);
    memory.free(first);
    expect(memory.allocate(3 * PAGE)).toBeGreaterThan(0);
  });

  it('refuses to free what it did not hand out', () => {
    const memory = small(2);
    const start = memory.allocate(10);
    memory.free(start);
    expect(() => memory.free(start)).toThrow(/must be an allocated address/);
  });
});

describe('flows in the arena', () => {
  it('a thousand flows made, used and disposed leave nothing behind', () => {
    const use = (): void => {
      const flow = new Flow({ base: normal(3), transforms: [planar(3), planar(3)], seed: 1 });
      flow.logProbAndGradient(flow.sample(10));
      flow.check(flow.sample(3));
      flow.dispose();
    };
    use();
    const before = arena().allocatedBytes;
    for (let k = 0; k < 1000; k++) use();
    expect(arena().allocatedBytes).toBe(before);
  });

  it('a fit that runs out of memory rejects, and leaves it as it was', async () => {
    const flow = new Flow({ base: normal(2), transforms: [planar(2)] });
    const hogs = fill();
    try {
      let refused = 0;
      for (let error: unknown = true; error !== undefined; arena().free(hogs.pop()!)) {
        const before = arena().allocatedBytes;
        error = await fitToTarget(flow, energies.u1, { steps: 1 }).then(
          () => undefined,
          (reason: unknown) => reason,
        );
        if (error === undefined) continue;
        refused++;
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(arena().allocatedBytes).toBe(before);
      }
      expect(refused).toBeGreaterThan(1);
    } finally {
      for (const hog of hogs) arena().free(hog);
    }
    flow.dispose();
  });

  it.each<[string, (flow: Flow) => unknown]>([
    ['forward', (flow) => flow.forward([[1, 2]])],
    ['inverse', (flow) => flow.inverse([[1, 2]])],
    ['forwardVjp', (flow) => flow.forwardVjp([[1, 2]], {})],
    ['logProb', (flow) => flow.logProb([[1, 2]])],
    ['logProbAndGradient', (flow) => flow.logProbAndGradient([[1, 2]])],
    ['sample', (flow) => flow.sample(1)],
    ['sampleAndLogProb', (flow) => flow.sampleAndLogProb(1)],
    ['a target', () => energy(2).logProb([[1, 2]])],
  ])('%s that runs out of memory throws, and leaves it as it was', async (_, call) => {
    const flow = new Flow({ base: normal(2), transforms: Array.from({ length: 40 }, () => planar(2)) });
    const expected = new Flow({ base: normal(2), transforms: flow.transforms });
    const hogs = fill(64);
    try {
      let refused = 0;
      for (let error: unknown = true; error !== undefined; arena().free(hogs.pop()!)) {
        const before = arena().allocatedBytes;
        error = undefined;
        try {
          call(flow);
        } catch (thrown) {
          error = thrown;
          refused++;
          expect(error).toBeInstanceOf(OutOfMemoryError);
          expect(arena().allocatedBytes).toBe(before);
        }
      }
      expect(refused).toBeGreaterThan(0);
    } finally {
      for (const hog of hogs) arena().free(hog);
    }
    expect(flow.sample(2, { seed: 1 })).toEqual(expected.sample(2, { seed: 1 }));
    flow.dispose();
    expected.dispose();
  });

  it('the memory for the areas that calls share is had whole or not at all', () => {
    let refused = 0;
    for (let bytes = 2 ** 16, error: unknown = true; error !== undefined; bytes = Math.ceil(1.02 * bytes)) {
      const flow = new Flow({ base: normal(1000), transforms: [planar(1000)] });
      const room = arena().allocate(bytes);
      const hogs = fill();
      arena().free(room);
      const before = arena().allocatedBytes;
      try {
        error = undefined;
        flow.inverse(new Float64Array(1000));
      } catch (thrown) {
        error = thrown;
        refused++;
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(arena().allocatedBytes).toBe(before);
      } finally {
        for (const hog of hogs) arena().free(hog);
        flow.dispose();
      }
    }
    expect(refused).toBeGreaterThan(1);
  });

  it('targets keep nothing, but for the last one', () => {
    energy(1).logProb([[1, 2]]);
    const before = arena().allocatedBytes;
    for (let k = 0; k < 100; k++) energy(2, { envelope: k % 2 === 0 }).logProbAndGradient([[1, 2]]);
    expect(arena().allocatedBytes).toBe(before);
  });

  it('a target of much data does not stay', () => {
    const [few, many] = [16, 2 ** 14].map((width) => {
      const x = Array.from({ length: 128 }, () => new Float64Array(width));
      return model({ beta: real(width) }, ({ beta }) => sum(matmul(x, beta))).bind({});
    });
    for (const target of [few, many]) target.logProb(new Float64Array(target.dim)); // the tiles' blocks stay
    energy(1).logProb([[1, 2]]);
    const before = arena().allocatedBytes;
    many.logProb(new Float64Array(many.dim));
    expect(arena().allocatedBytes).toBe(before);
    few.logProb(new Float64Array(few.dim));
    expect(arena().allocatedBytes).toBeGreaterThan(before + 8 * 2 * 128 * 16);
    expect(arena().allocatedBytes).toBeLessThan(before + 8 * 4 * 128 * 16);
  });

  it('targets by turns give what each gives alone', () => {
    const targets = [energy(1), energy(2), energy(1, { envelope: false })];
    const x = [
      [1, 2],
      [-3, 0.5],
    ];
    const alone = targets.map((target) => [target.logProbAndGradient(x), target.logProbAndGradient(x.slice(1))]);
    for (let k = 0; k < 3; k++) {
      const byTurns = targets.map((target) => target.logProbAndGradient(x));
      expect(byTurns).toEqual(alone.map(([both]) => both));
      expect(targets.map((target) => target.logProbAndGradient(x.slice(1)))).toEqual(alone.map(([, one]) => one));
    }
  });

  it('a flow too large for the memory throws, and leaves it as it was', () => {
    const hogs = fill();
    try {
      const before = arena().allocatedBytes;
      for (const dim of [10_000, 100_000, 1_000_000, 4_000_000]) {
        expect(() => new Flow({ base: normal(dim), transforms: [planar(dim)], seed: 1 })).toThrow(OutOfMemoryError);
        expect(arena().allocatedBytes).toBe(before);
      }
      arena().free(hogs.shift()!); // room for the parameters, and not for the random numbers that they are made of
      expect(() => new Flow({ base: normal(2 ** 23), transforms: [planar(2 ** 23)], seed: 1 })).toThrow(OutOfMemoryError);
      expect(arena().allocatedBytes).toBe(before - 2 ** 28);
    } finally {
      for (const hog of hogs) arena().free(hog);
    }
    const flow = new Flow({ base: normal(2), transforms: [planar(2)] });
    expect(flow.sample(2)).toHaveLength(4);
    flow.dispose();
  });
});

/** Takes all of the memory but crumbs, shorter than `least` bytes. */
function fill(least = 2 ** 14): number[] {
  const hogs: number[] = [];
  for (let bytes = 2 ** 28; bytes >= least; bytes /= 2) {
    try {
      for (;;) hogs.push(arena().allocate(bytes));
    } catch {
      continue;
    }
  }
  return hogs;
}

describe('wide rows', () => {
  it('a row of 100 000 is staged a tile at a time, whatever is asked of it', () => {
    const dim = 100_000;
    const flow = new Flow({ base: normal(dim), transforms: [planar(dim)], seed: 1 });
    const before = arena().allocatedBytes;
    const { x, logProb } = flow.sampleAndLogProb(1, { seed: 1 });
    const tolerance = 1e-9 * Math.abs(logProb[0]);
    expect(Math.abs(flow.logProb(x)[0] - logProb[0])).toBeLessThan(tolerance);
    expect(Math.abs(flow.logProbAndGradient(x).logProb[0] - logProb[0])).toBeLessThan(tolerance);
    expect(arena().allocatedBytes - before).toBeLessThan(400e6);
    flow.dispose();
  });

  it('more of them than are staged at a time give what each gives alone', () => {
    const [dim, rows] = [2000, 300];
    const flow = new Flow({ base: normal(dim), transforms: [planar(dim)], seed: 1 });
    const x = flow.sample(rows, { seed: 2 });
    const { logProb, dx, dParameters } = flow.logProbAndGradient(x);
    expect(flow.logProb(x)).toEqual(logProb);
    const sum = new Float64Array(dParameters.length);
    for (let r = 0; r < rows; r++) {
      const alone = flow.logProbAndGradient(x.slice(r * dim, (r + 1) * dim));
      expect(alone.logProb[0]).toBe(logProb[r]);
      expect(alone.dx).toEqual(dx.slice(r * dim, (r + 1) * dim));
      alone.dParameters.forEach((value, k) => (sum[k] += value));
    }
    const largest = dParameters.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    dParameters.forEach((value, k) => expect(Math.abs(value - sum[k])).toBeLessThan(1e-11 * largest));
    flow.dispose();
  });
});
