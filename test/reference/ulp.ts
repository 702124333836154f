import { Decimal } from 'decimal.js';

/** Fifty digits: the references lose at most ten to cancellation. */
export const Real = Decimal.clone({ precision: 50 });

const SMALLEST = new Real(2).pow(-1074);
const OVERFLOW = new Real(2).pow(1024).minus(new Real(2).pow(970)); // from here on the nearest double is ∞

/** x itself: a Decimal made from a number takes its shortest decimal form, up to half a unit in the last place away. */
export function real(x: number): Decimal {
  if (!Number.isFinite(x)) return new Real(x);
  let exponent = 0;
  let integer = x;
  while (!Number.isInteger(integer)) {
    integer *= 2;
    exponent--;
  }
  return new Real(BigInt(integer).toString()).mul(new Real(2).pow(exponent));
}

/** |actual − exact| in units of the last place of a double as large as exact; denormals have the place of the smallest one. */
export function ulpError(actual: number, exact: Decimal): number {
  if (exact.abs().gte(OVERFLOW)) return actual === exact.s * Infinity ? 0 : Infinity;
  if (!Number.isFinite(actual)) return Infinity;
  return real(actual).minus(exact).abs().div(spacing(exact)).toNumber();
}

/** Distance between the doubles around x; for a power of two, the one above. */
function spacing(x: Decimal): Decimal {
  if (x.isZero()) return SMALLEST;
  const nearest = Math.abs(x.toNumber());
  let exponent = Math.max(Math.floor(Math.log2(Math.max(nearest, 2 ** -1022))), -1022);
  while (exponent > -1022 && new Real(2).pow(exponent).gt(x.abs())) exponent--;
  while (new Real(2).pow(exponent + 1).lte(x.abs())) exponent++;
  return new Real(2).pow(exponent - 52);
}
