import { describe, expect, it } from 'vitest';
import { type Tensor, SafetensorsError, decodeSafetensors, encodeSafetensors } from '../../src/io/safetensors.js';
import { Random } from '../reference/random.js';

/** A file from a header, as text or as an object, and data. */
function file(header: unknown, data: ArrayLike<number> = []): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

function headerOf(bytes: Uint8Array): string {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  return new TextDecoder().decode(bytes.slice(8, 8 + length));
}

function bitsOf(data: Float64Array): bigint[] {
  return [...new BigUint64Array(data.slice().buffer)];
}

function scalar(value: number): Tensor {
  return { shape: [], data: Float64Array.of(value) };
}

const ZEROS = (count: number) => new Uint8Array(count);
const F64 = (shape: unknown, begin: unknown, end: unknown) => ({ dtype: 'F64', shape, data_offsets: [begin, end] });

describe('encodeSafetensors', () => {
  it('writes the published format, byte by byte', () => {
    const bytes = encodeSafetensors({ a: { shape: [2], data: Float64Array.of(1, -2) } }, { k: 'v' });
    const json = '{"__metadata__":{"k":"v"},"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}';
    expect(json.length).toBe(80); // a multiple of 8: no padding
    const expected = [80, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(json)];
    // 1 is 0x3ff0000000000000 and −2 is 0xc000000000000000, least byte first
    expected.push(0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0);
    expect([...bytes]).toEqual(expected);
  });

  it('pads the header with spaces, so that data starts at a multiple of 8', () => {
    for (let length = 1; length < 20; length++) {
      const bytes = encodeSafetensors({ ['n'.repeat(length)]: scalar(3) });
      const header = headerOf(bytes);
      expect(header.length % 8).toBe(0);
      expect(header).toMatch(/^\{.*\} {0,7}$/);
      expect(bytes.length).toBe(8 + header.length + 8);
    }
  });

  it('keeps the order of a Map, names like "7" and "__proto__" included, and gives the same bytes each time', () => {
    const names = ['z', '7', '__proto__', 'a', '1', 'constructor', 'ü "quoted" \\ \n \u{1f600}', ''];
    const tensors = new Map(names.map((name, i) => [name, scalar(i)]));
    const bytes = encodeSafetensors(tensors, { b: '2', a: '1' });
    expect(encodeSafetensors(tensors, { b: '2', a: '1' })).toEqual(bytes);
    const decoded = decodeSafetensors(bytes);
    expect([...decoded.tensors.keys()]).toEqual(names);
    names.forEach((name, i) => expect(decoded.tensors.get(name)).toEqual(scalar(i)));
    expect(Object.entries(decoded.metadata)).toEqual([
      ['b', '2'],
      ['a', '1'],
    ]);
  });

  it('writes no metadata when there are none, and an empty file', () => {
    expect(headerOf(encodeSafetensors({}))).toBe('{}      ');
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(new Map()));
    expect([tensors.size, Object.keys(metadata).length]).toEqual([0, 0]);
  });

  it.each<[string, () => unknown, string]>([
    [
      'data of another length than the shape',
      () => encodeSafetensors({ w: { shape: [2, 2], data: Float64Array.of(1) } }),
      'encodeSafetensors: tensor "w" data must hold 4 numbers for shape [2,2]; got 1.',
    ],
    [
      'a dimension that is no size',
      () => encodeSafetensors({ w: { shape: [-1], data: new Float64Array(0) } }),
      'encodeSafetensors: tensor "w" shape must hold whole numbers ≥ 0; got [-1].',
    ],
    [
      'a shape that overflows on its way to 0, as readers do',
      () => encodeSafetensors({ w: { shape: [2 ** 52, 2, 0], data: new Float64Array(0) } }),
      'encodeSafetensors: tensor "w" shape must have a size below 2^53 bytes; got [4503599627370496, 2, 0].',
    ],
    [
      'data of another kind',
      () => encodeSafetensors({ w: { shape: [1], data: [1] as never } }),
      'encodeSafetensors: tensor "w" data must be a Float64Array; got [1].',
    ],
    [
      'the reserved name',
      () => encodeSafetensors({ __metadata__: scalar(1) }),
      'encodeSafetensors: tensors must have other names; got "__metadata__".',
    ],
    [
      'half a surrogate pair',
      () => encodeSafetensors({ '\ud800': scalar(1) }),
      'encodeSafetensors: names and metadata must be valid Unicode; got "\\ud800".',
    ],
    [
      'metadata that is no text',
      () => encodeSafetensors({}, { step: 3 as never }),
      'encodeSafetensors: metadata must hold strings; got 3.',
    ],
  ])('refuses %s', (_, encode, message) => {
    expect(encode).toThrow(message);
    expect(encode).not.toThrow(SafetensorsError);
  });
});

