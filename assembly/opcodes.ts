// The instruction set: what the recorder in `src/program` writes and the interpreter in `assembly/vm` reads.
// Both sides import this file, so the two cannot drift. It is valid AssemblyScript and valid TypeScript.
//
// An instruction is a run of 32-bit words: [opcode, length in words, operands …, sizes …].
// An operand is one word: bit 31 accumulate, bits 28–30 space, bits 0–27 offset in doubles. A space is a base address of the
// frame, so that the same program runs on any worker's memory.

/** Where an operand lives. */
export enum Space {
  /** A worker's private blocks, feature-major: feature j of row r at j · stride + r. */
  Tile = 0,
  /** The flow's raw parameters. */
  Parameter = 1,
  /** What the prologue computes from parameters, once per version of them. */
  Derived = 2,
  /** Gradients and sums: one slot per chunk in the body, their fold in the epilogue. Layout: parameters, derived, sums. */
  Gradient = 3,
  /** Constants and scalars that the facade writes: fixed locations, annealing weights. */
  Data = 4,
  /** The staged rows of a call, row-major: inputs and outputs. */
  Batch = 5,
  /** The rows that a fit to data draws from, row-major; offsets are columns. */
  Dataset = 6,
  /** No operand: resolves to address 0, and the kernel leaves that gradient out. */
  None = 7,
  /** Derived values that have no gradient, as packed weights. While recording only: they are encoded as the end of the derived ones. */
  Packed = 8,
}

export enum Opcode {
  // Rows and blocks
  LoadRows = 0,
  StoreRows = 1,
  Fill = 2,
  AddScaled = 3,
  AddScaledBackward = 4,
  SumDifference = 7,
  Scale = 13,
  MergeRows = 14,
  MergeRowsBackward = 15,
  // Log-determinants
  LogDetBegin = 5,
  LogDetFinish = 6,
  // Random numbers
  Normal = 8,
  Uniform = 9,
  // Bridges
  Broadcast = 10,
  BroadcastBackward = 11,
  ExternalBackward = 12,
  // Transforms
  PlanarConstrain = 20,
  PlanarConstrainBackward = 21,
  PlanarForward = 22,
  PlanarForwardBackward = 23,
  PlanarInverse = 24,
  PlanarInverseBackward = 25,
  RadialConstrain = 30,
  RadialConstrainBackward = 31,
  RadialForward = 32,
  RadialForwardBackward = 33,
  RadialInverse = 34,
  RadialInverseBackward = 35,
  AffineConstrain = 40,
  AffineConstrainBackward = 41,
  AffineForward = 42,
  AffineForwardBackward = 43,
  AffineInverse = 44,
  AffineInverseBackward = 45,
  // Maps of single features
  AffineMapForward = 50,
  AffineMapForwardBackward = 51,
  AffineMapInverse = 52,
  AffineMapInverseBackward = 53,
  AdditiveMap = 54,
  AdditiveMapBackward = 55,
  // Networks
  DensePack = 100,
  Dense = 101,
  DenseBackward = 102,
  RectifiedDense = 105,
  RectifiedDenseBackward = 106,
  Activation = 103,
  ActivationBackward = 104,
  SylvesterFrame = 150,
  SylvesterFrameBackward = 151,
  SylvesterConstrain = 152,
  SylvesterConstrainBackward = 153,
  SylvesterForward = 154,
  SylvesterForwardBackward = 155,
  SylvesterInverse = 156,
  SylvesterInverseBackward = 157,
  // Densities
  StandardNormal = 60,
  StandardNormalBackward = 61,
  Energy = 62,
  EnergyBackward = 63,
  // Linear transforms
  TriangularMultiply = 132,
  TriangularMultiplyBackward = 133,
  TriangularSolve = 134,
  TriangularSolveBackward = 135,
  AddShift = 136,
  AddShiftBackward = 137,
  AddLogDet = 138,
  AddLogDetBackward = 139,
  LuConstrain = 140,
  LuConstrainBackward = 141,
  PluConstrain = 142,
  PluConstrainBackward = 143,
  HouseholderConstrain = 144,
  HouseholderConstrainBackward = 145,
  HouseholderReflect = 146,
  HouseholderReflectBackward = 147,
  // Maps without parameters, and supports
  FixedMap = 80,
  FixedMapBackward = 81,
  OrderedForward = 84,
  OrderedForwardBackward = 85,
  OrderedInverse = 86,
  OrderedInverseBackward = 87,
  SimplexForward = 88,
  SimplexForwardBackward = 89,
  SimplexInverse = 90,
  SimplexInverseBackward = 91,
  // Data
  LoadRowsIndexed = 170,
  WeightedNll = 171,
  // Splines
  SplineForward = 70,
  SplineForwardBackward = 71,
  SplineInverse = 72,
  SplineInverseBackward = 73,
  BoxSample = 68,
  BoxDensity = 69,
  Polar = 160,
  StudentConstrain = 161,
  StudentNoise = 162,
  StudentNoiseBackward = 163,
  StudentDensity = 164,
  StudentDensityBackward = 165,
  MixtureSample = 166,
  MixtureSampleBackward = 167,
  MixtureDensity = 168,
  MixtureDensityBackward = 169,
  // Models
  Unary = 180,
  UnaryBackward = 181,
  Binary = 182,
  BinaryBackward = 183,
  Where = 184,
  WhereBackward = 185,
  Reduce = 186,
  ReduceBackward = 187,
  Product = 188,
  ProductBackward = 189,
  Cholesky = 190,
  CholeskyBackward = 191,
  LowerSolve = 192,
  LowerSolveBackward = 193,
  BernoulliLogit = 194,
  BernoulliLogitBackward = 195,
  BernoulliLogitSum = 196,
  BernoulliLogitSumBackward = 197,
  LogisticRegression = 198,
  Tail = 199,
  TailBackward = 200,
  BetaTail = 201,
  BetaTailBackward = 202,
}

