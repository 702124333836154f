// What every runtime computes: every kind of call and fit, each result hashed byte by byte. Plain ES, no runtime's own API, and no inexact
// Math: the same file runs in servers, browsers and bundles.

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** SHA-256 of the bytes of all arrays, one after the other. */
async function digest(...arrays) {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let offset = 0;
  for (const { buffer, byteOffset, byteLength } of arrays) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return hex(await crypto.subtle.digest('SHA-256', bytes));
}

/** The fits whose parameters' hashes test/inference/published-hashes.test.ts publishes. */
const published = (transform, target) => async (lib) => {
  const flow = new lib.Flow({
    base: lib.normal(2, { trainable: true }),
    transforms: Array.from({ length: 8 }, () => transform(lib)(2)),
    seed: 1,
  });
  await lib.fitToTarget(flow, target(lib), { steps: 1000, batchSize: 128 });
  const result = await digest(flow.getParameters());
  flow.dispose();
  return result;
};

/** A few steps of a batch that many threads share. */
const large = (target) => async (lib) => {
  const { Flow, affine, fitToTarget, normal, planar, radial } = lib;
  const flow = new Flow({ base: normal(2), transforms: [planar(2), radial(2), affine(2), planar(2), radial(2)], seed: 2 });
  const fit = await fitToTarget(flow, target(lib), { steps: 60, batchSize: 8192 });
  const result = await digest(flow.getParameters(), fit.trace, Float64Array.of(fit.freeEnergy, fit.standardError));
  flow.dispose();
  return result;
};

/** A normal distribution around (1, −1), in arithmetic that IEEE 754 rounds in one way. */
const callback = ({ targetFromFunction }) =>
  targetFromFunction(2, (x, logProb, gradient) => {
    for (let i = 0; i < logProb.length; i++) {
      const a = x[2 * i] - 1;
      const b = x[2 * i + 1] + 1;
      logProb[i] = -2 * (a * a) - 0.5 * (b * b);
      gradient[2 * i] = -4 * a;
      gradient[2 * i + 1] = -b;
    }
  });

const SAMPLES = 100_000;
const ROWS = 20_011;

/** Calls of a flow away from its initial parameters. */
const evaluate = (dim, layers, call) => async (lib) => {
  const { Flow, affine, normal, planar, radial } = lib;
  const kinds = [planar, radial, affine];
  const flow = new Flow({
    base: normal(dim, { trainable: true }),
    transforms: Array.from({ length: layers }, (_, k) => kinds[k % kinds.length](dim)),
    seed: 3,
  });
  flow.setParameters(flow.getParameters().map((value, i) => value + ((i * 37) % 64) / 512));
  const result = await digest(...call(flow));
  flow.dispose();
  return result;
};

/** Every modern layer at once, away from its initial parameters, with a context. */
const modern = (call) => async (lib) => {
  const {
    Flow,
    autoregressive,
    conditional,
    conditionalNormal,
    coupling,
    elementwise,
    householder,
    invert,
    lu,
    maps,
    planar,
    sylvester,
  } = lib;
  const network = { hidden: [20, 20], context: 2 };
  const flow = new Flow({
    base: conditionalNormal(4, { context: 2, hidden: [8], activation: 'silu' }),
    transforms: [
      coupling(4, { ...network, map: maps.spline(), activation: 'elu' }),
      lu(4),
      invert(autoregressive(4, { ...network, activation: 'tanh', residual: true })),
      sylvester(4, { kind: 'orthogonal', rank: 2 }),
      autoregressive(4, { ...network, map: maps.spline({ bins: 4 }), order: [3, 1, 0, 2], activation: 'gelu' }),
      householder(4, { reflections: 3 }),
      conditional(planar(4), { context: 2, hidden: [8], activation: 'softplus' }),
      elementwise(4, maps.interval({ low: -1, high: 2 })),
    ],
    seed: 4,
  });
  flow.setParameters(flow.getParameters().map((value, i) => value + ((i * 37) % 64) / 1024 - 1 / 32));
  const result = await digest(...call(flow));
  flow.dispose();
  return result;
};

/** A spline flow’s fit to data, with its early stopping; its networks are wide enough to leave zeros out. */
const dataFit = async (lib) => {
  const flow = lib.nsf({ dim: 2, layers: 3, hidden: [64, 64], seed: 1 });
  const { trace, trainNll, validationNll } = await lib.fitToData(flow, rows(2).subarray(0, 4000), { steps: 60, batchSize: 512 });
  const result = await digest(flow.getParameters(), trace, Float64Array.of(trainNll, validationNll));
  flow.dispose();
  return result;
};

/** A model's log density and gradient, through every kind of operation. */
const posterior = async (lib) => {
  const { add, at, cholesky, erf, exp, interval, lgamma, logDensity, logSumExp, lowerSolve, matmul, model, mul, normalLogCdf } =
    lib;
  const { positive, pow, real, simplex, stack, sum, where, less, mean } = lib;
  const data = { x: [[1, 2, -1], [0.5, -3, 2], [2, 0, 1], [-1, 1, 1]], y: [1, 0, 1, 1], counts: [3, 0, 12] }; // prettier-ignore
  const mixed = model(
    { beta: real(3), tau: positive(), p: interval(0, 1), shares: simplex(3) },
    ({ beta, tau, p, shares }, known) => {
      const factor = cholesky(add([[2, 0.3], [0.3, 1]], mul(tau, [[1, 0], [0, 1]]))); // prettier-ignore
      return sum(
        logDensity.studentT(beta, 4, 0, tau),
        logDensity.bernoulliLogit(known.y, matmul(known.x, beta)),
        logDensity.negativeBinomial(known.counts, exp(beta), tau),
        logDensity.dirichlet(shares, [2, 3, 0.5]),
        lowerSolve(factor, stack(p, at(beta, 1))),
        logSumExp(mul(beta, tau)),
        where(less(beta, 0), erf(beta), normalLogCdf(beta)),
        lgamma(add(tau, p)),
        pow(tau, p),
        mean(shares),
      );
    },
  ).bind(data);
  const { logProb, dx } = mixed.logProbAndGradient(rows(mixed.dim).subarray(0, 3000 * mixed.dim));
  return digest(logProb, dx);
};

