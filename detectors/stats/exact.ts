/**
 * Logarithms and exponentials from exactly rounded operations only, so that every engine gives the same bits.
 * `Math.log` and `Math.exp` are approximated as each engine likes (ECMA-262, 21.3.2), and replay must be bit-equal.
 */

const { LN2 } = Math;
const scratch = new DataView(new ArrayBuffer(8));

/** Natural logarithm of a positive finite number, within about 1e-14. */
export function ln(value: number): number {
  scratch.setFloat64(0, value);
  const high = scratch.getInt32(0);
  const exponent = ((high >>> 20) & 0x7ff) - 1023;
  // Mantissa in [1, 2), moved to [0.75, 1.5) so that the series converges fast.
  scratch.setInt32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = scratch.getFloat64(0);
  let power = exponent;
  if (mantissa >= 1.5) {
    mantissa /= 2;
    power += 1;
  }
  // ln m = 2 atanh((m - 1) / (m + 1)), |argument| <= 1/5.
  const ratio = (mantissa - 1) / (mantissa + 1);
  const square = ratio * ratio;
  let sum = 0;
  for (let odd = 21; odd >= 1; odd -= 2) sum = sum * square + 1 / odd;
  return power * LN2 + 2 * ratio * sum;
}

/** Base-2 logarithm of a positive finite number. */
export function log2(value: number): number {
  return ln(value) / LN2;
}

/** e to the power of `value`, for -700 to 700. */
export function exp(value: number): number {
  const power = Math.round(value / LN2);
  const rest = value - power * LN2;
  let sum = 1;
  for (let term = 18; term >= 1; term--) sum = 1 + (rest / term) * sum;
  let scale = 1;
  for (let left = Math.abs(power); left > 0; left--) scale *= 2;
  return power >= 0 ? sum * scale : sum / scale;
}
