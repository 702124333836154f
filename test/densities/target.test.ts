import { describe, expect, it } from 'vitest';
import { energies, targetFromFunction } from '../../src/index.js';

describe('targetFromFunction', () => {
  const target = targetFromFunction(2, (x, logProb, gradient) => {
    for (let i = 0; i < logProb.length; i++) {
      logProb[i] = -(x[2 * i] ** 2) - 3 * x[2 * i + 1];
      gradient[2 * i] = -2 * x[2 * i];
      gradient[2 * i + 1] = -3;
    }
  });

  it('gives what the function fills in', () => {
    expect(target.dim).toBe(2);
    expect(target.logProb([[1, 2]])).toEqual(Float64Array.of(-7));
    expect(target.logProbAndGradient(Float64Array.of(1, 2, 3, 4))).toEqual({
      logProb: Float64Array.of(-7, -21),
      dx: Float64Array.of(-2, -3, -6, -3),
    });
  });

  it('refuses what is no dim and no function, and rows of another dim', () => {
    expect(() => targetFromFunction(0, () => undefined)).toThrow(
      /^targetFromFunction: dim must be an integer of at least 1; got 0\.$/,
    );
    expect(() => targetFromFunction(1, 'f' as never)).toThrow(/^targetFromFunction: evaluate must be a function; got 'f'\.$/);
    expect(() => target.logProb([[1]])).toThrow(RangeError);
  });

  it('passes on what the function throws, and works on', () => {
    let calls = 0;
    const failing = targetFromFunction(1, () => {
      calls++;
      throw new Error('no data');
    });
    expect(() => failing.logProb([[1]])).toThrow('no data');
    expect(calls).toBe(1);
    expect(target.logProb([[1, 2]])).toEqual(Float64Array.of(-7));
  });

  it('refuses an asynchronous function', () => {
    const late = targetFromFunction(1, async () => {
      throw new Error('nobody hears this');
    });
    expect(() => late.logProb([[1]])).toThrow(
      /^Target\.logProb: the target's function must fill its arrays before it returns; got a promise\.$/,
    );
  });

  it('does not hand the caller’s array to the function', () => {
    const x = Float64Array.of(1, 2);
    targetFromFunction(1, (rows) => void rows.fill(0)).logProb(x);
    expect(x).toEqual(Float64Array.of(1, 2));
  });

  it('passes on no NaN, and −∞ outside a support', () => {
    const spoiled = (value: number, slope: number): ReturnType<typeof targetFromFunction> =>
      targetFromFunction(2, (_, logProb, gradient) => {
        logProb[1] = value;
        gradient[4] = slope;
      });
    const rows = new Float64Array(6);
    expect(() => spoiled(NaN, 0).logProb(rows)).toThrow(
      /^Target\.logProb: logProb must hold numbers; got NaN of the target's function at row 1\.$/,
    );
    expect(() => spoiled(NaN, 0).logProbAndGradient(rows)).toThrow(/^Target\.logProbAndGradient: logProb must .* at row 1\.$/);
    expect(() => spoiled(0, NaN).logProbAndGradient(rows)).toThrow(/^Target\.logProbAndGradient: gradient must .* at row 2\.$/);
    expect(spoiled(-Infinity, 0).logProb(rows)).toEqual(Float64Array.of(0, -Infinity, 0));
  });

  it('keeps the function from calling the library', () => {
    const calling = targetFromFunction(2, (x) => void energies.u1.logProb(x));
    expect(() => calling.logProb([[1, 1]])).toThrow(/must not be called from inside a target's function/);
    expect(energies.u1.logProb([[1, 1]])).toHaveLength(1);
  });
});
