// The safetensors file format: 8 bytes N (unsigned, little-endian), N bytes of UTF-8 JSON, then the tensors' bytes.
//
//   {"__metadata__": {key: text}, name: {"dtype": "F64", "shape": [rows, columns], "data_offsets": [begin, end]}, …}
//
// Offsets count from the end of the header; the tensors lie end to end, little-endian, row-major, and fill the file.
//
// Source: github.com/huggingface/safetensors, README.md, "Format". A file is hostile until parsed.

/** A row-major array: `data.length` is the product of `shape`, and 1 for the shape `[]` of a scalar. */
export interface Tensor {
  shape: number[];
  data: Float64Array;
}

/** What {@link decodeSafetensors} found in a file: tensors in the order of their data, metadata in an object without prototype. */
export interface SafetensorsFile {
  tensors: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** The bytes are not a safetensors file, or hold what this reader does not read. The message says which rule they break. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError';
}

const LENGTH_BYTES = 8;
/** As in the reference implementation. */
const MAXIMUM_HEADER_BYTES = 100_000_000;
/** name → description → shape: no header nests deeper. */
const MAXIMUM_DEPTH = 3;
const METADATA = '__metadata__';
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
/** Half of a surrogate pair: JSON can write it, UTF-8 cannot. */
const LONE_SURROGATE = /\p{Surrogate}/u;

type Numbers = ArrayLike<number> | ArrayLike<bigint>;

/** How an array of each dtype is made of its bytes. */
const READERS: Record<string, { itemBytes: number; view: (buffer: ArrayBuffer) => Numbers }> = {
  F64: { itemBytes: 8, view: (buffer) => new Float64Array(buffer) },
  F32: { itemBytes: 4, view: (buffer) => new Float32Array(buffer) },
  I64: { itemBytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  U64: { itemBytes: 8, view: (buffer) => new BigUint64Array(buffer) },
  I32: { itemBytes: 4, view: (buffer) => new Int32Array(buffer) },
  U32: { itemBytes: 4, view: (buffer) => new Uint32Array(buffer) },
  I16: { itemBytes: 2, view: (buffer) => new Int16Array(buffer) },
  U16: { itemBytes: 2, view: (buffer) => new Uint16Array(buffer) },
  I8: { itemBytes: 1, view: (buffer) => new Int8Array(buffer) },
  U8: { itemBytes: 1, view: (buffer) => new Uint8Array(buffer) },
  BOOL: { itemBytes: 1, view: (buffer) => new Uint8Array(buffer) },
};

/**
 * Writes named float64 tensors and texts as one safetensors file, that Python's `safetensors` reads too.
 *
 * The tensors keep their order and their bits (−0, and the payload of NaN); the same input gives the same bytes. Each tensor
 * starts at a multiple of 8 bytes.
 *
 * @param tensors by name. In a plain object JavaScript moves names like `"7"` to the front; a `Map` keeps its order.
 * @param metadata free texts, e.g. JSON of the architecture.
 * @throws {RangeError} when `data` does not hold the product of `shape`, a dimension is not a whole number ≥ 0, a name is
 *   `__metadata__` or a text is not valid Unicode.
 * @throws {TypeError} when a tensor's `data` is not a `Float64Array` or a metadata value is not a string.
 * @example
 * const bytes = encodeSafetensors({ w: { shape: [2, 1], data: Float64Array.of(0.5, -0) } }, { format: '1' });
 * decodeSafetensors(bytes).tensors.get('w').data; // Float64Array [0.5, -0]
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor> | Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = isMap(tensors) ? [...tensors] : Object.entries(tensors);
  // written by hand: an object would lose the order of names like "7"
  const fields: string[] = [];
  const texts = Object.entries(metadata).map(([key, text]) => `${quote(key)}:${quote(text)}`);
  if (texts.length > 0) fields.push(`${quote(METADATA)}:{${texts.join()}}`);
  let dataBytes = 0;
  for (const [name, tensor] of entries) {
    checkTensor(name, tensor);
    const end = dataBytes + tensor.data.byteLength;
    fields.push(`${quote(name)}:{"dtype":"F64","shape":[${tensor.shape.join()}],"data_offsets":[${dataBytes},${end}]}`);
    dataBytes = end;
  }

  const json = new TextEncoder().encode(`{${fields.join()}}`);
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAXIMUM_HEADER_BYTES) {
    failEncode('names and metadata', `fit a header of ${MAXIMUM_HEADER_BYTES} bytes`, headerBytes);
  }
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  let start = LENGTH_BYTES + headerBytes;
  for (const [, { data }] of entries) {
    copyLittleEndian(bytes.subarray(start, start + data.byteLength), bytesOf(data), 8);
    start += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. The whole layout is checked before any tensor is made, and what is made owns its memory: at
 * most eight times the size of the file.
 *
 * Reads F64 bit by bit; F32, I32, U32, I16, U16, I8, U8 exactly; I64 and U64 when every value is a double (up to 2^53, say); BOOL as
 * 0 and 1. F16, BF16 and the 8-bit floats are refused. Fields of a tensor beyond `dtype`, `shape` and `data_offsets` are ignored.
 *
 * @throws {SafetensorsError} when the bytes are anything but such a file, and nothing else whatever they are.
 * @throws {TypeError} when `bytes` is not a `Uint8Array`.
 * @example
 * const { tensors, metadata } = decodeSafetensors(new Uint8Array(await file.arrayBuffer()));
 * tensors.get('transforms.0.u'); // { shape: [2], data: Float64Array [ … ] }
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (!isArrayOf('Uint8Array', bytes)) {
    throw new TypeError(`decodeSafetensors: bytes must be a Uint8Array; got ${show(bytes)}.`);
  }
  const { text, dataStart } = readHeader(bytes);
  const header = parseHeader(text);
  const data = bytes.subarray(dataStart);

  const metadata: Record<string, string> = Object.create(null);
  const spans: Span[] = [];
  for (const name of keysInOrder(text)) {
    if (name === METADATA) Object.assign(metadata, readMetadata(header[name]));
    else spans.push(readSpan(name, header[name], data.length));
  }
  checkCover(spans, data.length);
  return { tensors: new Map(spans.map((span) => [span.name, readTensor(span, data)])), metadata };
}

/** Where a tensor's bytes are; checked. */
interface Span {
  name: string;
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

function readHeader(bytes: Uint8Array): { text: string; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) fail('bytes', 'hold a header length of 8 bytes', bytes.length);
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const available = Math.min(bytes.length - LENGTH_BYTES, MAXIMUM_HEADER_BYTES);
  if (length > BigInt(available)) fail('header length', `be at most ${available} in a file of ${bytes.length} bytes`, length);
  const dataStart = LENGTH_BYTES + Number(length);
  // a copy: browsers decode no shared memory
  const header = new Uint8Array(bytes.subarray(LENGTH_BYTES, dataStart));
  if (header[0] !== 0x7b) fail('header', "start with byte 123, '{'", header[0]);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header), dataStart };
  } catch (cause) {
    fail('header', 'be UTF-8', new TextDecoder().decode(header), cause);
  }
}

