/** Texts: found to their end, checked, hashed, and written as four numbers. */
import { firstOf, hashEnd, hashOf, hashStart, hashStep } from "./hash";
import { BACKSLASH, isStrict, lineEnd, QUOTE, shift } from "./line";
import { BACKSLASHES, HAS_ODD_TEXT, PRINTABLE_LIMITS, PRINTABLE_SHIFTS, QUOTES } from "./memory";
import { isKnownPlain, isPlain } from "./secrets";

/** HAS_ODD_TEXT if the line in hand has one so far. */
export let oddText: i32 = 0;

/** Begins with a line of which no text was read yet. */
export function takeTexts(): void {
  oddText = 0;
}

/**
 * Reads a text of 1 to `longest` bytes, whose quote stands at `at`, and writes its hash and range to `into`. Answers where
 * it ends, 0 if it is refused. `comesOnce`: no other line is expected to have it.
 */
export function readText(at: usize, longest: u32, into: usize, comesOnce: bool = false): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const from = at + 1;
  let to = from;
  let hash = hashStart();
  let bytes = v128.load(to);
  let stops = stopsIn(bytes);
  for (; stops === 0; stops = stopsIn(bytes)) {
    hash = hashStep(hash, bytes);
    to += 16;
    bytes = v128.load(to);
  }
  const rest = ctz(stops) as usize;
  to += rest;
  // Less than none is more than any.
  if (load<u8>(to) !== QUOTE || to - from - 1 >= longest) return isStrict ? 0 : readAnyText(from, into);
  hash = hashEnd(hashStep(hash, firstOf(bytes, rest)), to - from);
  if (isStrict && !(comesOnce ? isPlain(from, to) : isKnownPlain(hash, from, to))) return 0;
  return written(hash, from, to, into);
}

/** Sixteen bits, lowest first, for the bytes that are no plain text: quote, backslash, control character, part of a longer one. */
function stopsIn(bytes: v128): i32 {
  const marks = v128.or(i8x16.eq(bytes, v128.load(QUOTES)), i8x16.eq(bytes, v128.load(BACKSLASHES)));
  const shifted = i8x16.add(bytes, v128.load(PRINTABLE_SHIFTS));
  return i8x16.bitmask(v128.or(marks, i8x16.gt_s(shifted, v128.load(PRINTABLE_LIMITS))));
}

/** Text of a line that we wrote: it may be long, hold escapes and any UTF-8. */
function readAnyText(from: usize, into: usize): usize {
  oddText = HAS_ODD_TEXT;
  let to = from;
  while (to < lineEnd && load<u8>(to) !== QUOTE) to += load<u8>(to) === BACKSLASH ? 2 : 1;
  return to >= lineEnd || to === from ? 0 : written(hashOf(from, to), from, to, into);
}

function written(hash: u64, from: usize, to: usize, into: usize): usize {
  store<u64>(into, hash);
  store<u32>(into, (from - shift) as u32, 8);
  store<u32>(into, (to - from) as u32, 12);
  return to + 1;
}
