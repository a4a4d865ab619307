/** Texts of a narrower form: names of fields, tenants, hashes of tokens. */
import { COLON, isStrict, spaced } from "./line";
import { readText } from "./text";

/** The longest name of a field. */
const NAME_LENGTH: u32 = 64;

/** A name as FieldName in operation.ts describes it, and its colon. Answers where the value begins. */
export function readName(at: usize, into: usize): usize {
  const end = readText(at, NAME_LENGTH, into);
  // What we wrote may be longer for a text, but not for a name.
  if (end === 0 || end - at - 2 > NAME_LENGTH) return 0;
  if (!isLetter(load<u8>(at, 1)) || !isWord(at + 1, end - 1)) return 0;
  const colon = spaced(end);
  return load<u8>(colon) === COLON ? spaced(colon + 1) : 0;
}

/** A tenant; what we wrote is one. */
export function readTenant(at: usize, longest: u32, into: usize): usize {
  const end = readText(at, longest, into);
  return end === 0 || !isStrict || isWord(at + 1, end - 1) ? end : 0;
}

/** A token's hash; what we wrote is one. */
export function readTokenHash(at: usize, longest: u32, into: usize): usize {
  const end = readText(at, longest, into);
  return end === 0 || !isStrict || isTokenHash(at + 1, end - 1) ? end : 0;
}

function isLetter(byte: u8): bool {
  return ((byte | 32) as u32) - 97 < 26;
}

/** Whether a stretch holds only letters, digits and `_ . -`. */
function isWord(from: usize, to: usize): bool {
  for (let at = from; at < to; at += 16) {
    const counted = to - at >= 16 ? 0xffff : (1 << ((to - at) as i32)) - 1;
    if ((wordBytesOf(v128.load(at)) & counted) !== counted) return false;
  }
  return true;
}

function wordBytesOf(bytes: v128): i32 {
  const letters = inRange(v128.or(bytes, i8x16.splat(32)), 97, 26);
  const dashAndDot = inRange(bytes, 45, 2);
  const digits = inRange(bytes, 48, 10);
  const others = v128.or(dashAndDot, i8x16.eq(bytes, i8x16.splat(95)));
  return i8x16.bitmask(v128.or(v128.or(letters, digits), others));
}

function inRange(bytes: v128, first: i8, count: i8): v128 {
  return i8x16.lt_u(i8x16.sub(bytes, i8x16.splat(first)), i8x16.splat(count));
}

/** Whether a stretch is `<key name>:<hex digits>`, as token.ts describes it. */
function isTokenHash(from: usize, to: usize): bool {
  let colon = from;
  while (colon < to && load<u8>(colon) !== COLON) colon++;
  if (colon === from || colon - from > 32 || !isWord(from, colon)) return false;
  const digits = to - colon - 1;
  return colon < to && digits >= 16 && digits <= 128 && isHex(colon + 1, to);
}

function isHex(from: usize, to: usize): bool {
  for (let at = from; at < to; at++) {
    const byte = load<u8>(at) as u32;
    if (byte - 48 > 9 && byte - 97 > 5) return false;
  }
  return true;
}