/** The interpreter's view of one tile: 32-bit words. The first eight are the base addresses of the spaces. */
export enum Frame {
  Bases = 0,
  /** Rows of this tile, and the first one's index in the staged batch. */
  Rows = 32,
  FirstRow = 36,
  Stride = 40,
  KeyLow = 44,
  KeyHigh = 48,
  Step = 52,
  /** The first row's index in the whole call: what random numbers are counted by. */
  GlobalRow = 56,
  /** Which rows of the dataset are the batch, from its first one on. */
  Order = 60,
  Bytes = 64,
}

/** One call of a program over a batch, as 32-bit words at these byte offsets; written by the facade. */
export enum Job {
  Body = 0,
  BodyEnd = 4,
  Prologue = 8,
  PrologueEnd = 12,
  Epilogue = 16,
  EpilogueEnd = 20,
  Parameters = 24,
  Derived = 28,
  Data = 32,
  Batch = 36,
  /** Worker w's frame, tile blocks and sums begin at Scratch + w · ScratchBytes. */
  Scratch = 40,
  ScratchBytes = 44,
  /** Slots of the chunks of one window, and where they are folded. */
  Slots = 48,
  SlotCount = 52,
  /** Doubles in a slot. */
  SlotSize = 56,
  Total = 60,
  /** Rows staged, and the index in the whole call of the first of them. */
  Rows = 64,
  FirstRow = 68,
  TileRows = 72,
  Stride = 76,
  ChunkTiles = 80,
  KeyLow = 84,
  KeyHigh = 88,
  Step = 92,
  /** The first chunk of the window, and whether its chunks have been handed out: where a phase that had to wait goes on. */
  WindowBegin = 96,
  WindowIsOpen = 100,
  /** The threads that share the chunks, and how many workers to wake for them; 0 where the caller works alone. */
  Crew = 104,
  Helpers = 108,
  /** Whether the caller may sleep while it waits: a page's main thread must not. */
  MayBlock = 112,
  /** Raised with every tile where the caller works alone. */
  Beat = 116,
  /** From a frame to where its chunk sums, before that goes to the slot. */
  SumsOffset = 120,
  /** Rows that batches are drawn from, and where the numbers of the batch's rows begin. */
  Dataset = 124,
  Order = 128,
  Bytes = 192,
}

