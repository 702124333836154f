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
// Four counters at once, one in each 32-bit lane. A round of four words cannot be one function (it would return four vectors): its users
// write out the loop, of products and the two word functions below.

/** The multipliers, as low and high words of 64-bit products: i64x2.extmul_*_i32x4_u. */
export const M0: usize = memory.data<u32>([0xD2511F53, 0xD2511F53, 0xD2511F53, 0xD2511F53], 16);
export const M1: usize = memory.data<u32>([0xCD9E8D57, 0xCD9E8D57, 0xCD9E8D57, 0xCD9E8D57], 16);
/** What moves the key on: the golden ratio, and √3 − 1. */
export const W0: u32 = 0x9E3779B9;
export const W1: u32 = 0xBB67AE85;
export const ROUNDS: i32 = 10;

/** high ⊕ c ⊕ key, of the products of lanes 0, 1 and 2, 3. */
// @ts-ignore: decorator
@inline
export function mixHigh(products01: v128, products23: v128, c: v128, key: u32): v128 {
  return v128.xor(v128.xor(v128.shuffle<i32>(products01, products23, 1, 3, 5, 7), c), i32x4.splat(key));
}

/** The low words of the products of lanes 0, 1 and 2, 3. */
// @ts-ignore: decorator
@inline
export function takeLow(products01: v128, products23: v128): v128 {
  return v128.shuffle<i32>(products01, products23, 0, 2, 4, 6);
}

/** The 128 random bits of one counter: for the tests, which hold the rounds against the published answers. */
export function philox4x32(
  out: usize, // [4] 32-bit words
  counter: usize, // [4]
  key: usize, // [2]
): void {
  let c0 = v128.load32_splat(counter, 0);
  let c1 = v128.load32_splat(counter, 4);
  let c2 = v128.load32_splat(counter, 8);
  let c3 = v128.load32_splat(counter, 12);
  let keyLo = load<u32>(key, 0);
  let keyHi = load<u32>(key, 4);
  for (let round = 0; round < ROUNDS; ++round) {
    const a01 = i64x2.extmul_low_i32x4_u(c0, v128.load(M0));
    const a23 = i64x2.extmul_high_i32x4_u(c0, v128.load(M0));
    const b01 = i64x2.extmul_low_i32x4_u(c2, v128.load(M1));
    const b23 = i64x2.extmul_high_i32x4_u(c2, v128.load(M1));
    c0 = mixHigh(b01, b23, c1, keyLo);
    c1 = takeLow(b01, b23);
    c2 = mixHigh(a01, a23, c3, keyHi);
    c3 = takeLow(a01, a23);
    keyLo += W0;
    keyHi += W1;
  }
  store<u32>(out, i32x4.extract_lane(c0, 0), 0);
  store<u32>(out, i32x4.extract_lane(c1, 0), 4);
  store<u32>(out, i32x4.extract_lane(c2, 0), 8);
  store<u32>(out, i32x4.extract_lane(c3, 0), 12);
}
