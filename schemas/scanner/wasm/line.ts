/** The line in hand, its punctuation, and the blanks in it. */
import { LINE, PADDING } from "./memory";

/** Punctuation of JSON. */
export const QUOTE: u8 = 34;
export const COMMA: u8 = 44;
/** What nearly always follows a value that is not the last: a comma and at once the next text's quote. */
export const COMMA_QUOTE: u16 = 0x222c;
export const DOT: u8 = 46;
export const COLON: u8 = 58;
export const OPEN_LIST: u8 = 91;
export const BACKSLASH: u8 = 92;
export const CLOSE_LIST: u8 = 93;
export const OPEN: u8 = 123;
export const CLOSE: u8 = 125;

/** The line comes from outside: only what the schema certainly accepts may pass. */
export let isStrict: bool = false;
/** Where the line ends. */
export let lineEnd: usize = 0;
/** How much further on a byte lies here than in the caller's memory. */
export let shift: usize = 0;

/** Takes a line in hand. */
export function takeLine(from: usize, end: usize, by: usize, strict: bool): void {
  isStrict = strict;
  lineEnd = end;
  shift = by;
  // Whatever was there before: an earlier line may have been longer.
  if (from === LINE) for (let at = end; at < end + PADDING; at += 16) v128.store(at, i64x2.splat(0));
}

/** The first place from here on that holds no blank. */
export function spaced(from: usize): usize {
  let at = from;
  while (load<u8>(at) <= 32 && isBlank(load<u8>(at))) at++;
  return at;
}

/** Space, tab or carriage return: a line feed ends the line. */
function isBlank(byte: u8): bool {
  return byte === 32 || byte === 9 || byte === 13;
}

/** Goes from behind a value to the text that comes next, or to the end of the object or list; 0 if neither follows. */
export function afterValue(from: usize, close: u8): usize {
  const at = spaced(from);
  if (load<u8>(at) === close) return at;
  if (load<u8>(at) !== COMMA) return 0;
  const next = spaced(at + 1);
  return load<u8>(next) === close ? 0 : next;
}