function parseHeader(text: string): Record<string, unknown> {
  try {
    // it starts with '{', so it is an object; JSON.parse makes "__proto__" a plain property
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    fail('header', 'be JSON', text, cause);
  }
}

/**
 * The keys of the header in their order, which `JSON.parse` loses for names like "7"; and the keys that it drops in silence,
 * the repeated ones, at any depth. `text` is valid JSON.
 */
function keysInOrder(text: string): string[] {
  const open: Set<string>[] = [];
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{' || character === '[') {
      open.push(new Set());
      if (open.length > MAXIMUM_DEPTH) fail('header', `nest at most ${MAXIMUM_DEPTH} deep`, text.slice(i));
    } else if (character === '}' || character === ']') {
      if (open.length === 1) break;
      open.pop();
    } else if (character === '"') {
      const start = i;
      for (i++; text[i] !== '"'; i++) if (text[i] === '\\') i++;
      const string = JSON.parse(text.slice(start, i + 1)) as string;
      if (LONE_SURROGATE.test(string)) fail('header', 'hold valid Unicode', string);
      if (!isKey(text, i + 1)) continue;
      const keys = open[open.length - 1];
      if (keys.has(string)) fail('header', 'name each key once', string);
      keys.add(string);
    }
  }
  return [...open[0]];
}

/** Whether a colon follows. */
function isKey(text: string, start: number): boolean {
  let i = start;
  while (text[i] === ' ' || text[i] === '\n' || text[i] === '\r' || text[i] === '\t') i++;
  return text[i] === ':';
}

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) fail(METADATA, 'be an object', value);
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') fail(`${METADATA}[${show(key)}]`, 'be a string', text);
  }
  return value as Record<string, string>;
}

function readSpan(name: string, value: unknown, dataBytes: number): Span {
  const where = `tensor ${show(name)}`;
  if (!isObject(value)) fail(where, 'be an object', value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(READERS, dtype)) {
    fail(`${where} dtype`, `be one of ${Object.keys(READERS).join(', ')}`, dtype);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) fail(`${where} shape`, 'hold whole numbers ≥ 0', shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    fail(`${where} data_offsets`, 'be two whole numbers ≥ 0', offsets);
  }
  const [begin, end] = offsets;
  if (begin > end || end > dataBytes) fail(`${where} data_offsets`, `rise within ${dataBytes} bytes of data`, offsets);
  const size = byteSize(shape, READERS[dtype].itemBytes);
  if (!isSize(size)) fail(`${where} shape`, 'have a size below 2^53 bytes', shape);
  if (end - begin !== size) fail(`${where} data_offsets`, `span the ${size} bytes of ${dtype} ${show(shape)}`, offsets);
  // "-0" is a whole number in JSON
  return { name, dtype, shape: shape.map((extent) => extent + 0), begin, end };
}

