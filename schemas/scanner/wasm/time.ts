/** Times in the forms that we write, eight digits at a time. */
import { firstOf } from "./hash";
import { QUOTE } from "./line";

const DAY_MS: f64 = 86_400_000;
/** The first moment in range: 2000-01-01, ms since 1970. */
const FIRST_MS: f64 = 946_684_800_000;
const TOP_BITS: u64 = 0x8080808080808080;
const T: u8 = 84;
/** `Z"` */
const ENDING: u16 = 0x225a;

/** The day that was read last, as `"YYYY-MM-DDT` and its first moment: most times are of one day. */
let knownDay: v128 = i64x2.splat(0);
let knownMs: f64 = 0;

/**
 * Reads `"YYYY-MM-DDTHH:MM:SSZ"`, or with three digits of fraction, to ms since 1970. Answers where it ends, 0 if it is
 * neither or out of range.
 */
export function readTime(at: usize, into: usize): usize {
  const day = firstOf(v128.load(at), 12);
  if (v128.any_true(v128.xor(day, knownDay)) && !readDay(at, day)) return 0;
  const secondOfDay = readClock(load<u64>(at, 12));
  if (secondOfDay < 0) return 0;
  if (load<u16>(at, 20) === ENDING) return writtenTime(secondOfDay * 1000, into, at + 22);
  const ms = readFraction(load<u64>(at, 20));
  return ms < 0 ? 0 : writtenTime(secondOfDay * 1000 + ms, into, at + 26);
}

function writtenTime(ms: i32, into: usize, end: usize): usize {
  store<f64>(into, knownMs + (ms as f64));
  return end;
}

/** Whether no byte is larger than it may be; `room` holds 127 less what it may be, byte by byte. */
function isWithin(bytes: u64, room: u64): bool {
  return ((((bytes & ~TOP_BITS) + room) | bytes) & TOP_BITS) === 0;
}

/** `HH:MM:SS` in seconds; -1 if it is none. */
function readClock(text: u64): i32 {
  // Only the digits remain.
  const digits = text ^ 0x30303a30303a3030;
  if (!isWithin(digits, 0x76767f76767f7676)) return -1;
  const pairs = digits * 10 + (digits >> 8);
  const hour = (pairs & 255) as i32;
  const minute = ((pairs >> 24) & 255) as i32;
  const second = ((pairs >> 48) & 255) as i32;
  return hour < 24 && minute < 60 && second < 60 ? (hour * 60 + minute) * 60 + second : -1;
}

/** `.mmmZ"` in ms; -1 if it is none. */
function readFraction(text: u64): i32 {
  const digits = (text ^ 0x225a3030302e) & 0xffffffffffff;
  if (!isWithin(digits, 0x7f7f7676767f)) return -1;
  return (((digits >> 8) & 15) * 100 + ((digits >> 16) & 15) * 10 + ((digits >> 24) & 15)) as i32;
}

/** Reads `"20YY-MM-DDT` and remembers it. */
function readDay(at: usize, text: v128): bool {
  const yearAndMonth = load<u64>(at, 1) ^ 0x2d30302d30303032;
  if (!isWithin(yearAndMonth, 0x7f76767f76767f7f)) return false;
  if (load<u8>(at) !== QUOTE || load<u8>(at, 11) !== T) return false;
  const year = twoDigits(yearAndMonth >> 16);
  const month = twoDigits(yearAndMonth >> 40);
  const ofMonth = (load<u16>(at, 9) ^ 0x3030) as u64;
  const day = twoDigits(ofMonth);
  if (!isWithin(ofMonth, 0x7676) || month - 1 > 11 || day - 1 >= daysIn(year, month)) return false;
  knownDay = text;
  knownMs = FIRST_MS + ((daysBefore(year, month) + day - 1) as f64) * DAY_MS;
  return true;
}

function twoDigits(digits: u64): u32 {
  return ((digits & 15) * 10 + ((digits >> 8) & 15)) as u32;
}

/** Days of a month; within 2000 to 2099 every fourth year is a leap year. */
function daysIn(year: u32, month: u32): u32 {
  if (month === 2) return (year & 3) === 0 ? 29 : 28;
  return 30 + ((month + (month >> 3)) & 1);
}

/** Days from the first one in range to the first of a month. */
function daysBefore(year: u32, month: u32): u32 {
  let days = year * 365 + ((year + 3) >> 2);
  for (let before: u32 = 1; before < month; before++) days += daysIn(year, before);
  return days;
}
