import { beforeAll, describe, expect, it } from 'vitest';
import {
  Flow,
  FlowFileError,
  type PosteriorFit,
  SafetensorsError,
  type Value,
  fitPosterior,
  loadPosterior,
  logDensity,
  model,
  mul,
  positive,
  real,
  sum,
} from '../../src/index.js';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';

type Line = { x: number[]; y: number[] };

const parameters = { slope: real(), sigma: positive() };
const likelihood = ({ slope, sigma }: Record<'slope' | 'sigma', Value>, { x, y }: Line): Value =>
  logDensity.normal(y, mul(slope, x), sigma);
const line = (priorScale: number) =>
  model<typeof parameters, Line>(
    parameters,
    (own, known) => sum(logDensity.normal(own.slope, 0, priorScale), logDensity.halfCauchy(own.sigma, 1), likelihood(own, known)),
    { pointwise: likelihood },
  );
const data = { x: [1, 2, 3, 4], y: [1.1, 1.9, 3.2, 3.8] };

let fit: PosteriorFit<typeof parameters>;
let bytes: Uint8Array;
beforeAll(async () => {
  fit = await fitPosterior(line(5), { data, seed: 1, steps: 200, draws: 1000 });
  bytes = fit.save();
});

/** The file with other metadata. */
function altered(change: (about: Record<string, unknown>) => void, drop?: string): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const about = JSON.parse(metadata.posterior) as Record<string, unknown>;
  change(about);
  if (drop !== undefined) tensors.delete(drop);
  return encodeSafetensors(tensors, { ...metadata, posterior: JSON.stringify(about) });
}

describe('a fit as a file', () => {
  it('says, draws and predicts the same, to the byte', () => {
    const again = loadPosterior(bytes, line(5), { data });
    expect(String(again.summary())).toBe(String(fit.summary()));
    expect(again.summary()).toEqual(fit.summary());
    for (const corrected of [true, false])
      expect(again.draws(300, { seed: 2, corrected })).toEqual(fit.draws(300, { seed: 2, corrected }));
    expect(again.generate(({ slope }, random) => random.normal(slope), 5)).toEqual(
      fit.generate(({ slope }, random) => random.normal(slope), 5),
    );
    expect(again.loo()).toEqual(fit.loo());
    expect(again.restarts.map(({ trace, seed }) => [trace, seed])).toEqual(fit.restarts.map(({ trace, seed }) => [trace, seed]));
    expect(again.save()).toEqual(bytes);
    expect(Flow.load(bytes).sample(3, { seed: 1 })).toEqual(fit.flow.sample(3, { seed: 1 }));
  });

  it('keeps why it is not to be trusted', async () => {
    const growing = model({ x: real() }, ({ x }) => mul(x, x));
    const improper = await fitPosterior(growing, { restarts: 1, steps: 500, draws: 500 });
    const again = loadPosterior(improper.save(), growing);
    expect(again.summary().trust).toBe(improper.summary().trust);
    expect(again.summary().trust).toMatch(/diverged|improper/);
  });

  it('is of its model and data', () => {
    expect(() => loadPosterior(bytes, line(4), { data })).toThrow(
      /^loadPosterior: model and data must be those of the file, whose log density at draw 0 is -?\d.*; got -?\d.*\.$/,
    );
    expect(() => loadPosterior(bytes, line(5), { data: { ...data, y: [1.1, 1.9, 3.2, 3.81] } })).toThrow(RangeError);
    const other = model({ slope: real(), tau: positive() }, ({ slope, tau }) =>
      sum(logDensity.normal(slope, 0, 1), logDensity.halfNormal(tau, 1)),
    );
    expect(() => loadPosterior(bytes, other)).toThrow(
      'loadPosterior: model must have the parameters of the file, slope, sigma; got slope, tau.',
    );
    expect(() => loadPosterior(bytes, {} as never)).toThrow('loadPosterior: model must be made by model(…); got Object.');
    expect(() => loadPosterior(bytes, line(5), { data, seed: 1 } as never)).toThrow(TypeError);
  });

  it('is not believed', () => {
    const load = (file: Uint8Array): unknown => loadPosterior(file, line(5), { data });
    expect(() => load(new Uint8Array(3))).toThrow(SafetensorsError);
    expect(() => load([1] as never)).toThrow(TypeError);
    expect(() => load(fit.flow.save())).toThrow(
      'loadPosterior: bytes must be what PosteriorFit.save gave; got a flow without its fit.',
    );
    const changes: [RegExp, (about: Record<string, unknown>) => void, string?][] = [
      [/names must be a list of texts/, (about) => (about.names = 3)],
      [/restarts must be a list/, (about) => (about.restarts = [])],
      [/best must be an integer from 0 to 2; got 3/, (about) => (about.best = 3)],
      [/restarts\[0\].seed must be a string of digits/, (about) => ((about.restarts as { seed: number }[])[0].seed = -1)],
      [/restarts\[1\].notes must be/, (about) => ((about.restarts as { notes: unknown }[])[1].notes = [1])],
      [/tensors must hold 'fit.2.u'; got none/, () => undefined, 'fit.2.u'],
      [/tensors must hold 'fit.probes'; got none/, () => undefined, 'fit.probes'],
    ];
    for (const [message, change, drop] of changes) {
      const file = altered(change, drop);
      expect(() => load(file)).toThrow(FlowFileError);
      expect(() => load(file)).toThrow(message);
    }
    const { tensors, metadata } = decodeSafetensors(bytes);
    tensors.get('fit.1.u')!.data[5] = NaN;
    expect(() => load(encodeSafetensors(tensors, metadata))).toThrow('fit.1.u must be 1000 rows of 2 numbers; got others.');
  });
});
