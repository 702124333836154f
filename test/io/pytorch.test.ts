// `fromPyTorch` beyond the fixtures: the layers that none of them has, held against a few lines of plain code, and what it refuses.

import { describe, expect, it } from 'vitest';
import { FlowFileError, fromPyTorch, type NflowsArchitecture, type PyTorchOptions, SafetensorsError } from '../../src/index.js';
import { type StateDict, type StoredTensor, safetensorsOf, stateDictNamed } from '../fixtures/state-dicts.js';
import { Random } from '../reference/random.js';

const TOLERANCE = 12;
const random = new Random(7);

function weights(...shape: number[]): StoredTensor {
  const data = Array.from(random.normals(shape.reduce((a, b) => a * b, 1)), (value) => 0.7 * value);
  return { dtype: 'F64', shape, data };
}

function stored(dtype: StoredTensor['dtype'], shape: number[], data: number[]): StoredTensor {
  return { dtype, shape, data };
}

function linear(name: string, outputs: number, inputs: number): StateDict {
  return { [`${name}.weight`]: weights(outputs, inputs), [`${name}.bias`]: weights(outputs) };
}

const relu = (v: number[]): number[] => v.map((value) => Math.max(value, 0));
const plus = (a: number[], b: number[]): number[] => a.map((value, i) => value + b[i]);
const softplus = (t: number): number => Math.log(1 + Math.exp(t));

/** W x + b, through the mask where there is one. */
function apply(state: StateDict, name: string, x: number[]): number[] {
  const { data: bias } = state[`${name}.bias`];
  const { data: weight } = state[`${name}.weight`];
  const mask = state[`${name}.mask`]?.data;
  return bias.map((b, i) =>
    x.reduce((sum, value, j) => sum + (mask?.[i * x.length + j] ?? 1) * weight[i * x.length + j] * value, b),
  );
}

function nflows(state: StateDict, architecture: NflowsArchitecture): (x: number[]) => { z: Float64Array; logDet: Float64Array } {
  const flow = fromPyTorch(safetensorsOf(state), { library: 'nflows', architecture });
  return (x) => flow.inverse([x]);
}

const X = [0.3, -1.2, 0.8, 0.1, -0.4];