/** Sorts the tensors by place: there they must lie end to end and fill the data. */
function checkCover(spans: Span[], dataBytes: number): void {
  spans.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of spans) {
    if (begin !== reached) fail(`tensor ${show(name)} data_offsets`, `begin at ${reached}, where the one before ends`, begin);
    reached = end;
  }
  if (reached !== dataBytes) fail('data', `end with the last tensor, after ${reached} bytes`, dataBytes);
}

function readTensor({ name, dtype, shape, begin, end }: Span, data: Uint8Array): Tensor {
  const { itemBytes, view } = READERS[dtype];
  const own = new Uint8Array(end - begin); // aligned, wherever the file's bytes are
  copyLittleEndian(own, data.subarray(begin, end), itemBytes);
  const values = view(own.buffer);
  return { shape, data: values instanceof Float64Array ? values : Float64Array.from(values, exactly) };

  function exactly(value: number | bigint): number {
    const rounded = Number(value);
    if (typeof value === 'bigint' && BigInt(rounded) !== value)
      fail(`tensor ${show(name)}`, 'hold values that float64 can', value);
    if (dtype === 'BOOL' && rounded > 1) fail(`tensor ${show(name)}`, 'hold 0 and 1 alone, as a BOOL', rounded);
    return rounded;
  }
}

function copyLittleEndian(target: Uint8Array, source: Uint8Array, itemBytes: number): void {
  target.set(source);
  if (LITTLE_ENDIAN) return;
  for (let i = 0; i < target.length; i += itemBytes) target.subarray(i, i + itemBytes).reverse();
}

function bytesOf(data: Float64Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function checkTensor(name: string, { shape, data }: Tensor): void {
  const where = `tensor ${show(name)}`;
  if (name === METADATA) failEncode('tensors', 'have other names', name);
  if (!isArrayOf('Float64Array', data)) {
    throw new TypeError(`encodeSafetensors: ${where} data must be a Float64Array; got ${show(data)}.`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) failEncode(`${where} shape`, 'hold whole numbers ≥ 0', shape);
  const size = byteSize(shape, 8) / 8;
  if (!isSize(size)) failEncode(`${where} shape`, 'have a size below 2^53 bytes', shape);
  if (size !== data.length) failEncode(`${where} data`, `hold ${size} numbers for shape [${shape}]`, data.length);
}

/** A JSON string of text that UTF-8 can hold. */
function quote(text: string): string {
  if (typeof text !== 'string') throw new TypeError(`encodeSafetensors: metadata must hold strings; got ${show(text)}.`);
  if (LONE_SURROGATE.test(text)) failEncode('names and metadata', 'be valid Unicode', text);
  return JSON.stringify(text);
}

/** The product of `shape` and `itemBytes`; NaN if it passes 2^53 on the way, even if a 0 would bring it back. */
function byteSize(shape: number[], itemBytes: number): number {
  return shape.reduce((bytes, extent) => (isSize(bytes * extent) ? bytes * extent : NaN), itemBytes);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isMap(tensors: Parameters<typeof encodeSafetensors>[0]): tensors is ReadonlyMap<string, Tensor> {
  return typeof tensors[Symbol.iterator as never] === 'function';
}

/** By its tag: `instanceof` fails for arrays of another realm (a frame, or Node's `Buffer` in a test runner's sandbox). */
function isArrayOf(tag: 'Uint8Array' | 'Float64Array', value: unknown): boolean {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === tag;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(argument: string, rule: string, value: unknown, cause?: unknown): never {
  throw new SafetensorsError(`decodeSafetensors: ${argument} must ${rule}; got ${show(value)}.`, { cause });
}

function failEncode(argument: string, rule: string, value: unknown): never {
  throw new RangeError(`encodeSafetensors: ${argument} must ${rule}; got ${show(value)}.`);
}

/** A value as it may stand in a message: a hostile one may be long, or deep. */
function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return `[${shorten(value.slice(0, 30).map(showItem).join(', '))}]`;
  return showItem(value);
}

function showItem(value: unknown): string {
  if (value === null || typeof value !== 'object') return shorten(String(value));
  return Array.isArray(value) ? 'an array' : 'an object';
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
