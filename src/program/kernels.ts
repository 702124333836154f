import { Opcode, Space } from '../../assembly/opcodes.js';

/** Rows of a block: a number, or the size of that name the instruction was recorded with, whether or not it is among the kernel's `sizes`. */
export type Rows = number | string;

export interface Kernel {
  readonly opcode: Opcode;
  /** Operands in the order the kernel takes them: outputs, accumulators, inputs, parameters. */
  readonly operands: readonly string[];
  /** Those that the kernel creates, with their rows. */
  readonly outputs: Readonly<Record<string, Rows>>;
  /** Where outputs go that are packed parameters. */
  readonly space?: Space.Packed;
  /** Operands that must be all shared or all per sample; they decide which variant of the kernel runs. */
  readonly parameters?: readonly string[];
  /** Words behind the operands. */
  readonly sizes: readonly string[];
  /** A list of words behind the sizes, as many as there are. */
  readonly list?: string;
  /** Doubles behind those, two words each. */
  readonly numbers?: readonly string[];
  /** Pairs [output, input] that may be one buffer. */
  readonly inPlace?: readonly (readonly [string, string])[];
  readonly fusion?: Fusion;
  readonly slices?: Slices;
  readonly backward?: Backward;
  /** What a row costs, from the words behind the operands, where that is far more than a load or a store for every feature. */
  readonly rowNanoseconds?: (words: readonly number[], isBackward: boolean) => number;
}

/**
 * How a layer can begin the next one of its kind while it writes its output: the kernel then computes the next layer's operand `begins`
 * as well, given as its own `operands`, named here with the next layer's names.
 */
export interface Fusion {
  readonly output: string;
  readonly input: string;
  readonly begins: string;
  readonly operands: Readonly<Record<string, string>>;
}

/** How a kernel is computed in slices: its outputs consist of units, as many rows each; those whose rows are a number are whole in each slice. */
export interface Slices {
  /** The size that counts units. */
  readonly units: string;
  /** The size that numbers the first one, of a kernel that computes a range of them. */
  readonly first?: string;
  /** Operands of which a unit reads its own rows alone, each with the size that says where it comes from, if one does; of others it reads all. */
  readonly along: Readonly<Record<string, string | undefined>>;
  /** The output [1] that is a sum over units. */
  readonly sum?: string;
}

/**
 * A hand-written backward kernel. An operand `dQ` is the gradient of the forward operand `q`; it is written where `q` is an input
 * and read where `q` is an output or an accumulator. Forward operands that are named stay live until here.
 */
export interface Backward {
  readonly opcode: Opcode;
  readonly operands: readonly string[];
  /** Operands that are blocks of its own, with their rows. */
  readonly scratch?: Readonly<Record<string, Rows>>;
  readonly inPlace?: readonly (readonly [string, string])[];
}

/** Of dense layers, whose way back has two matrix products. */
const NANOSECONDS_PER_PRODUCT = 0.125;

/** An elementary function of one number. */
const NANOSECONDS_PER_OPERATION = 3;

/** An integral by quadrature, with its slopes. */
const NANOSECONDS_PER_TAIL = 1000;

/** `weight` and `transposed` matter to its backward pass only. */
const DENSE = {
  operands: ['y', 'x', 'packed', 'bias', 'weight', 'transposed'],
  outputs: { y: 'count' },
  sizes: ['outputs', 'inputs', 'first', 'count'],
  list: 'ends',
  slices: { units: 'count', first: 'first', along: {} },
  rowNanoseconds: ([, , , count, ...ends]: readonly number[], isBackward: boolean) => {
    const products = ends.reduce((sum, end) => sum + end, count);
    return (isBackward ? 2 : 1) * NANOSECONDS_PER_PRODUCT * products;
  },
} as const;
const DENSE_GRADIENT = ['dx', 'dWeight', 'dBias', 'dy', 'x', 'transposed'] as const;

const SPLINE = {
  parameters: ['parameters'],
  sizes: ['dim', 'bins', 'boundary'],
  numbers: ['low', 'high', 'leastWidth', 'spareWidth', 'leastHeight', 'spareHeight', 'minDerivative', 'logitScale'],
  rowNanoseconds: ([dim, bins]: readonly number[]) => dim * (30 + 8 * bins),
} as const;