describe('nflows', () => {
  const coupled = {
    identity_features: stored('I64', [3], [0, 2, 4]),
    transform_features: stored('I64', [2], [1, 3]),
  };

  /** shift, raw scale of features 1 and 3, in blocks. */
  function expectCoupled({ z, logDet }: ReturnType<ReturnType<typeof nflows>>, o: number[]): void {
    const scales = [o[2], o[3]].map((u) => 1 / (1 + Math.exp(-u - 2)) + 1e-3);
    expect([...z]).toEqual([X[0], expect.closeTo(X[1] * scales[0] + o[0], TOLERANCE), X[2], expect.closeTo(X[3] * scales[1] + o[1], TOLERANCE), X[4]]); // prettier-ignore
    expect(logDet[0]).toBeCloseTo(Math.log(scales[0] * scales[1]), TOLERANCE);
  }

  it('a ResidualNet', () => {
    const state: StateDict = {
      ...coupled,
      ...linear('transform_net.initial_layer', 7, 3),
      ...linear('transform_net.blocks.0.linear_layers.0', 7, 7),
      ...linear('transform_net.blocks.0.linear_layers.1', 7, 7),
      ...linear('transform_net.blocks.1.linear_layers.0', 7, 7),
      ...linear('transform_net.blocks.1.linear_layers.1', 7, 7),
      ...linear('transform_net.final_layer', 4, 7),
    };
    let v = apply(state, 'transform_net.initial_layer', [X[0], X[2], X[4]]);
    for (const k of [0, 1]) {
      const inner = apply(state, `transform_net.blocks.${k}.linear_layers.0`, relu(v));
      v = plus(v, apply(state, `transform_net.blocks.${k}.linear_layers.1`, relu(inner)));
    }
    expectCoupled(nflows(state, { type: 'AffineCouplingTransform' })(X), apply(state, 'transform_net.final_layer', v));
  });

  it('an MLP, inside lists inside a Flow with a DiagonalNormal', () => {
    const net = {
      ...coupled,
      ...linear('transform_net._input_layer', 6, 3),
      ...linear('transform_net._hidden_layers.0', 4, 6),
      ...linear('transform_net._output_layer', 4, 4),
    };
    let v = relu(apply(net, 'transform_net._input_layer', [X[0], X[2], X[4]]));
    v = relu(apply(net, 'transform_net._hidden_layers.0', v));
    const o = apply(net, 'transform_net._output_layer', v);
    const reversal = stored('I64', [5], [4, 3, 2, 1, 0]);
    const prefix = '_transform._transforms.0._transforms.1.';
    const state: StateDict = {
      '_transform._transforms.0._transforms.0._permutation': reversal,
      ...Object.fromEntries(Object.entries(net).map(([name, tensor]) => [prefix + name, tensor])),
      '_transform._transforms.1._permutation': reversal,
      '_distribution._log_z': stored('F64', [], [4.5]),
      '_distribution.mean_': stored('F32', [1, 5], [1, 2, 3, 4, 5]),
      '_distribution.log_std_': stored('F32', [1, 5], [0, 0, 0, 0, 0.5]),
    };
    const architecture = [
      [{ type: 'RandomPermutation' }, { type: 'AffineCouplingTransform' }],
      { type: 'ReversePermutation' },
    ] as const;
    const flow = fromPyTorch(safetensorsOf(state), { library: 'nflows', architecture });
    const { z, logDet } = flow.inverse([[...X].reverse()]);
    expectCoupled({ z: z.reverse(), logDet }, o);
    expect(flow.namedParameters()['base.location']).toEqual(Float64Array.of(1, 2, 3, 4, 5));
    const squares = z.reverse().reduce((sum, value, j) => sum + ((value - j - 1) / (j === 4 ? Math.exp(0.5) : 1)) ** 2, 0);
    const expected = logDet[0] - 0.5 * squares - 0.5 - 2.5 * Math.log(2 * Math.PI);
    expect(flow.logProb([[...X].reverse()])[0]).toBeCloseTo(expected, TOLERANCE);
  });

  it('an additive coupling', () => {
    const state = { ...coupled, ...linear('transform_net.net.0', 6, 3), ...linear('transform_net.net.3', 2, 6) };
    const o = apply(state, 'transform_net.net.3', relu(apply(state, 'transform_net.net.0', [X[0], X[2], X[4]])));
    const { z, logDet } = nflows(state, { type: 'AdditiveCouplingTransform' })(X);
    expect([z[1], z[3], logDet[0]]).toEqual([expect.closeTo(X[1] + o[0], TOLERANCE), expect.closeTo(X[3] + o[1], TOLERANCE), 0]);
  });

  it('an ActNorm that says it is initialised', () => {
    const state = { log_scale: weights(5), shift: weights(5), initialized: stored('BOOL', [], [1]) };
    const { z } = nflows(state, { type: 'ActNorm' })(X);
    const [{ data: logScale }, { data: shift }] = [state.log_scale, state.shift];
    expect([...z]).toEqual(X.map((x, j) => expect.closeTo(x * Math.exp(logScale[j]) + shift[j], TOLERANCE)));
  });

  it('a permutation that is not its own inverse', () => {
    const { z } = nflows({ _permutation: stored('I64', [5], [1, 2, 4, 0, 3]) }, { type: 'Permutation' })(X);
    expect([...z]).toEqual([X[1], X[2], X[4], X[0], X[3]]);
  });

  /** A MADE of given hidden degrees, masks from 1-based degrees as the library makes them. */
  function made(names: string[], degrees: number[][], outputs: number): StateDict {
    const all = [[1, 2, 3, 4, 5], ...degrees, X.flatMap((_, j) => new Array<number>(outputs).fill(j + 1))];
    return Object.fromEntries(
      names.flatMap((name, k) => {
        const [seen, own] = [all[k], all[k + 1]];
        const isLast = k === names.length - 1;
        const mask = own.flatMap((degree) => seen.map((other) => Number(isLast ? degree > other : degree >= other)));
        return Object.entries({
          ...linear(name, own.length, seen.length),
          [`${name}.mask`]: stored('F32', [own.length, seen.length], mask),
          [`${name}.degrees`]: stored('I64', [own.length], own),
        });
      }),
    );
  }

  const affine = { type: 'MaskedAffineAutoregressiveTransform' } as const;

  function expectAutoregressive({ z, logDet }: ReturnType<ReturnType<typeof nflows>>, o: number[]): void {
    const scales = X.map((_, j) => softplus(o[2 * j]) + 1e-3);
    expect([...z]).toEqual(X.map((x, j) => expect.closeTo(x * scales[j] + o[2 * j + 1], TOLERANCE)));
    expect(logDet[0]).toBeCloseTo(Math.log(scales.reduce((a, b) => a * b)), TOLERANCE);
  }

  it('a residual MADE', () => {
    const blocks = [0, 1].flatMap((k) => [0, 1].map((l) => `autoregressive_net.blocks.${k}.linear_layers.${l}`));
    const names = ['autoregressive_net.initial_layer', ...blocks, 'autoregressive_net.final_layer'];
    const state = made(names, new Array(5).fill([1, 2, 3, 4, 1, 2, 3]), 2);
    let v = apply(state, names[0], X);
    for (const k of [1, 3]) v = plus(v, apply(state, names[k + 1], relu(apply(state, names[k], relu(v)))));
    expectAutoregressive(nflows(state, affine)(X), apply(state, names[5], v));
  });

  it('a MADE with random masks', () => {
    const names = ['initial_layer', 'blocks.0.linear', 'blocks.1.linear', 'final_layer'].map(
      (name) => `autoregressive_net.${name}`,
    );
    const state = made(names, [[3, 1, 4, 1, 2], [2, 4, 4, 1, 3], [1, 4, 2, 4, 3]], 2); // prettier-ignore
    const v = [0, 1, 2].reduce((seen, k) => relu(apply(state, names[k], seen)), X);
    expectAutoregressive(nflows(state, affine)(X), apply(state, names[3], v));
  });

  it('autoregressive splines, whose logits are taken as they are', () => {
    const names = ['initial_layer', 'blocks.0.linear', 'final_layer'].map((name) => `autoregressive_net.${name}`);
    const state = made(names, [[1, 2, 3, 4, 1, 2], [1, 2, 3, 4, 1, 2]], 11); // prettier-ignore
    const type = 'MaskedPiecewiseRationalQuadraticAutoregressiveTransform';
    const { z } = nflows(state, { type, tailBound: 2 })(X);
    const scaled = nflows(state, { type, tailBound: 2, hiddenFeatures: 6 })(X).z;
    // The first feature's spline hangs on the biases alone: bins by their softmax, here those of a feature at the middle of a knot.
    const bias = state['autoregressive_net.final_layer.bias'].data;
    const knots = (logits: number[]): number[] => {
      const e = logits.map(Math.exp);
      const sum = e.reduce((a, b) => a + b);
      let at = -2;
      return [-2, ...e.map((value) => (at += 4 * (1e-3 + (1 - 4e-3) * (value / sum))))];
    };
    const [wide, high] = [knots(bias.slice(0, 4)), knots(bias.slice(4, 8))];
    const flow = fromPyTorch(safetensorsOf(state), { library: 'nflows', architecture: { type, tailBound: 2 } });
    for (const k of [1, 2, 3]) expect(flow.inverse([[wide[k], 0, 0, 0, 0]]).z[0]).toBeCloseTo(high[k], TOLERANCE);
    expect(Math.abs(z[0] - scaled[0])).toBeGreaterThan(1e-3);
  });
});