/** From a model to the verdict, with a sum in slices, distribution functions, predictions and a picture. */
const posteriorFit = async ({ add, exp, fitPosterior, logCcdf, logDensity, model, mul, plot, positive, real, sum }) => {
  const x = Array.from({ length: 300 }, (_, i) => ((37 * i) % 101) / 50 - 1);
  const data = { x, y: x.map((each, i) => 1 + 2 * each + ((53 * i) % 29) / 29), censored: [3, 4] };
  const line = model(
    { slope: real(), intercept: real(), sigma: positive() },
    ({ slope, intercept, sigma }, known) =>
      sum(
        logDensity.normal(slope, 0, 5),
        logDensity.normal(intercept, 0, 5),
        logDensity.halfCauchy(sigma, 1),
        logDensity.normal(known.y, add(intercept, mul(slope, known.x)), sigma),
        logCcdf.gamma(known.censored, exp(intercept), sigma),
      ),
    { pointwise: ({ slope, intercept, sigma }, known) => logDensity.normal(known.y, add(intercept, mul(slope, known.x)), sigma) },
  );
  const fit = await fitPosterior(line, { data, seed: 1, restarts: 1, steps: 100, draws: 500 });
  const summary = fit.summary();
  const predicted = fit.generate(({ slope, sigma }, random) => random.normal(slope, sigma) + random.poisson(40), 100);
  const picture = plot.marginals(fit.columns(500));
  return digest(
    fit.flow.getParameters(),
    Float64Array.from(summary.rows.flatMap(({ mean, sd, q5, q95, mcse }) => [mean, sd, q5, q95, mcse])),
    Float64Array.of(summary.khat, summary.elbo, summary.logEvidence, fit.loo().elpd),
    Float64Array.from(predicted),
    Float64Array.from(picture, (character) => character.charCodeAt(0)),
  );
};

/** Rows that no sampler made. */
const rows = (dim) => Float64Array.from({ length: ROWS * dim }, (_, i) => ((i * 7919) % 4093) / 1024 - 2);

const PARTS = {
  'planar fit': published(
    ({ planar }) => planar,
    ({ energies }) => energies.u1,
  ),
  'radial fit': published(
    ({ radial }) => radial,
    ({ energies }) => energies.u4,
  ),
  'large fit': large(({ energies }) => energies.u2),
  'callback fit': large(callback),
  samples: evaluate(16, 12, (flow) => Object.values(flow.sampleAndLogProb(SAMPLES, { seed: 5 }))),
  logProb: evaluate(5, 12, (flow) => [flow.logProb(rows(5))]),
  gradient: evaluate(5, 12, (flow) => {
    const { logProb, dx, dParameters } = flow.logProbAndGradient(rows(5));
    return [logProb, dx, dParameters];
  }),
  inverse: evaluate(3, 6, (flow) => Object.values(flow.inverse(rows(3)))),
  'modern samples': modern((flow) => Object.values(flow.sampleAndLogProb(3000, { seed: 5, context: [[0.5, -1]] }))),
  'modern gradient': modern((flow) => {
    const x = rows(4)
      .subarray(0, 4 * 1500)
      .map((value) => 0.5 + value / 2);
    const { logProb, dx, dParameters, dContext } = flow.logProbAndGradient(x, { context: rows(2).subarray(0, 2 * 1500) });
    return [logProb, dx, dParameters, dContext];
  }),
  'data fit': dataFit,
  posterior,
  'posterior fit': posteriorFit,
  psis: ({ psis }) => {
    const { logWeights, paretoK, ess } = psis(rows(1).subarray(0, 1500));
    return digest(logWeights, Float64Array.of(paretoK, ess));
  },
  forward: evaluate(3, 6, (flow) => Object.values(flow.forward(rows(3)))),
};

/** What a consumer's bundle runs. */
export const SMALL = ['planar fit', 'callback fit', 'samples'];

/**
 * The hash of every part, for every number of threads.
 *
 * @param lib the library's exports
 * @param counts numbers of threads to ask for
 * @param parts names of parts, by default all
 * @returns for each count: `asked`, the `threads` there were, the `reason` if they are fewer, and `parts` by name
 */
export async function scenario(lib, counts = [1, 2, 3, 8], parts = Object.keys(PARTS)) {
  const runs = [];
  for (const asked of counts) {
    await lib.setThreads(asked);
    const hashes = {};
    for (const part of parts) hashes[part] = await PARTS[part](lib);
    const { count: threads, reason } = lib.threads();
    runs.push({ asked, threads, reason, parts: hashes });
  }
  return runs;
}

/** Runs it and prints one line that says how it went, where scripts and pages alike are heard. */
export async function report(lib, counts, parts) {
  try {
    const runs = await scenario(lib, counts, parts);
    console.log(`RESULT ${JSON.stringify({ runs, isolated: globalThis.crossOriginIsolated })}`);
  } catch (error) {
    console.log(`FAILED ${error.name}: ${error.message}`);
  }
}