describe('decodeSafetensors', () => {
  it('gives back every bit: −0, subnormals, infinities, the payload of NaN', () => {
    const patterns = [
      0x8000000000000000n,
      1n,
      0x7ff0000000000000n,
      0xfff0000000000000n,
      0x7ff8000000abcdefn,
      0xfff4000000000001n,
    ];
    const data = new Float64Array(new BigUint64Array(patterns).buffer);
    const { tensors } = decodeSafetensors(encodeSafetensors({ w: { shape: [2, 3], data } }));
    expect(tensors.get('w')!.shape).toEqual([2, 3]);
    expect(bitsOf(tensors.get('w')!.data)).toEqual(patterns);
  });

  it('reads scalars, empty tensors, and views of larger arrays', () => {
    const data = Float64Array.from({ length: 10 }, (_, i) => i).subarray(3, 5);
    const tensors = { none: { shape: [0, 5], data: new Float64Array(0) }, s: scalar(4), v: { shape: [1, 2], data } };
    const decoded = decodeSafetensors(encodeSafetensors(tensors)).tensors;
    expect(Object.fromEntries(decoded)).toEqual(tensors);
  });

  it.each([0, 1, 3, 7])('reads a view that starts at byte %d of its buffer', (offset) => {
    const bytes = encodeSafetensors({ w: { shape: [2], data: Float64Array.of(0.1, -0.2) } });
    const shifted = new Uint8Array(bytes.length + 20);
    shifted.set(bytes, offset);
    const { tensors } = decodeSafetensors(shifted.subarray(offset, offset + bytes.length));
    expect(tensors.get('w')!.data).toEqual(Float64Array.of(0.1, -0.2));
  });

  it('reads shared memory, and results own their memory', () => {
    const bytes = encodeSafetensors({ w: scalar(7) });
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    const { data } = decodeSafetensors(shared).tensors.get('w')!;
    shared.fill(0);
    expect(data).toEqual(Float64Array.of(7));
    expect(data.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it.each<[string, number[], number[]]>([
    ['F32', [0, 0, 0x80, 0x3f, 0, 0, 0, 0x80], [1, -0]],
    ['I64', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 5, 0, 0, 0, 0, 0, 0, 0], [-1, 5]],
    ['U64', [0, 0, 0, 0, 0, 0, 0, 0x80, 5, 0, 0, 0, 0, 0, 0, 0], [2 ** 63, 5]],
    ['I32', [0xfe, 0xff, 0xff, 0xff, 2, 0, 0, 0], [-2, 2]],
    ['U32', [0xfe, 0xff, 0xff, 0xff, 2, 0, 0, 0], [2 ** 32 - 2, 2]],
    ['I16', [0xfe, 0xff, 2, 1], [-2, 258]],
    ['U16', [0xfe, 0xff, 2, 1], [65534, 258]],
    ['I8', [0xfe, 2], [-2, 2]],
    ['U8', [0xfe, 2], [254, 2]],
    ['BOOL', [1, 0], [1, 0]],
  ])('reads %s', (dtype, data, expected) => {
    const bytes = file({ t: { dtype, shape: [2], data_offsets: [0, data.length] } }, data);
    expect(decodeSafetensors(bytes).tensors.get('t')!.data).toEqual(Float64Array.from(expected));
  });

  it('reads other writers’ files: data in another order than names, white space, unknown fields, "__proto__" in metadata', () => {
    const data = new Uint8Array(Float64Array.of(1, 2).buffer);
    const header =
      '{ "b" : {"shape":[ ],"dtype":"F64","data_offsets":[8,16],"note":{}}, "a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}';
    const { tensors, metadata } = decodeSafetensors(file(`${header}, "__metadata__": {"__proto__":"x"} }\n `, data));
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensors.get('b')).toEqual(scalar(2));
    expect(Object.entries(metadata)).toEqual([['__proto__', 'x']]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  const TWO_53 = 2 ** 53;
  it.each<[string, Uint8Array, string]>([
    ['nothing', ZEROS(0), 'bytes must hold a header length of 8 bytes; got 0.'],
    ['a length cut short', ZEROS(7), 'bytes must hold a header length of 8 bytes; got 7.'],
    ['a header of length 0', ZEROS(8), "header must start with byte 123, '{'; got undefined."],
    ['a header beyond the file', file('{}').fill(9, 0, 1), 'header length must be at most 2 in a file of 10 bytes; got 9.'],
    [
      'an absurd length',
      file('{}').fill(0xff, 0, 8),
      'header length must be at most 2 in a file of 10 bytes; got 18446744073709551615.',
    ],
    ['a space before the header', file(' {}'), "header must start with byte 123, '{'; got 32."],
    ['a byte order mark', file('\ufeff{}'), "header must start with byte 123, '{'; got 239."],
    ['broken UTF-8', file('{"é":1}').fill(0x22, 11, 12), 'header must be UTF-8; got "{\\"\ufffd'],
    ['broken JSON', file('{"a":}'), 'header must be JSON; got "{\\"a\\":}".'],
    ['something after the JSON', file('{}x'), 'header must be JSON; got "{}x".'],
    ['a deep header', file('{"a":[[[]]]}'), 'header must nest at most 3 deep; got "[]]]}".'],
    ['a very deep header', file(`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`), 'deep; got "[[[['],
    ['half a surrogate pair', file('{"\\ud800":1}'), 'header must hold valid Unicode; got "\\ud800".'],
    ['a name twice', file('{"a":1,"\\u0061" :2}'), 'header must name each key once; got "a".'],
    ['a field twice', file('{"a":{"dtype":"F64","dtype":"F32"}}'), 'header must name each key once; got "dtype".'],
    ['metadata twice', file('{"__metadata__":{},"__metadata__":{}}'), 'header must name each key once; got "__metadata__".'],
    ['metadata that are no object', file({ __metadata__: [] }), '__metadata__ must be an object; got [].'],
    ['metadata that are no text', file({ __metadata__: { a: 1 } }), '__metadata__["a"] must be a string; got 1.'],
    ['a tensor that is no object', file({ a: null }), 'tensor "a" must be an object; got null.'],
    ['"__proto__" as a tensor that is no object', file('{"__proto__":3}'), 'tensor "__proto__" must be an object; got 3.'],
    ['a dtype not read', file({ a: { ...F64([], 0, 8), dtype: 'BF16' } }, ZEROS(8)), 'BOOL; got "BF16".'],
    ['a dtype of the prototype', file({ a: { ...F64([], 0, 8), dtype: 'toString' } }, ZEROS(8)), 'BOOL; got "toString".'],
    ['no dtype', file({ a: {} }), 'BOOL; got undefined.'],
    ['no shape', file({ a: { dtype: 'F64' } }), 'tensor "a" shape must hold whole numbers ≥ 0; got undefined.'],
    ['a negative dimension', file({ a: F64([-1], 0, 0) }), 'tensor "a" shape must hold whole numbers ≥ 0; got [-1].'],
    ['a broken dimension', file({ a: F64([0.5], 0, 4) }, ZEROS(4)), 'shape must hold whole numbers ≥ 0; got [0.5].'],
    ['a dimension as text', file({ a: F64(['1'], 0, 8) }, ZEROS(8)), 'shape must hold whole numbers ≥ 0; got [1].'],
    ['a dimension of 2^53', file({ a: F64([TWO_53], 0, 0) }), 'shape must hold whole numbers ≥ 0; got [9007199254740992].'],
    [
      'a size that overflows',
      file({ a: F64([1e8, 1e8, 0], 0, 0) }),
      'must have a size below 2^53 bytes; got [100000000, 100000000, 0].',
    ],
    ['no offsets', file({ a: { dtype: 'F64', shape: [] } }), 'data_offsets must be two whole numbers ≥ 0; got undefined.'],
    [
      'three offsets',
      file({ a: { ...F64([], 0, 8), data_offsets: [0, 8, 8] } }),
      'must be two whole numbers ≥ 0; got [0, 8, 8].',
    ],
    ['negative offsets', file({ a: F64([], -8, 0) }), 'data_offsets must be two whole numbers ≥ 0; got [-8, 0].'],
    ['offsets that fall', file({ a: F64([0], 8, 0) }, ZEROS(8)), 'data_offsets must rise within 8 bytes of data; got [8, 0].'],
    ['offsets beyond the file', file({ a: F64([2], 0, 16) }, ZEROS(15)), 'must rise within 15 bytes of data; got [0, 16].'],
    ['another size than the shape’s', file({ a: F64([2], 0, 8) }, ZEROS(8)), 'must span the 16 bytes of F64 [2]; got [0, 8].'],
    [
      'tensors that overlap',
      file({ a: F64([2], 0, 16), b: F64([1], 8, 16) }, ZEROS(16)),
      'tensor "b" data_offsets must begin at 16, where the one before ends; got 8.',
    ],
    ['a tensor over another', file({ a: F64([], 0, 8), b: F64([], 0, 8) }, ZEROS(8)), 'tensor "b" data_offsets must begin at 8'],
    ['a gap', file({ a: F64([], 0, 8), b: F64([], 16, 24) }, ZEROS(24)), 'tensor "b" data_offsets must begin at 8, where'],
    ['a gap at the start', file({ a: F64([], 8, 16) }, ZEROS(16)), 'tensor "a" data_offsets must begin at 0, where'],
    ['data left over', file({ a: F64([], 0, 8) }, ZEROS(9)), 'data must end with the last tensor, after 8 bytes; got 9.'],
    [
      'an integer that is no double',
      file({ a: { ...F64([], 0, 8), dtype: 'I64' } }, [1, 0, 0, 0, 0, 0, 0x20, 0]),
      'tensor "a" must hold values that float64 can; got 9007199254740993.',
    ],
    [
      'a BOOL of 2',
      file({ a: { ...F64([], 0, 1), dtype: 'BOOL' } }, [2]),
      'tensor "a" must hold 0 and 1 alone, as a BOOL; got 2.',
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(SafetensorsError);
    expect(() => decodeSafetensors(bytes)).toThrow(/^decodeSafetensors: .* must .*; got .*\.$/);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it('refuses what is not bytes', () => {
    expect(() => decodeSafetensors('{}' as never)).toThrow(TypeError);
    expect(() => decodeSafetensors('{}' as never)).toThrow('decodeSafetensors: bytes must be a Uint8Array; got "{}".');
  });

  it('accepts or refuses 3000 damaged files, and never fails in another way', () => {
    const random = new Random(2015);
    const outcomes = { decoded: 0, refused: 0 };
    for (let i = 0; i < 3000; i++) {
      const bytes = damaged(random);
      try {
        const { tensors, metadata } = decodeSafetensors(bytes);
        outcomes.decoded++;
        for (const { shape, data } of tensors.values()) expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        for (const text of Object.values(metadata)) expect(typeof text).toBe('string');
        // what was accepted can be written, and read again to the bit
        const again = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect([...again.tensors].map(([name, { data }]) => [name, bitsOf(data)])).toEqual(
          [...tensors].map(([name, { data }]) => [name, bitsOf(data)]),
        );
      } catch (error) {
        if (!(error instanceof SafetensorsError)) throw error;
        expect(error.message).toMatch(/^decodeSafetensors: [^]* must [^]*; got [^]*\.$/);
        outcomes.refused++;
      }
    }
    // both happen, or the damage is of no use
    expect(outcomes.decoded).toBeGreaterThan(150);
    expect(outcomes.refused).toBeGreaterThan(1500);
  });
});

/** What a header may be spiced with. */
const SPICES = [
  '{',
  '}',
  '[',
  ']',
  '"',
  ',',
  ':',
  '-',
  '0',
  '8',
  '1e9',
  'null',
  '\\',
  '\\u0000',
  '\ud83d',
  'F32',
  '"a":',
  '[]',
  ' ',
  '__proto__',
];

/** A sound file with a few random changes; half of the time the header's length is made right again. */
function damaged(random: Random): Uint8Array {
  const names = ['a', 'transforms.0.u', '__proto__', '7'].slice(0, 1 + random.below(4));
  const tensors = new Map(
    names.map((name) => {
      const shape = Array.from({ length: random.below(3) }, () => random.below(4));
      return [name, { shape, data: Float64Array.from(random.normals(shape.reduce((a, b) => a * b, 1))) }];
    }),
  );
  const sound = encodeSafetensors(tensors, random.below(2) ? { format: '1', architecture: '{"dim":2}' } : {});
  if (random.below(2)) return changeBytes(sound, random);
  let header = headerOf(sound);
  for (let changes = 1 + random.below(2); changes > 0; changes--) {
    const at = random.below(header.length);
    const removed = random.below(3) ? random.below(3) : 0;
    header = header.slice(0, at) + SPICES[random.below(SPICES.length)] + header.slice(at + removed);
  }
  return file(header, sound.slice(8 + headerOf(sound).length));
}

function changeBytes(sound: Uint8Array, random: Random): Uint8Array {
  const bytes = sound.slice();
  for (let changes = 1 + random.below(3); changes > 0; changes--) bytes[random.below(bytes.length)] ^= 1 << random.below(8);
  const kinds = [
    bytes,
    bytes.slice(0, random.below(bytes.length)),
    bytes.slice(random.below(16)),
    Uint8Array.from([...bytes, 0]),
  ];
  return kinds[random.below(8)] ?? bytes;
}