describe('normflows', () => {
  const net = { ...linear('flows.0.flows.1.param_map.net.0', 8, 3), ...linear('flows.0.flows.1.param_map.net.2', 4, 8) };
  const parameters = (seen: number[]): number[] =>
    apply(net, 'flows.0.flows.1.param_map.net.2', relu(apply(net, 'flows.0.flows.1.param_map.net.0', seen)));
  const coupling = { type: 'AffineCouplingBlock' } as const;
  const from = (state: StateDict, architecture: (PyTorchOptions & { library: 'normflows' })['architecture']) =>
    fromPyTorch(safetensorsOf(state), { library: 'normflows', architecture });

  it.each([
    ['exp', Math.exp],
    ['sigmoid', (s: number) => 1 + Math.exp(-s - 2)],
    ['sigmoid_inv', (s: number) => 1 / (1 + Math.exp(-s - 2))],
  ] as const)('a coupling of five features, scaled by %s', (scaleMap, scaleOf) => {
    const o = parameters(X.slice(0, 3));
    const { x, logDet } = from(net, [{ ...coupling, scaleMap }]).forward([X]);
    const [a, b] = [scaleOf(o[1]), scaleOf(o[3])];
    expect([...x]).toEqual([
      ...X.slice(0, 3),
      expect.closeTo(X[3] * a + o[0], TOLERANCE),
      expect.closeTo(X[4] * b + o[2], TOLERANCE),
    ]);
    expect(logDet[0]).toBeCloseTo(Math.log(a * b), TOLERANCE);
  });

  it('one that moves the first half, and shifts alone', () => {
    const { x, logDet } = from(net, [{ ...coupling, scale: false, splitMode: 'channel_inv' }]).forward([
      [0, 0, 0, 0, ...X.slice(2)],
    ]);
    expect([...x]).toEqual([...parameters(X.slice(2)).map((value) => expect.closeTo(value, TOLERANCE)), ...X.slice(2)]);
    expect(logDet[0]).toBe(0);
  });

  it('permutations, a swap of five, and a base', () => {
    const state = {
      'flows.0.perm': stored('I64', [5], [1, 2, 4, 0, 3]),
      'flows.0.inv_perm': stored('I64', [5], [3, 0, 1, 4, 2]),
      'q0.loc': stored('F32', [1, 5], [1, 2, 3, 4, 5]),
      'q0.log_scale': stored('F32', [1, 5], [0, 0, 0, 0, 0]),
    };
    const flow = from(state, [{ type: 'Permute' }, { type: 'Permute', mode: 'swap', channels: 5 }]);
    // After the first: 1, 2, 4, 0, 3; the swap takes the first two to the end.
    expect([...flow.forward([[0, 1, 2, 3, 4]]).x]).toEqual([4, 0, 3, 1, 2]);
    expect(flow.logProb([[5, 1, 4, 2, 3]])[0]).toBeCloseTo(-2.5 * Math.log(2 * Math.PI), TOLERANCE);
  });
});

