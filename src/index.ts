export { Flow, type FlowOptions, type MapOptions, type SampleOptions } from './flow.js';
export type { Audit } from './audit.js';
export type { Rows } from './arguments.js';

export { conditionalNormal, type ConditionalNormalOptions } from './bases/conditional-normal.js';
export { fullNormal, type FullNormalOptions, type Matrix } from './bases/full-normal.js';
export { mixture, type MixtureOptions } from './bases/mixture.js';
export { normal, type NormalOptions } from './bases/normal.js';
export { studentT, type StudentTOptions } from './bases/student-t.js';
export { uniform, type UniformOptions } from './bases/uniform.js';
export type { Base } from './bases/base.js';

export {
  iaf,
  maf,
  nice,
  nsf,
  planarFlow,
  radialFlow,
  realNvp,
  sylvesterFlow,
  type DataPresetOptions,
  type NsfOptions,
  type PresetOptions,
  type SylvesterPresetOptions,
} from './presets.js';

export { maps } from './maps/index.js';
export type { AffineMapOptions, Scale } from './maps/affine.js';
export type { LowerBoundOptions, UpperBoundOptions } from './maps/bound.js';
export type { IntervalOptions } from './maps/interval.js';
export type { LeakyReluOptions } from './maps/leaky-relu.js';
export type { Boundary, SplineMapOptions } from './maps/spline.js';
export type { ElementwiseMap } from './maps/map.js';

export { actNorm, standardize, type DataInitialized } from './transforms/act-norm.js';
export { affine } from './transforms/affine.js';
export { autoregressive, type AutoregressiveOptions } from './transforms/autoregressive.js';
export { chain } from './transforms/chain.js';
export { conditional, type ConditionalOptions } from './transforms/conditional.js';
export { coupling, type CouplingOptions, type Mask } from './transforms/coupling.js';
export { elementwise } from './transforms/elementwise.js';
export { invert } from './transforms/invert.js';
export { fullAffine, type FullAffineOptions } from './transforms/full-affine.js';
export { householder, orthogonal, type HouseholderOptions } from './transforms/householder.js';
export { lu } from './transforms/lu.js';
export { permutation, reversal } from './transforms/permutation.js';
export { planar } from './transforms/planar.js';
export { plu, type PluOptions } from './transforms/plu.js';
export { radial } from './transforms/radial.js';
export { supports } from './transforms/supports.js';
export { sylvester, type SylvesterOptions } from './transforms/sylvester.js';
export type { ParameterSpec, Transform } from './transforms/transform.js';

export type { Activation, NetworkOptions } from './nets/network.js';

export { energies, energy, type EnergyOptions } from './densities/energies.js';
export { targetFromFunction, type Target, type TargetFunction } from './densities/target.js';

export { logCcdf, logCdf, logDensity } from './model/densities.js';
export { model, type BoundModel, type Model, type ModelData, type ModelOptions, type TracedFunction } from './model/model.js';
export {
  abs,
  add,
  at,
  atan,
  cholesky,
  concat,
  cos,
  cumulativeSum,
  diagonal,
  digamma,
  div,
  dot,
  equal,
  erf,
  exp,
  expm1,
  gather,
  lbeta,
  less,
  lgamma,
  log,
  log1mExp,
  log1p,
  logAddExp,
  logDiffExp,
  logit,
  logMix,
  logSigmoid,
  logSoftmax,
  logSumExp,
  lowerSolve,
  matmul,
  maximum,
  mean,
  minimum,
  mul,
  neg,
  normalCdf,
  normalLogCdf,
  pow,
  reciprocal,
  reshape,
  sigmoid,
  sin,
  slice,
  softplus,
  sqrt,
  square,
  stack,
  sub,
  sum,
  tanh,
  transpose,
  where,
} from './model/operations.js';
export {
  choleskyCorrelation,
  interval,
  lowerBound,
  ordered,
  positive,
  positiveOrdered,
  real,
  simplex,
  upperBound,
  type Bound,
  type Parameter,
} from './model/parameters.js';
export type { Numeric, Shape, Value } from './model/value.js';

export { DivergenceError } from './inference/divergence.js';
export type { FitOptions } from './inference/fit-options.js';
export type { DataProgress, FitToDataOptions } from './inference/data-options.js';
export { fitToData, type DataFit } from './inference/fit-to-data.js';
export { fitToTarget, type TargetFit } from './inference/fit-to-target.js';
export type { Estimator } from './inference/fit-programs.js';
export type { FitProgress, FitToTargetOptions } from './inference/target-options.js';
export { psis, type SmoothedWeights } from './inference/psis.js';
export { adam, rmsProp, sgd, type Optimizer } from './inference/optimizers.js';
export { constant, cosineDecay, linearDecay, type Annealing, type Schedule } from './inference/schedules.js';

export { fitPosterior } from './posterior/fit-posterior.js';
export { loadPosterior } from './posterior/load-posterior.js';
export type { FitPosteriorOptions, PosteriorFlow, PosteriorProgress } from './posterior/options.js';
export type { DrawOptions, InferenceDataOptions, PosteriorFit, Restart } from './posterior/posterior-fit.js';
export type { RandomSource } from './posterior/random-source.js';
export type { InferenceDataJson } from './posterior/arviz.js';
export type { Loo } from './posterior/loo.js';
export type { Moments, Summary, SummaryRow } from './posterior/summary.js';

export { plot } from './plot/index.js';
export type { Columns } from './plot/columns.js';
export type { MarginalsOptions } from './plot/marginals.js';
export type { PairsOptions } from './plot/pairs.js';
export type { TraceOptions } from './plot/trace.js';

export { FlowFileError } from './io/flow-file.js';
export {
  fromPyTorch,
  type NflowsArchitecture,
  type NflowsLayer,
  type NormflowsLayer,
  type PyTorchOptions,
  type ZukoArchitecture,
} from './io/pytorch/index.js';
export { SafetensorsError } from './io/safetensors.js';
export { missingFeatures } from './runtime/features.js';
export { OutOfMemoryError } from './runtime/memory.js';
export { setThreads, threads, type Threads, WorkerLostError } from './runtime/pool.js';
export { type Configuration, configure, UnsupportedError } from './runtime/wasm.js';
export { version } from './version.js';
