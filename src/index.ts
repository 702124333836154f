export { Flow, type FlowOptions, type MapOptions, type SampleOptions } from './flow.js';
export type { Audit } from './audit.js';
export type { Rows } from './arguments.js';

export { fullNormal, type FullNormalOptions, type Matrix } from './bases/full-normal.js';
export { mixture, type MixtureOptions } from './bases/mixture.js';
export { normal, type NormalOptions } from './bases/normal.js';
export { studentT, type StudentTOptions } from './bases/student-t.js';
export { uniform, type UniformOptions } from './bases/uniform.js';
export type { Base } from './bases/base.js';

export { affine } from './transforms/affine.js';
export { chain } from './transforms/chain.js';
export { planar } from './transforms/planar.js';
export { radial } from './transforms/radial.js';
export type { ParameterSpec, Transform } from './transforms/transform.js';

export { energies, energy, type EnergyOptions } from './densities/energies.js';
export { targetFromFunction, type Target, type TargetFunction } from './densities/target.js';

export { DivergenceError } from './inference/divergence.js';
export type { FitToTargetOptions } from './inference/fit-options.js';
export { fitToTarget, type TargetFit } from './inference/fit-to-target.js';
export type { FitProgress } from './inference/report.js';
export { adam, rmsProp, sgd, type Optimizer } from './inference/optimizers.js';
export { constant, cosineDecay, linearDecay, type Annealing, type Schedule } from './inference/schedules.js';

export { FlowFileError } from './io/flow-file.js';
export { SafetensorsError } from './io/safetensors.js';
export { missingFeatures } from './runtime/features.js';
export { OutOfMemoryError } from './runtime/memory.js';
export { setThreads, threads, type Threads, WorkerLostError } from './runtime/pool.js';
export { type Configuration, configure, UnsupportedError } from './runtime/wasm.js';
export { version } from './version.js';