describe('what is refused', () => {
  const NFLOWS: PyTorchOptions = { library: 'nflows', architecture: new Array(3).fill({ type: 'AffineCouplingTransform' }) };
  const MAF: PyTorchOptions = {
    library: 'nflows',
    architecture: new Array(3).fill([{ type: 'MaskedAffineAutoregressiveTransform' }, { type: 'ReversePermutation' }]).flat(),
  };
  const GLOW: PyTorchOptions = {
    library: 'normflows',
    architecture: new Array(3)
      .fill([{ type: 'AffineCouplingBlock', scaleMap: 'sigmoid' }, { type: 'InvertibleAffine' }, { type: 'ActNorm' }])
      .flat(),
  };
  const ZUKO: PyTorchOptions = { library: 'zuko', architecture: { type: 'MAF' } };
  const coupling = stateDictNamed('coupling_nflows_default_relu');
  const maf = stateDictNamed('maf_nflows_feedforward');
  const glow = stateDictNamed('glow1d_normflows');
  const zuko = stateDictNamed('maf_zuko');

  function without(state: StateDict, name: string): StateDict {
    return Object.fromEntries(Object.entries(state).filter(([key]) => key !== name));
  }

  /** The state dict with one number changed. */
  function altered(state: StateDict, name: string, at: number, value: number): StateDict {
    const data = state[name].data.map((old, k) => (k === at ? value : old));
    return { ...state, [name]: { ...state[name], data } };
  }

  const bias = '_transforms.1.transform_net.net.2.bias';
  const hidden = '_transforms.1.transform_net.net.2.weight';
  const final = '_transforms.1.transform_net.net.4.weight';

  it.each<[string, StateDict, PyTorchOptions, string]>([
    ['a missing tensor', without(coupling, bias), NFLOWS, `tensors must hold '${bias}' of shape [16]; got none.`],
    [
      'a missing layer',
      without(maf, '_transforms.5._permutation'),
      MAF,
      `tensors must hold '_transforms.5._permutation' of shape [any]; got none.`,
    ],
    [
      'a surplus tensor',
      { ...coupling, 'embedding.weight': weights(1) },
      NFLOWS,
      `tensors must all belong to the architecture; got 'embedding.weight' besides.`,
    ],
    [
      'a layer too few in the architecture',
      coupling,
      { ...NFLOWS, architecture: (NFLOWS.architecture as []).slice(1) } as PyTorchOptions,
      `tensors must all belong to the architecture; got '_transforms.2.`,
    ],
    [
      'a wrong shape',
      { ...coupling, [bias]: weights(15) },
      NFLOWS,
      `tensors must hold '${bias}' of shape [16]; got one of shape [15].`,
    ],
    [
      'layers that do not follow',
      { ...coupling, [hidden]: weights(16, 15) },
      NFLOWS,
      `tensors must hold '${hidden}' of shape [any, 16]; got one of shape [16, 15].`,
    ],
    [
      'outputs of another number',
      { ...coupling, [final]: weights(5, 16) },
      NFLOWS,
      `tensors must hold '${final}' of shape [6, 16]; got one of shape [5, 16].`,
    ],
    [
      'a network of one layer',
      Object.fromEntries(Object.entries(coupling).filter(([name]) => !/^_transforms.0.*net\.[24]/.test(name))),
      NFLOWS,
      `network '_transforms.0.transform_net.' must have at least two linear layers; got 'net.0' alone.`,
    ],
    [
      'a MADE without blocks',
      Object.fromEntries(Object.entries(maf).filter(([name]) => !/^_transforms.0.*blocks/.test(name))),
      MAF,
      `network '_transforms.0.autoregressive_net.' must have at least one block; got none.`,
    ],
    [
      'a ResidualNet without blocks',
      {
        ...Object.fromEntries(Object.entries(coupling).filter(([name]) => !/^_transforms.0.*net/.test(name))),
        ...linear('_transforms.0.transform_net.initial_layer', 16, 3),
        ...linear('_transforms.0.transform_net.final_layer', 6, 16),
      },
      NFLOWS,
      `network '_transforms.0.transform_net.' must have at least one block; got none.`,
    ],
    [
      'a feature both passing and moving',
      altered(coupling, '_transforms.0.identity_features', 1, 1),
      NFLOWS,
      `tensor '_transforms.0.identity_features' must be ascending features that the other list has not; got 1 at index 1.`,
    ],
    [
      'a feature beyond',
      altered(coupling, '_transforms.0.transform_features', 1, 1e9),
      NFLOWS,
      `tensor '_transforms.0.transform_features' must be ascending features`,
    ],
    [
      'a mask that sees too much',
      altered(maf, '_transforms.0.autoregressive_net.initial_layer.mask', 1, 1),
      MAF,
      `tensor '_transforms.0.autoregressive_net.initial_layer.mask' must be the one of its degrees; got 1 in row 0, column 1.`,
    ],
    [
      'a mask that sees too little',
      altered(maf, '_transforms.2.autoregressive_net.final_layer.mask', 32, 0),
      MAF,
      'must be the one of its degrees; got 0 in row 2, column 0.',
    ],
    [
      'a weighted mask',
      altered(maf, '_transforms.0.autoregressive_net.initial_layer.mask', 0, 0.5),
      MAF,
      'must be the one of its degrees; got 0.5 in row 0, column 0.',
    ],
    [
      'degrees out of range',
      altered(maf, '_transforms.0.autoregressive_net.initial_layer.degrees', 0, 5),
      MAF,
      `tensor '_transforms.0.autoregressive_net.initial_layer.degrees' must hold integers in [0, 4]; got 5.`,
    ],
    [
      'degrees of another output',
      altered(maf, '_transforms.0.autoregressive_net.final_layer.degrees', 1, 2),
      MAF,
      `tensor '_transforms.0.autoregressive_net.final_layer.degrees' must hold 1 at index 1; got 2.`,
    ],
    [
      'a reversal that is none',
      { ...maf, '_transforms.1._permutation': stored('I64', [5], [4, 3, 2, 0, 1]) },
      MAF,
      `tensor '_transforms.1._permutation' must be the reversal; got 0 at index 3.`,
    ],
    [
      'a permutation with a hole',
      { ...maf, '_transforms.1._permutation': stored('I64', [5], [4, 3, 2, 1, 1]) },
      MAF,
      `tensor '_transforms.1._permutation' must be a permutation; got 1 at index 4.`,
    ],
    [
      'layers of different dims',
      { ...maf, '_transforms.1._permutation': stored('I64', [4], [3, 2, 1, 0]) },
      MAF,
      'the file must describe a valid flow; got: ',
    ],
    [
      'a permutation matrix that is none',
      altered(glow, 'flows.1.P', 0, 1),
      GLOW,
      `tensor 'flows.1.P' must be a permutation matrix; got another matrix.`,
    ],
    [
      'a sign of 0',
      altered(glow, 'flows.4.sign_S', 0, 0),
      GLOW,
      `tensor 'flows.4.sign_S' must hold 1 and −1 alone; got other numbers.`,
    ],
    [
      'an actNorm that no data have passed',
      altered(glow, 'flows.2.data_dep_init_done', 0, 0),
      GLOW,
      `tensor 'flows.2.data_dep_init_done' must be 1, once data have passed; got 0.`,
    ],
    [
      'an ActNorm of nflows that no data have passed',
      { log_scale: weights(2), shift: weights(2), initialized: stored('BOOL', [], [0]) },
      { library: 'nflows', architecture: { type: 'ActNorm' } },
      `tensor 'initialized' must be 1, once data have passed; got 0.`,
    ],
    [
      'a mask of zuko',
      altered(zuko, 'transform.transforms.1.hyper.2.mask', 1, 1),
      ZUKO,
      `tensor 'transform.transforms.1.hyper.2.mask' must be the one of its degrees; got 1 in row 0, column 1.`,
    ],
    [
      'an order with ties, of fewer passes',
      { ...zuko, 'transform.transforms.1.order': stored('I64', [5], [0, 0, 0, 1, 1]) },
      ZUKO,
      `tensor 'transform.transforms.1.order' must be a permutation; got 0 at index 1.`,
    ],
    ['a scale of 0', altered(zuko, 'base.scale', 2, 0), ZUKO, `tensor 'base.scale' must hold positive numbers; got 0.`],
    ['no transforms', {}, ZUKO, `tensors must hold 'transform.transforms.0.order' of shape [any]; got none.`],
    ['weights that are not finite', altered(glow, 'flows.2.t', 3, Infinity), GLOW, 'must be finite; got Infinity'],
  ])('%s', (_, state, options, message) => {
    const read = (): unknown => fromPyTorch(safetensorsOf(state), options);
    expect(read).toThrow(FlowFileError);
    expect(read).toThrow(/^fromPyTorch: /);
    expect(read).toThrow(message);
  });

  it('float16', () => {
    const half = {
      ...coupling,
      [bias]: stored(
        'F16',
        [16],
        coupling[bias].data.map(() => 0x3c00),
      ),
    };
    expect(() => fromPyTorch(safetensorsOf(half), NFLOWS)).toThrow(SafetensorsError);
    expect(() => fromPyTorch(safetensorsOf(half), NFLOWS)).toThrow(
      `fromPyTorch: bytes must be a safetensors file; got: decodeSafetensors: tensor "${bias}" dtype must be one of F64, F32,`,
    );
    expect(() => fromPyTorch(safetensorsOf(half), NFLOWS)).toThrow('got "F16".');
  });

  it.each<[string, unknown, new () => Error, string]>([
    [
      'an unknown library',
      { ...NFLOWS, library: 'pyro' },
      RangeError,
      `fromPyTorch: library must be among nflows, normflows, zuko; got 'pyro'.`,
    ],
    [
      'an unknown layer',
      { library: 'nflows', architecture: [[{ type: 'UMNN' }]] },
      RangeError,
      `fromPyTorch: architecture[0][0]: type must be among AffineCouplingTransform,`,
    ],
    [
      'a layer of the prototype',
      { library: 'normflows', architecture: [{ type: 'toString' }] },
      RangeError,
      `fromPyTorch: architecture[0]: type must be among AffineCouplingBlock,`,
    ],
    [
      'another flow of zuko',
      { library: 'zuko', architecture: { type: 'NSF' } },
      RangeError,
      `fromPyTorch: architecture: type must be among MAF; got 'NSF'.`,
    ],
    [
      'an unknown setting',
      { library: 'nflows', architecture: [{ type: 'LULinear', hidden: [3] }] },
      TypeError,
      `fromPyTorch: architecture[0]: options must be among type; got 'hidden'.`,
    ],
    [
      'an unknown option',
      { ...NFLOWS, dim: 2 },
      TypeError,
      `fromPyTorch: options must be among library, architecture; got 'dim'.`,
    ],
    [
      'an unknown scale',
      { library: 'nflows', architecture: [{ type: 'AffineCouplingTransform', scale: 'exp' }] },
      RangeError,
      `fromPyTorch: architecture[0]: scale must be among default, general; got 'exp'.`,
    ],
    [
      'an unknown activation',
      { library: 'nflows', architecture: new Array(3).fill({ type: 'AffineCouplingTransform', activation: 'mish' }) },
      RangeError,
      `activation must be among tanh, relu, elu, silu, softplus, gelu; got 'mish'.`,
    ],
    [
      'no layers',
      { library: 'nflows', architecture: [] },
      RangeError,
      'fromPyTorch: architecture must hold at least one layer; got none.',
    ],
    [
      'no list of flows',
      { library: 'normflows', architecture: { type: 'Planar' } },
      RangeError,
      'fromPyTorch: architecture must be a list of at least one flow; got Object.',
    ],
    ['no architecture', { library: 'zuko' }, TypeError, 'fromPyTorch: architecture must be an object; got undefined.'],
    [
      'no layer',
      { library: 'nflows', architecture: [null] },
      TypeError,
      'fromPyTorch: architecture[0] must be a layer, or a list of layers; got null.',
    ],
  ])('%s', (_, options, kind, message) => {
    const read = (): unknown => fromPyTorch(safetensorsOf(coupling), options as PyTorchOptions);
    expect(read).toThrow(kind);
    expect(read).toThrow(message);
  });

  it('what is not bytes', () => {
    expect(() => fromPyTorch('model.safetensors' as never, ZUKO)).toThrow(
      "fromPyTorch: stateDict must be a Uint8Array; got 'model.safetensors'.",
    );
  });

  it('500 state dicts with a tensor cut, renamed, or a number changed: a flow, or a reason', () => {
    const outcomes = { read: 0, refused: 0 };
    const models: [StateDict, PyTorchOptions][] = [[coupling, NFLOWS], [maf, MAF], [glow, GLOW], [zuko, ZUKO]]; // prettier-ignore
    for (let i = 0; i < 500; i++) {
      const [state, options] = models[i % models.length];
      const names = Object.keys(state);
      const name = names[random.below(names.length)];
      const { dtype, shape, data } = state[name];
      const kinds: (() => StateDict)[] = [
        () => altered(state, name, random.below(data.length), [0, 1, 7, -1][random.below(4)]),
        () => ({ ...without(state, name), [`${name}.x`]: state[name] }),
        () => ({ ...state, [name]: stored(dtype, [data.length], data) }),
        () => ({ ...state, [name]: stored(dtype, [0, 1e6], []) }),
        () => ({ ...state, [name]: stored(dtype, shape.map(() => 1), [1]) }), // prettier-ignore
      ];
      try {
        fromPyTorch(safetensorsOf(kinds[random.below(kinds.length)]()), options).dispose();
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof FlowFileError || error instanceof SafetensorsError)) throw error;
        expect((error as Error).message).toMatch(/^fromPyTorch: .* must .*; got/);
        outcomes.refused++;
      }
    }
    expect(outcomes.read).toBeGreaterThan(25);
    expect(outcomes.refused).toBeGreaterThan(250);
  });
});