/** Slots of up to so many bytes are summed in a thread's scratch first. */
export const SMALL_SLOT_BYTES = 65536;

/** The threads that share the chunks of a window, as 32-bit words; what different threads write stands on different cache lines. */
export enum Crew {
  /** Raised when there is something to do: where workers sleep. */
  Generation = 0,
  /** 1: workers leave. */
  Closed = 4,
  /** The open window: its job, its number of chunks, and one past the last of them. */
  Job = 8,
  Count = 12,
  WindowEnd = 16,
  /** A training record that a worker is to lead, 0 if none: whoever takes it writes 0. */
  Order = 20,
  /** The worker that took it, 0 until one has. */
  Leader = 32,
  /** 1 as soon as a worker has failed; why stands in Reason. */
  Failed = 24,
  /** How many workers there can be; they are numbered from 1. */
  Workers = 28,
  /** Chunks of the window not yet claimed; below 0 when workers come too late. */
  Remaining = 64,
  /** Chunks done, and whether the caller sleeps on it. */
  Done = 128,
  CallerSleeps = 132,
  /** Workers that sleep, and that have arrived at all. */
  Sleepers = 192,
  Arrived = 196,
  /** Length in bytes, and text, of what a worker that failed has to say. */
  ReasonLength = 256,
  Reason = 260,
  /** Worker w raises the word at Beats + w · BeatBytes with every tile: what tells a slow one from a lost one. */
  Beats = 2048,
  BeatBytes = 64,
}

/** Why `serve` returned; `src/runtime/worker.ts` has their names in this order. */
export enum Service {
  Closed = 0,
  /** Led a training run to its end. */
  Led = 1,
  /** Led a training run, and gave up waiting for another worker's chunk. */
  Stalled = 2,
}

/** Activations of networks: formulas in `assembly/nets/activation.ts`. */
export enum ActivationFunction {
  Tanh = 0,
  Relu = 1,
  Elu = 2,
  Silu = 3,
  Softplus = 4,
  Gelu = 5,
}

/** How the affine map's scale depends on its raw parameter: formulas in `assembly/maps/affine.ts`. */
export enum ScaleFunction {
  Exp = 0,
  SoftClip = 1,
  Sigmoid = 2,
  SigmoidFloor = 3,
  Softplus = 4,
  SoftplusCapped = 5,
  SigmoidReciprocal = 6,
}

/** The maps without parameters, in both directions: `assembly/maps/fixed.ts`. */
export enum FixedFunction {
  Bound = 0,
  BoundInverse = 1,
  Interval = 2,
  IntervalInverse = 3,
  Softplus = 4,
  SoftplusInverse = 5,
  Tanh = 6,
  TanhInverse = 7,
  LeakyRelu = 8,
  LeakyReluInverse = 9,
}

/** Where an operand of a model's instruction comes from: `assembly/model/source.ts`. */
export enum Source {
  /** A block, row by row. */
  Rows = 0,
  /** The one row of a block, for all. */
  OneRow = 1,
  /** Data, pair by pair. */
  Data = 2,
  /** One pair, for all. */
  Datum = 3,
}

/** Functions of one number that models are made of: formulas in `assembly/model/unary.ts`. */
export enum UnaryOperation {
  Identity = 0,
  Negate = 1,
  Abs = 2,
  Square = 3,
  Sqrt = 4,
  Reciprocal = 5,
  Exp = 6,
  Expm1 = 7,
  Log = 8,
  Log1p = 9,
  Log1mExp = 10,
  Sin = 11,
  Cos = 12,
  Tanh = 13,
  Sigmoid = 14,
  Softplus = 15,
  Lgamma = 16,
  Digamma = 17,
  Erf = 18,
  NormalCdf = 19,
  NormalLogCdf = 20,
  Atan = 21,
  CauchyLogCdf = 22,
}

