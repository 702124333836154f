// Philox4x32-10: a counter-based generator
//
//   One round, on a counter (c0, c1, c2, c3) and a key (k0, k1), where a · b = 2^32 high + low:
//     c0' = high(M1 c2) ⊕ c1 ⊕ k0,   c1' = low(M1 c2)
//     c2' = high(M0 c0) ⊕ c3 ⊕ k1,   c3' = low(M0 c0)
//   then k0 += W0, k1 += W1. Ten rounds turn 128 bits of counter into 128 random bits: no state to carry, any element in any order.
//
// Source: Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11; the known answers of their
// Random123 library are in the tests.
//
// Four counters at once, one in each 32-bit lane, and two such groups side by side, as a round is a long chain of short operations.

const M0: usize = memory.data<u32>([0xD2511F53, 0xD2511F53, 0xD2511F53, 0xD2511F53], 16);
const M1: usize = memory.data<u32>([0xCD9E8D57, 0xCD9E8D57, 0xCD9E8D57, 0xCD9E8D57], 16);
/** What moves the key on: the golden ratio, and √3 − 1. */
const W0: usize = memory.data<u32>([0x9E3779B9, 0x9E3779B9, 0x9E3779B9, 0x9E3779B9], 16);
const W1: usize = memory.data<u32>([0xBB67AE85, 0xBB67AE85, 0xBB67AE85, 0xBB67AE85], 16);
const LANES: usize = memory.data<u32>([0, 1, 2, 3, 4, 5, 6, 7], 16);
const ROUNDS: i32 = 10;

/** The random bits of the counters (firstRow + r, c1, c2, c3) for r < rows. Writes up to 7 rows past the last one. */
export function fillWords(
  low: usize, // [rows] words 0 and 1, as 64 bits
  high: usize, // [rows] words 2 and 3
  rows: i32,
  firstRow: u32,
  c1: u32,
  c2: u32,
  c3: u32,
  keyLow: u32,
  keyHigh: u32,
): void {
  const m0 = v128.load(M0);
  const m1 = v128.load(M1);
  const w0 = v128.load(W0);
  const w1 = v128.load(W1);
  for (let row = 0; row < rows; row += 8) {
    const first = i32x4.splat(firstRow + row);
    let a0 = i32x4.add(first, v128.load(LANES, 0));
    let a1 = i32x4.splat(c1);
    let a2 = i32x4.splat(c2);
    let a3 = i32x4.splat(c3);
    let b0 = i32x4.add(first, v128.load(LANES, 16));
    let b1 = a1;
    let b2 = a2;
    let b3 = a3;
    let k0 = i32x4.splat(keyLow);
    let k1 = i32x4.splat(keyHigh);
    for (let round = 0; round < ROUNDS; round++) {
      const aLow0 = i64x2.extmul_low_i32x4_u(a0, m0);
      const aHigh0 = i64x2.extmul_high_i32x4_u(a0, m0);
      const aLow2 = i64x2.extmul_low_i32x4_u(a2, m1);
      const aHigh2 = i64x2.extmul_high_i32x4_u(a2, m1);
      const bLow0 = i64x2.extmul_low_i32x4_u(b0, m0);
      const bHigh0 = i64x2.extmul_high_i32x4_u(b0, m0);
      const bLow2 = i64x2.extmul_low_i32x4_u(b2, m1);
      const bHigh2 = i64x2.extmul_high_i32x4_u(b2, m1);
      a0 = mix(aLow2, aHigh2, a1, k0);
      a1 = lowWords(aLow2, aHigh2);
      a2 = mix(aLow0, aHigh0, a3, k1);
      a3 = lowWords(aLow0, aHigh0);
      b0 = mix(bLow2, bHigh2, b1, k0);
      b1 = lowWords(bLow2, bHigh2);
      b2 = mix(bLow0, bHigh0, b3, k1);
      b3 = lowWords(bLow0, bHigh0);
      k0 = i32x4.add(k0, w0);
      k1 = i32x4.add(k1, w1);
    }
    const at = <usize>row << 3;
    storePairs(low + at, a0, a1);
    storePairs(high + at, a2, a3);
    storePairs(low + at + 32, b0, b1);
    storePairs(high + at + 32, b2, b3);
  }
}

/** high ⊕ c ⊕ key, of the products of lanes 0, 1 and 2, 3. */
// @ts-ignore: decorator
@inline
function mix(products01: v128, products23: v128, c: v128, key: v128): v128 {
  return v128.xor(v128.xor(v128.shuffle<i32>(products01, products23, 1, 3, 5, 7), c), key);
}

/** The low words of the products of lanes 0, 1 and 2, 3. */
// @ts-ignore: decorator
@inline
function lowWords(products01: v128, products23: v128): v128 {
  return v128.shuffle<i32>(products01, products23, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function storePairs(out: usize, first: v128, second: v128): void {
  v128.store(out, v128.shuffle<i32>(first, second, 0, 4, 1, 5), 0);
  v128.store(out, v128.shuffle<i32>(first, second, 2, 6, 3, 7), 16);
}
