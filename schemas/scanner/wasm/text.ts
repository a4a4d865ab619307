/** Texts: found to their end, checked, hashed, and written as four numbers. */
import { firstOf, hashEnd, hashOf, hashStart, hashStep } from "./hash";
import { BACKSLASH, isStrict, lineEnd, QUOTE, shift } from "./line";
import { isPlain } from "./secrets";

/**
 * Reads a text of 1 to `longest` bytes, whose quote stands at `at`, and writes its hash and range to `into`. Answers where
 * it ends, 0 if it is refused.
 */
export function readText(at: usize, longest: u32, into: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const from = at + 1;
  let to = from;
  let hash = hashStart();
  let bytes = v128.load(to);
  let stops = stopsIn(bytes);
  while (stops === 0) {
    hash = hashStep(hash, bytes);
    to += 16;
    bytes = v128.load(to);
    stops = stopsIn(bytes);
  }
  const rest = ctz(stops) as usize;
  to += rest;
  // Less than none is more than any.
  if (load<u8>(to) !== QUOTE || to - from - 1 >= longest) return isStrict ? 0 : readAnyText(from, into);
  hash = hashEnd(hashStep(hash, firstOf(bytes, rest)), to - from);
  if (isStrict && !isPlain(hash, from, to)) return 0;
  return written(hash, from, to, into);
}

/** Sixteen bits, lowest first, for the bytes that are no plain text: quote, backslash, control character, part of a longer one. */
function stopsIn(bytes: v128): i32 {
  const marks = v128.or(i8x16.eq(bytes, i8x16.splat(34)), i8x16.eq(bytes, i8x16.splat(92)));
  // As numbers with a sign, parts of longer characters are below the space too.
  const unprintable = v128.or(i8x16.lt_s(bytes, i8x16.splat(32)), i8x16.eq(bytes, i8x16.splat(127)));
  return i8x16.bitmask(v128.or(marks, unprintable));
}

/** Text of a line that we wrote: it may be long, hold escapes and any UTF-8. */
function readAnyText(from: usize, into: usize): usize {
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
