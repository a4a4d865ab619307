/** Times in the forms that we write, read from their digits. */
import { TIME_RANGE } from "../ids.ts";
import * as characters from "./bytes.ts";

// Names of this module, which V8 folds into the code (see event-scanner.ts).
const { COLON, DOT, QUOTE } = characters;

const MONTH_DAYS = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const DAYS_BEFORE = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** The number that two digits stand for; far below zero if they are none. */
function two(bytes: Buffer, at: number): number {
  const tens = bytes[at]! - 48;
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1000;
}

/**
 * Reads `YYYY-MM-DDTHH:MM:SSZ"`, or with three digits of fraction, and writes its ms since 1970 to a place in `into`: a
 * number so large would be an object of its own if it were answered. False if it is neither or out of range.
 */
export function readTime(bytes: Buffer, pos: number, into: Float64Array, place: number): boolean {
  if (bytes[pos + 10] !== 84 || bytes[pos + 13] !== COLON || bytes[pos + 16] !== COLON) return false;
  const day = dayAt(bytes, pos);
  if (day < 0) return false;
  const hour = two(bytes, pos + 11);
  const minute = two(bytes, pos + 14);
  const second = two(bytes, pos + 17);
  if (!(hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60)) return false;
  const hasFraction = bytes[pos + 19] === DOT;
  const ms = hasFraction ? fractionAt(bytes, pos + 20) : 0;
  const after = hasFraction ? pos + 23 : pos + 19;
  if (ms < 0 || bytes[after] !== 90 || bytes[after + 1] !== QUOTE) return false;
  into[place] = TIME_RANGE.from + day * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
  return true;
}

function fractionAt(bytes: Buffer, pos: number): number {
  const digit = bytes[pos]! - 48;
  const ms = digit * 100 + two(bytes, pos + 1);
  return digit >= 0 && digit <= 9 && ms >= digit * 100 ? ms : -1;
}

/** The day `YYYY-MM-DD`, counted from the first one that is in range; -1 if it is none or out of range. */
function dayAt(bytes: Buffer, pos: number): number {
  const century = two(bytes, pos);
  const ofCentury = two(bytes, pos + 2);
  const month = two(bytes, pos + 5);
  const day = two(bytes, pos + 8);
  // Out of the years 2000 to 2099, or a byte that is no digit: `two` is then negative.
  if (century !== 20 || ofCentury < 0 || month < 1 || month > 12 || day < 1) return -1;
  if (bytes[pos + 4] !== 45 || bytes[pos + 7] !== 45) return -1;
  const leap = (ofCentury & 3) === 0;
  if (day > (month === 2 ? (leap ? 29 : 28) : MONTH_DAYS[month]!)) return -1;
  // Within 2000 to 2099 every fourth year is a leap year, so days are counted without calendar rules.
  const leapDays = (ofCentury + 3) >> 2;
  return ofCentury * 365 + leapDays + DAYS_BEFORE[month]! + (leap && month > 2 ? 1 : 0) + day - 1;
}
