// The smallest modules that need each feature, in bytes: what a runtime does not know it does not validate.

/** `(module (func (drop (f64x2.splat (f64.const 0)))))` */
const SIMD = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x0a, 0x10],
  ...[0x01, 0x0e, 0x00, 0x44, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfd, 0x14, 0x1a, 0x0b],
];
/** `(module (memory 1 1 shared) (func (drop (i32.atomic.load (i32.const 0)))))` */
const THREADS = [
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05, 0x04],
  ...[0x01, 0x03, 0x01, 0x01, 0x0a, 0x0b, 0x01, 0x09, 0x00, 0x41, 0x00, 0xfe, 0x10, 0x02, 0x00, 0x1a, 0x0b],
];

/**
 * What the runtime lacks of what the library needs, in words; empty where it has all. Every browser since 2021 has it (Chrome 91,
 * Firefox 89, Safari 16.4), Node since 16.4.
 *
 * @example
 * ```ts
 * const missing = missingFeatures();
 * if (missing.length > 0) console.log(`Please update your browser: it has no ${missing.join(', ')}.`);
 * ```
 */
export function missingFeatures(): string[] {
  if (typeof WebAssembly === 'undefined') return ['WebAssembly'];
  const missing: string[] = [];
  if (!WebAssembly.validate(Uint8Array.from(SIMD))) missing.push('WebAssembly SIMD');
  if (!WebAssembly.validate(Uint8Array.from(THREADS))) missing.push('WebAssembly threads');
  return missing;
}