/** Functions of two numbers: formulas in `assembly/model/binary.ts`. */
export enum BinaryOperation {
  Add = 0,
  Subtract = 1,
  Multiply = 2,
  Divide = 3,
  Power = 4,
  Maximum = 5,
  LogAddExp = 6,
  Less = 7,
  Equal = 8,
}

/** Distribution functions of a shape and a number: `assembly/model/tail.ts`. */
export enum Tail {
  GammaBelow = 0,
  GammaAbove = 1,
  StudentBelow = 2,
  StudentWithin = 3,
}

/** Sums along a block: `assembly/model/reduce.ts`. */
export enum Reduction {
  Sum = 0,
  LogSumExp = 1,
  Running = 2,
}

/** What a spline is beyond its ends: `assembly/maps/spline.ts`. */
export enum Boundary {
  Linear = 0,
  Bounded = 1,
  Circular = 2,
}

/** The numbers of a spline, which travel with its instruction. */
export enum SplineNumber {
  Low = 0,
  High = 1,
  /** The least width of a bin, and what is left for the softmax to share out: (high − low) min and (high − low)(1 − min B). */
  LeastWidth = 2,
  SpareWidth = 3,
  LeastHeight = 4,
  SpareHeight = 5,
  MinDerivative = 6,
  /** By what the logits are multiplied. */
  LogitScale = 7,
}

export enum Optimizer {
  Adam = 0,
  RmsProp = 1,
  Sgd = 2,
}

/** A run of training steps in one call. Addresses and counts are 32-bit words, then doubles. */
export enum Training {
  Job = 0,
  Optimizer = 4,
  /** Parameters to update, and the optimizer's moments beside them. */
  ParameterCount = 8,
  FirstMoment = 12,
  SecondMoment = 16,
  /** Per step of this run: learning rate, weight of the target (β), and room for the recorded free energy. */
  LearningRates = 20,
  Annealing = 24,
  Trace = 28,
  Steps = 32,
  /** Steps skipped in a row so far; the run ends when it reaches the limit. */
  SkippedInARow = 36,
  SkipLimit = 40,
  Skipped = 44,
  /** Steps of this run that are done, and whether the next one is under way: where a run that had to wait goes on. */
  StepsDone = 96,
  StepIsOpen = 100,
  /** Per parameter, the absolute value that it must not exceed; and whether an update took one beyond it, which ends the run. */
  Limits = 104,
  Escaped = 108,
  /** A copy of the parameters that gave the last finite step. */
  LastGood = 120,
  /** Where batches are drawn from a dataset: the numbers of its rows in the order of this epoch, how many they are, which epoch that is
   *  (−1: none yet), and {@link Shuffle} scratch. An address of 0 where an objective draws its own samples. */
  Order = 128,
  OrderCount = 132,
  Epoch = 136,
  ShuffleScratch = 140,
  // doubles
  ClipNorm = 48,
  /** Adam: β₁, β₂, ε. RMSprop: decay, momentum, ε. SGD: momentum. */
  Hyper0 = 56,
  Hyper1 = 64,
  Hyper2 = 72,
  /** Adam: β₁^t and β₂^t. */
  Power0 = 80,
  Power1 = 88,
  Bytes = 192,
}

/** Permutations: their stream of random numbers, which `src/runtime/random.ts` lists, and the memory they need besides their own. */
export enum Shuffle {
  Stream = 4,
  ScratchBytes = 1024,
}

/** Doubles of the data space that training writes before each step. */
export enum Scalar {
  /** Weight of a row's ln q in the loss: 1 / rows. */
  LogQ = 0,
  /** Weight of a row's ln p: −β / rows; in a fit to data, of its ln q, which is minimised there, with β = 1. */
  LogP = 1,
  Count = 2,
}