/** What each instruction is: the one place that knows the signatures of `assembly/`, checked against nothing but the tests. */
export const kernels = {
  loadRows: { opcode: Opcode.LoadRows, operands: ['block', 'rows'], outputs: { block: 'dim' }, sizes: ['dim'] },
  storeRows: { opcode: Opcode.StoreRows, operands: ['rows', 'block'], outputs: {}, sizes: ['dim'] },
  fill: { opcode: Opcode.Fill, operands: ['block', 'value'], outputs: { block: 'dim' }, sizes: ['dim'] },
  addScaled: {
    opcode: Opcode.AddScaled,
    operands: ['out', 'x', 'y'],
    outputs: { out: 'dim' },
    sizes: ['dim', 'sign'],
    inPlace: [
      ['out', 'x'],
      ['out', 'y'],
    ],
    backward: { opcode: Opcode.AddScaledBackward, operands: ['dx', 'dy', 'dOut'] },
  },
  scale: {
    opcode: Opcode.Scale,
    operands: ['out', 'x', 'factor'],
    outputs: { out: 'dim' },
    sizes: ['dim'],
    inPlace: [['out', 'x']],
  },
  mergeRows: {
    opcode: Opcode.MergeRows,
    operands: ['out', 'x', 'y'],
    outputs: { out: 'dim' },
    sizes: ['dim', 'xRows', 'yRows'],
    list: 'indices',
    slices: { units: 'dim', along: {} },
    backward: { opcode: Opcode.MergeRowsBackward, operands: ['dx', 'dy', 'dOut'] },
  },
  densePack: {
    opcode: Opcode.DensePack,
    operands: ['packed', 'transposed', 'weight'],
    outputs: { packed: 'packedSize', transposed: 'transposedSize' },
    space: Space.Packed,
    parameters: ['weight'],
    sizes: ['outputs', 'inputs', 'packedSize', 'transposedSize'],
    list: 'ends',
  },
  dense: {
    opcode: Opcode.Dense,
    ...DENSE,
    backward: { opcode: Opcode.DenseBackward, operands: DENSE_GRADIENT },
  },
  /** With ReLU, which costs a pass over y by itself. */
  rectifiedDense: {
    opcode: Opcode.RectifiedDense,
    ...DENSE,
    backward: { opcode: Opcode.RectifiedDenseBackward, operands: [...DENSE_GRADIENT, 'y'] },
  },
  activation: {
    opcode: Opcode.Activation,
    operands: ['y', 'x'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'fn'],
    inPlace: [['y', 'x']],
    backward: { opcode: Opcode.ActivationBackward, operands: ['dx', 'dy', 'y'], inPlace: [['dx', 'dy']] },
  },
  /** An activation whose derivative is one of its input. */
  smoothActivation: {
    opcode: Opcode.Activation,
    operands: ['y', 'x'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'fn'],
    backward: { opcode: Opcode.ActivationBackward, operands: ['dx', 'dy', 'x'], inPlace: [['dx', 'dy']] },
  },
  /** The operations that models are made of. An operand of theirs that is data gets no gradient. */
  unary: {
    opcode: Opcode.Unary,
    operands: ['y', 'x'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'operation'],
    slices: { units: 'dim', along: { x: undefined } },
    rowNanoseconds: ([dim]) => NANOSECONDS_PER_OPERATION * dim,
    backward: { opcode: Opcode.UnaryBackward, operands: ['dx', 'dy', 'x', 'y'] },
  },
  binary: {
    opcode: Opcode.Binary,
    operands: ['y', 'a', 'b'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'operation', 'sourceA', 'sourceB'],
    slices: { units: 'dim', along: { a: 'sourceA', b: 'sourceB' } },
    backward: { opcode: Opcode.BinaryBackward, operands: ['da', 'db', 'dy', 'a', 'b', 'y'] },
  },
  where: {
    opcode: Opcode.Where,
    operands: ['y', 'condition', 'a', 'b'],
    outputs: { y: 'dim' },
    sizes: ['dim', 'sourceCondition', 'sourceA', 'sourceB'],
    slices: { units: 'dim', along: { condition: 'sourceCondition', a: 'sourceA', b: 'sourceB' } },
    backward: { opcode: Opcode.WhereBackward, operands: ['da', 'db', 'dy', 'condition'] },
  },
  reduce: {
    opcode: Opcode.Reduce,
    operands: ['y', 'x'],
    outputs: { y: 'outputs' },
    sizes: ['groups', 'size', 'reduction'],
    slices: { units: 'groups', along: { x: undefined } },
    backward: { opcode: Opcode.ReduceBackward, operands: ['dx', 'dy', 'x', 'y'] },
  },
  /** `reduce` to one sum. */
  sum: {
    opcode: Opcode.Reduce,
    operands: ['y', 'x'],
    outputs: { y: 1 },
    sizes: ['groups', 'size', 'reduction'],
    slices: { units: 'size', along: { x: undefined }, sum: 'y' },
    backward: { opcode: Opcode.ReduceBackward, operands: ['dx', 'dy', 'x', 'y'] },
  },
  product: {
    opcode: Opcode.Product,
    operands: ['y', 'a', 'b'],
    outputs: { y: 'outputs' },
    sizes: ['n', 'k', 'm', 'sourceA', 'sourceB'],
    slices: { units: 'n', along: { a: 'sourceA' } },
    rowNanoseconds: ([n, k, m]) => NANOSECONDS_PER_PRODUCT * 4 * n * k * m,
    backward: { opcode: Opcode.ProductBackward, operands: ['da', 'db', 'dy', 'a', 'b'] },
  },
  cholesky: {
    opcode: Opcode.Cholesky,
    operands: ['l', 'a'],
    outputs: { l: 'elements' },
    sizes: ['n'],
    rowNanoseconds: ([n]) => n * n * n,
    backward: { opcode: Opcode.CholeskyBackward, operands: ['da', 'work', 'dl', 'l'], scratch: { work: 'elements' } },
  },
  lowerSolve: {
    opcode: Opcode.LowerSolve,
    operands: ['x', 'l', 'b'],
    outputs: { x: 'n' },
    sizes: ['n'],
    rowNanoseconds: ([n]) => n * n,
    backward: { opcode: Opcode.LowerSolveBackward, operands: ['dl', 'db', 'work', 'dx', 'l', 'x'], scratch: { work: 'n' } },
  },
  bernoulliLogit: {
    opcode: Opcode.BernoulliLogit,
    operands: ['out', 'slope', 'y', 'eta'],
    outputs: { out: 'dim', slope: 'dim' },
    sizes: ['dim', 'source'],
    slices: { units: 'dim', along: { y: 'source', eta: undefined } },
    rowNanoseconds: ([dim]) => 2 * NANOSECONDS_PER_OPERATION * dim,
    backward: { opcode: Opcode.BernoulliLogitBackward, operands: ['dEta', 'dOut', 'slope'] },
  },
  bernoulliLogitSum: {
    opcode: Opcode.BernoulliLogitSum,
    operands: ['out', 'slope', 'product', 'y', 'eta'],
    outputs: { out: 1, slope: 'dim', product: 1 },
    sizes: ['dim', 'source'],
    inPlace: [['slope', 'eta']],
    slices: { units: 'dim', along: { y: 'source', eta: undefined }, sum: 'out' },
    rowNanoseconds: ([dim]) => NANOSECONDS_PER_OPERATION * dim,
    backward: {
      opcode: Opcode.BernoulliLogitSumBackward,
      operands: ['dEta', 'dOut', 'slope'],
      inPlace: [['dEta', 'slope']],
    },
  },
  logisticRegression: {
    opcode: Opcode.LogisticRegression,
    operands: ['out', 'score', 'panel', 'product', 'y', 'beta', 'packed', 'bias', 'transposed'],
    outputs: { out: 1, score: 'k', panel: 'panelRows', product: 1 },
    sizes: ['k', 'n', 'panelRows', 'source'],
    list: 'ends',
    rowNanoseconds: ([k, n], isBackward) => (isBackward ? k : n * (2 * NANOSECONDS_PER_PRODUCT * k + NANOSECONDS_PER_OPERATION)),
    backward: {
      opcode: Opcode.BernoulliLogitSumBackward,
      operands: ['dBeta', 'dOut', 'score'],
      inPlace: [['dBeta', 'score']],
    },
  },
  tail: {
    opcode: Opcode.Tail,
    operands: ['y', 'slopes', 'a', 'x'],
    outputs: { y: 'dim', slopes: 'slopeRows' },
    sizes: ['dim', 'operation', 'sourceA', 'sourceX'],
    slices: { units: 'dim', along: { a: 'sourceA', x: 'sourceX' } },
    rowNanoseconds: ([dim]) => NANOSECONDS_PER_TAIL * dim,
    backward: { opcode: Opcode.TailBackward, operands: ['da', 'dx', 'dy', 'slopes'] },
  },
  betaTail: {
    opcode: Opcode.BetaTail,
    operands: ['y', 'slopes', 'a', 'b', 'p', 'q'],
    outputs: { y: 'dim', slopes: 'slopeRows' },
    sizes: ['dim', 'sourceA', 'sourceB', 'sourceP', 'sourceQ'],
    slices: { units: 'dim', along: { a: 'sourceA', b: 'sourceB', p: 'sourceP', q: 'sourceQ' } },
    rowNanoseconds: ([dim]) => NANOSECONDS_PER_TAIL * dim,
    backward: { opcode: Opcode.BetaTailBackward, operands: ['da', 'db', 'dp', 'dq', 'dy', 'slopes'] },
  },
  sumDifference: { opcode: Opcode.SumDifference, operands: ['sum', 'x', 'y'], outputs: {}, sizes: [] },
  logDetBegin: { opcode: Opcode.LogDetBegin, operands: ['accumulator'], outputs: { accumulator: 3 }, sizes: [] },
  logDetFinish: {
    opcode: Opcode.LogDetFinish,
    operands: ['logDet', 'accumulator'],
    outputs: { logDet: 1 },
    sizes: ['multiplicity', 'factors'],
  },
  normal: {
    opcode: Opcode.Normal,
    operands: ['block', 'spare'],
    outputs: { block: 'dim', spare: 1 },
    sizes: ['dim', 'stream'],
  },
  uniform: {
    opcode: Opcode.Uniform,
    operands: ['block', 'spare'],
    outputs: { block: 'dim', spare: 1 },
    sizes: ['dim', 'stream'],
  },
  broadcast: {
    opcode: Opcode.Broadcast,
    operands: ['block', 'values'],
    outputs: { block: 'dim' },
    sizes: ['dim'],
    backward: { opcode: Opcode.BroadcastBackward, operands: ['dValues', 'dBlock'] },
  },
  /** A log density whose values and gradient come in as rows; `x` and `gradient` matter to its backward pass only. */
  external: {
    opcode: Opcode.LoadRows,
    operands: ['logProb', 'values'],
    outputs: { logProb: 1 },
    sizes: ['one', 'dim'],
    backward: { opcode: Opcode.ExternalBackward, operands: ['dx', 'dLogProb', 'gradient'] },
  },
  planarConstrain: {
    opcode: Opcode.PlanarConstrain,
    operands: ['uHat', 'delta', 'logDelta', 'u', 'w'],
    outputs: { uHat: 'dim', delta: 1, logDelta: 1 },
    parameters: ['u', 'w'],
    sizes: ['dim'],
    backward: { opcode: Opcode.PlanarConstrainBackward, operands: ['du', 'dw', 'dUHat', 'dLogDelta', 'u', 'w'] },
  },
  planarForward: {
    opcode: Opcode.PlanarForward,
    operands: ['x', 'tanh', 'sech2', 'logDet', 'next', 'z', 'uHat', 'delta', 'logDelta', 'w', 'b', 'nextW', 'nextB'],
    outputs: { x: 'dim', tanh: 1, sech2: 1 },
    parameters: ['uHat', 'delta', 'logDelta', 'w', 'b'],
    sizes: ['dim'],
    inPlace: [['x', 'z']],
    fusion: { output: 'x', input: 'z', begins: 'sech2', operands: { next: 'sech2', nextW: 'w', nextB: 'b' } },
    backward: {
      opcode: Opcode.PlanarForwardBackward,
      scratch: { da: 1 },
      operands: [
        'dz',
        'dUHat',
        'dLogDelta',
        'dw',
        'db',
        'da',
        'dx',
        'dLogDet',
        'z',
        'tanh',
        'sech2',
        'uHat',
        'delta',
        'logDelta',
        'w',
      ],
      inPlace: [['dz', 'dx']],
    },
  },
  planarInverse: {
    opcode: Opcode.PlanarInverse,
    operands: ['z', 'tanh', 'sech2', 'logDet', 'x', 'uHat', 'delta', 'logDelta', 'w', 'b'],
    outputs: { z: 'dim', tanh: 1, sech2: 1 },
    parameters: ['uHat', 'delta', 'logDelta', 'w', 'b'],
    sizes: ['dim'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.PlanarInverseBackward,
      scratch: { dy: 1 },
      operands: [
        'dx',
        'dUHat',
        'dLogDelta',
        'dw',
        'db',
        'dy',
        'dz',
        'dLogDet',
        'x',
        'tanh',
        'sech2',
        'uHat',
        'delta',
        'logDelta',
        'w',
      ],
      inPlace: [['dx', 'dz']],
    },
  },
  radialConstrain: {
    opcode: Opcode.RadialConstrain,
    operands: ['alphaAbs', 'm', 'logM', 'alpha', 'beta'],
    outputs: { alphaAbs: 1, m: 1, logM: 1 },
    parameters: ['alpha', 'beta'],
    sizes: [],
    backward: { opcode: Opcode.RadialConstrainBackward, operands: ['dAlpha', 'dBeta', 'dAlphaAbs', 'dLogM', 'alpha', 'beta'] },
  },
  radialForward: {
    opcode: Opcode.RadialForward,
    operands: ['x', 'radius', 'stretch', 'logDet', 'logDetAcross', 'next', 'z', 'z0', 'alphaAbs', 'm', 'logM', 'nextZ0'],
    outputs: { x: 'dim', radius: 1, stretch: 1 },
    parameters: ['z0', 'alphaAbs', 'm', 'logM'],
    sizes: ['dim'],
    inPlace: [['x', 'z']],
    fusion: { output: 'x', input: 'z', begins: 'radius', operands: { next: 'radius', nextZ0: 'z0' } },
    backward: {
      opcode: Opcode.RadialForwardBackward,
      scratch: { factor: 1 },
      operands: [
        'dz',
        'dz0',
        'dAlphaAbs',
        'dLogM',
        'factor',
        'dx',
        'dLogDet',
        'z',
        'radius',
        'stretch',
        'z0',
        'alphaAbs',
        'm',
        'logM',
      ],
      inPlace: [['dz', 'dx']],
    },
  },
  radialInverse: {
    opcode: Opcode.RadialInverse,
    operands: ['z', 'radius', 'stretch', 'logDet', 'logDetAcross', 'x', 'z0', 'alphaAbs', 'm', 'logM'],
    outputs: { z: 'dim', radius: 1, stretch: 1 },
    parameters: ['z0', 'alphaAbs', 'm', 'logM'],
    sizes: ['dim'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.RadialInverseBackward,
      operands: ['dx', 'dz0', 'dAlphaAbs', 'dLogM', 'dz', 'dLogDet', 'x', 'radius', 'stretch', 'z0', 'alphaAbs', 'm', 'logM'],
      inPlace: [['dx', 'dz']],
    },
  },
  affineConstrain: {
    opcode: Opcode.AffineConstrain,
    operands: ['scale', 'logScale'],
    outputs: { scale: 'dim' },
    parameters: ['logScale'],
    sizes: ['dim'],
    backward: { opcode: Opcode.AffineConstrainBackward, operands: ['dLogScale', 'dScale'] },
  },
  affineForward: {
    opcode: Opcode.AffineForward,
    operands: ['x', 'logDet', 'z', 'shift', 'logScale', 'scale'],
    outputs: { x: 'dim' },
    parameters: ['shift', 'logScale', 'scale'],
    sizes: ['dim'],
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.AffineForwardBackward,
      operands: ['dz', 'dShift', 'dLogScale', 'dScale', 'dx', 'dLogDet', 'z', 'scale'],
      inPlace: [['dz', 'dx']],
    },
  },
  affineInverse: {
    opcode: Opcode.AffineInverse,
    operands: ['z', 'logDet', 'x', 'shift', 'logScale', 'scale'],
    outputs: { z: 'dim' },
    parameters: ['shift', 'logScale', 'scale'],
    sizes: ['dim'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.AffineInverseBackward,
      operands: ['dx', 'dShift', 'dLogScale', 'dScale', 'dz', 'dLogDet', 'z', 'scale'],
      inPlace: [['dx', 'dz']],
    },
  },
  affineMapForward: {
    opcode: Opcode.AffineMapForward,
    operands: ['x', 'scale', 'slope', 'logDet', 'z', 'parameters'],
    outputs: { x: 'dim', scale: 'dim', slope: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'fn'],
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.AffineMapForwardBackward,
      operands: ['dz', 'dParameters', 'dx', 'dLogDet', 'z', 'scale', 'slope'],
      inPlace: [['dz', 'dx']],
    },
  },
  affineMapInverse: {
    opcode: Opcode.AffineMapInverse,
    operands: ['z', 'scale', 'slope', 'logDet', 'x', 'parameters'],
    outputs: { z: 'dim', scale: 'dim', slope: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'fn'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.AffineMapInverseBackward,
      operands: ['dx', 'dParameters', 'dz', 'dLogDet', 'z', 'scale', 'slope'],
      inPlace: [['dx', 'dz']],
    },
  },
  additiveMap: {
    opcode: Opcode.AdditiveMap,
    operands: ['out', 'input', 'parameters'],
    outputs: { out: 'dim' },
    parameters: ['parameters'],
    sizes: ['dim', 'sign'],
    inPlace: [['out', 'input']],
    backward: {
      opcode: Opcode.AdditiveMapBackward,
      operands: ['dInput', 'dParameters', 'dOut'],
      inPlace: [['dInput', 'dOut']],
    },
  },
  triangularMultiply: {
    opcode: Opcode.TriangularMultiply,
    operands: ['out', 'x', 'entries', 'diagonal'],
    outputs: { out: 'dim' },
    parameters: ['entries'],
    sizes: ['dim', 'upper', 'transposed'],
    inPlace: [['out', 'x']],
    backward: {
      opcode: Opcode.TriangularMultiplyBackward,
      operands: ['dx', 'dEntries', 'dDiagonal', 'dOut', 'x', 'entries', 'diagonal'],
      inPlace: [['dx', 'dOut']],
    },
  },
  triangularSolve: {
    opcode: Opcode.TriangularSolve,
    operands: ['out', 'x', 'entries', 'diagonal'],
    outputs: { out: 'dim' },
    parameters: ['entries'],
    sizes: ['dim', 'upper', 'transposed'],
    inPlace: [['out', 'x']],
    backward: {
      opcode: Opcode.TriangularSolveBackward,
      scratch: { solution: 'dim' },
      operands: ['dx', 'dEntries', 'dDiagonal', 'solution', 'dOut', 'out', 'entries', 'diagonal'],
      inPlace: [['dx', 'dOut']],
    },
  },
  addShift: {
    opcode: Opcode.AddShift,
    operands: ['out', 'x', 'shift'],
    outputs: { out: 'dim' },
    parameters: ['shift'],
    sizes: ['dim', 'sign'],
    inPlace: [['out', 'x']],
    backward: { opcode: Opcode.AddShiftBackward, operands: ['dx', 'dShift', 'dOut'], inPlace: [['dx', 'dOut']] },
  },
  addLogDet: {
    opcode: Opcode.AddLogDet,
    operands: ['logDet', 'term'],
    outputs: {},
    parameters: ['term'],
    sizes: ['multiplicity'],
    backward: { opcode: Opcode.AddLogDetBackward, operands: ['dTerm', 'dLogDet'] },
  },
  luConstrain: {
    opcode: Opcode.LuConstrain,
    operands: ['diagonal', 'logSum', 'raw'],
    outputs: { diagonal: 'dim', logSum: 1 },
    parameters: ['raw'],
    sizes: ['dim'],
    backward: { opcode: Opcode.LuConstrainBackward, operands: ['dRaw', 'dDiagonal', 'dLogSum', 'diagonal', 'raw'] },
  },
  pluConstrain: {
    opcode: Opcode.PluConstrain,
    operands: ['diagonal', 'logSum', 'logDiagonal'],
    outputs: { diagonal: 'dim', logSum: 1 },
    parameters: ['logDiagonal'],
    sizes: ['dim'],
    list: 'signs',
    backward: { opcode: Opcode.PluConstrainBackward, operands: ['dLogDiagonal', 'dDiagonal', 'dLogSum'] },
  },
  householderConstrain: {
    opcode: Opcode.HouseholderConstrain,
    operands: ['unit', 'norm', 'v'],
    outputs: { unit: 'entries', norm: 'reflections' },
    parameters: ['v'],
    sizes: ['dim', 'reflections'],
    backward: { opcode: Opcode.HouseholderConstrainBackward, operands: ['dv', 'dUnit', 'unit', 'norm'] },
  },
  householderReflect: {
    opcode: Opcode.HouseholderReflect,
    operands: ['out', 'x', 'unit'],
    outputs: { out: 'dim' },
    parameters: ['unit'],
    sizes: ['dim', 'reflections', 'reversed'],
    inPlace: [['out', 'x']],
    backward: {
      opcode: Opcode.HouseholderReflectBackward,
      scratch: { point: 'dim', slope: 'dim', twice: 2 },
      operands: ['dx', 'dUnit', 'point', 'slope', 'twice', 'dOut', 'out', 'unit'],
      inPlace: [['dx', 'dOut']],
    },
  },
  fixedMap: {
    opcode: Opcode.FixedMap,
    operands: ['out', 'slope', 'bend', 'logDet', 'input'],
    outputs: { out: 'dim', slope: 'dim', bend: 'dim' },
    sizes: ['dim', 'fn', 'first', 'firstHigh', 'second', 'secondHigh'],
    inPlace: [['out', 'input']],
    backward: {
      opcode: Opcode.FixedMapBackward,
      operands: ['dInput', 'dOut', 'dLogDet', 'slope', 'bend'],
      inPlace: [['dInput', 'dOut']],
    },
  },
  orderedForward: {
    opcode: Opcode.OrderedForward,
    operands: ['x', 'slope', 'logDet', 'z'],
    outputs: { x: 'dim', slope: 'dim' },
    sizes: ['dim', 'free'],
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.OrderedForwardBackward,
      operands: ['dz', 'dx', 'dLogDet', 'slope'],
      inPlace: [['dz', 'dx']],
    },
  },
  orderedInverse: {
    opcode: Opcode.OrderedInverse,
    operands: ['z', 'slope', 'logDet', 'x'],
    outputs: { z: 'dim', slope: 'dim' },
    sizes: ['dim', 'free'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.OrderedInverseBackward,
      operands: ['dx', 'dz', 'dLogDet', 'slope'],
      inPlace: [['dx', 'dz']],
    },
  },
  simplexForward: {
    opcode: Opcode.SimplexForward,
    operands: ['x', 'logDet', 'z'],
    outputs: { x: 'dim' },
    sizes: ['dim'],
    backward: { opcode: Opcode.SimplexForwardBackward, operands: ['dz', 'dx', 'dLogDet', 'x', 'z'] },
  },
  simplexInverse: {
    opcode: Opcode.SimplexInverse,
    operands: ['z', 'inside', 'logDet', 'x'],
    outputs: { z: 'dim', inside: 1 },
    sizes: ['dim'],
    backward: { opcode: Opcode.SimplexInverseBackward, operands: ['dx', 'dz', 'dLogDet', 'x', 'inside'] },
  },
  sylvesterFrame: {
    opcode: Opcode.SylvesterFrame,
    operands: ['q', 'v'],
    outputs: { q: 'frame' },
    parameters: ['v'],
    sizes: ['dim', 'rank', 'reflections'],
    backward: {
      opcode: Opcode.SylvesterFrameBackward,
      scratch: { work: 'pair' },
      operands: ['dv', 'dQ', 'work', 'q', 'v'],
    },
  },
  sylvesterConstrain: {
    opcode: Opcode.SylvesterConstrain,
    operands: ['r1', 'r2', 'delta', 'logDelta', 'raw1', 'raw2'],
    outputs: { r1: 'triangle', r2: 'triangle', delta: 'rank', logDelta: 'rank' },
    parameters: ['raw1', 'raw2'],
    sizes: ['rank'],
    backward: {
      opcode: Opcode.SylvesterConstrainBackward,
      operands: ['dRaw1', 'dRaw2', 'dR1', 'dR2', 'dLogDelta', 'raw1', 'raw2', 'r1', 'r2', 'delta'],
    },
  },
  /** Where there is no Q, `q` is none; else it is shared or per sample as the other parameters are. */
  sylvesterForward: {
    opcode: Opcode.SylvesterForward,
    operands: ['x', 'y', 'tanh', 'sech2', 'shift', 'logDet', 'z', 'q', 'r1', 'r2', 'delta', 'logDelta', 'b'],
    outputs: { x: 'dim', y: 'rank', tanh: 'rank', sech2: 'rank', shift: 'rank' },
    parameters: ['r1', 'r2', 'delta', 'logDelta', 'b'],
    sizes: ['dim', 'rank', 'reversed'],
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.SylvesterForwardBackward,
      scratch: { dG: 'rank', dA: 'rank', dY: 'rank' },
      operands: [
        'dz',
        'dQ',
        'dR1',
        'dR2',
        'dLogDelta',
        'db',
        'dG',
        'dA',
        'dY',
        'dx',
        'dLogDet',
        'z',
        'y',
        'tanh',
        'sech2',
        'shift',
        'q',
        'r1',
        'r2',
        'delta',
        'logDelta',
      ],
      inPlace: [['dz', 'dx']],
    },
  },
  sylvesterInverse: {
    opcode: Opcode.SylvesterInverse,
    operands: ['z', 'y', 'tanh', 'sech2', 'shift', 'logDet', 'x', 'q', 'r1', 'r2', 'delta', 'logDelta', 'b'],
    outputs: { z: 'dim', y: 'rank', tanh: 'rank', sech2: 'rank', shift: 'rank' },
    parameters: ['r1', 'r2', 'delta', 'logDelta', 'b'],
    sizes: ['dim', 'rank', 'reversed'],
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.SylvesterInverseBackward,
      scratch: { dG: 'rank', dA: 'rank', dY: 'rank' },
      operands: [
        'dx',
        'dQ',
        'dR1',
        'dR2',
        'dLogDelta',
        'db',
        'dG',
        'dA',
        'dY',
        'dz',
        'dLogDet',
        'x',
        'y',
        'tanh',
        'sech2',
        'shift',
        'q',
        'r1',
        'r2',
        'delta',
        'logDelta',
      ],
      inPlace: [['dx', 'dz']],
    },
  },
  splineForward: {
    ...SPLINE,
    opcode: Opcode.SplineForward,
    operands: ['x', 'work', 'logDet', 'z', 'parameters'],
    outputs: { x: 'dim', work: 'work' },
    inPlace: [['x', 'z']],
    backward: {
      opcode: Opcode.SplineForwardBackward,
      scratch: { room: 'work' },
      operands: ['dz', 'dParameters', 'room', 'dx', 'dLogDet', 'z', 'parameters'],
      inPlace: [['dz', 'dx']],
    },
  },
  splineInverse: {
    ...SPLINE,
    opcode: Opcode.SplineInverse,
    operands: ['z', 'work', 'logDet', 'x', 'parameters'],
    outputs: { z: 'dim', work: 'work' },
    inPlace: [['z', 'x']],
    backward: {
      opcode: Opcode.SplineInverseBackward,
      scratch: { room: 'work' },
      operands: ['dx', 'dParameters', 'room', 'dz', 'dLogDet', 'x', 'parameters'],
      inPlace: [['dx', 'dz']],
    },
  },
  standardNormal: {
    opcode: Opcode.StandardNormal,
    operands: ['logProb', 'z'],
    outputs: { logProb: 1 },
    sizes: ['dim'],
    backward: { opcode: Opcode.StandardNormalBackward, operands: ['dz', 'dLogProb', 'z'] },
  },
  energy: {
    opcode: Opcode.Energy,
    operands: ['logProb', 'z'],
    outputs: { logProb: 1 },
    sizes: ['which'],
    backward: { opcode: Opcode.EnergyBackward, operands: ['dz', 'dLogProb', 'z'] },
  },
  /** Columns of the dataset's rows that are the batch. */
  loadRowsIndexed: {
    opcode: Opcode.LoadRowsIndexed,
    operands: ['block', 'rows'],
    outputs: { block: 'dim' },
    sizes: ['dim', 'width'],
  },
  weightedNll: {
    opcode: Opcode.WeightedNll,
    operands: ['seed', 'sum', 'logProb', 'weight', 'scale'],
    outputs: { seed: 1 },
    sizes: [],
  },
  boxSample: {
    opcode: Opcode.BoxSample,
    operands: ['z', 'u', 'low', 'high'],
    outputs: { z: 'dim' },
    sizes: ['dim'],
    inPlace: [['z', 'u']],
  },
  boxDensity: { opcode: Opcode.BoxDensity, operands: ['logProb', 'z', 'low', 'high'], outputs: { logProb: 1 }, sizes: ['dim'] },
  polar: {
    opcode: Opcode.Polar,
    operands: ['exponential', 'cosine'],
    outputs: { exponential: 'dim', cosine: 'dim' },
    sizes: ['dim', 'stream'],
  },
  /** Has no backward kernel: what it computes is differentiated where it is used, by `logNu` itself. */
  studentConstrain: {
    opcode: Opcode.StudentConstrain,
    operands: ['nu', 'root', 'constant', 'slope', 'logNu'],
    outputs: { nu: 'dim', root: 'dim', constant: 'dim', slope: 'dim' },
    parameters: ['logNu'],
    sizes: ['dim'],
  },
  studentNoise: {
    opcode: Opcode.StudentNoise,
    operands: ['t', 'exponential', 'cosine', 'nu'],
    outputs: { t: 'dim' },
    parameters: ['nu'],
    sizes: ['dim'],
    inPlace: [['t', 'cosine']],
    backward: { opcode: Opcode.StudentNoiseBackward, operands: ['dLogNu', 'dt', 't', 'exponential', 'nu'] },
  },
  studentDensity: {
    opcode: Opcode.StudentDensity,
    operands: ['logProb', 't', 'nu', 'root', 'constant'],
    outputs: { logProb: 1 },
    parameters: ['nu', 'root', 'constant'],
    sizes: ['dim'],
    backward: {
      opcode: Opcode.StudentDensityBackward,
      operands: ['dt', 'dLogNu', 'dLogProb', 't', 'nu', 'root', 'slope'],
    },
  },
  mixtureSample: {
    opcode: Opcode.MixtureSample,
    operands: ['z', 'component', 'spare', 'noise', 'mass', 'locations', 'scales'],
    outputs: { z: 'dim', component: 1, spare: 1 },
    parameters: ['mass', 'locations', 'scales'],
    sizes: ['dim', 'components', 'stream'],
    backward: {
      opcode: Opcode.MixtureSampleBackward,
      operands: ['dLocations', 'dLogScales', 'dz', 'component', 'noise', 'scales'],
    },
  },
  mixtureDensity: {
    opcode: Opcode.MixtureDensity,
    operands: ['logProb', 'share', 'z', 'logits', 'mass', 'locations', 'logScales', 'scales'],
    outputs: { logProb: 1, share: 'components' },
    parameters: ['logits', 'mass', 'locations', 'logScales', 'scales'],
    sizes: ['dim', 'components'],
    backward: {
      opcode: Opcode.MixtureDensityBackward,
      operands: ['dz', 'dLogits', 'dLocations', 'dLogScales', 'dLogProb', 'share', 'z', 'mass', 'locations', 'scales'],
    },
  },
} as const satisfies Record<string, Kernel>;

export type KernelName = keyof typeof kernels;

/** The forward operand whose gradient `name` is, if it is one: `dUHat` → `uHat`, `dx` → `x`; `delta` is none. */
export function differentiated(kernel: Kernel, name: string, known: Readonly<Record<string, unknown>>): string | undefined {
  if (kernel.operands.includes(name) || !/^d[A-Za-z]/.test(name)) return undefined;
  const exact = name.slice(1);
  const lower = exact[0].toLowerCase() + exact.slice(1);
  return [lower, exact].find((candidate) => candidate in known);
}
