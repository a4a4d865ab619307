/** Words, numbers, booleans and lists of texts. Each `read` answers where its value ends, 0 if it is refused. */
import { afterValue, CLOSE_LIST, COMMA_QUOTE, OPEN_LIST, QUOTE, spaced } from "./line";
import { FIELD_FIRST, FIELD_LAST, MASK_END, WORD_LENGTH, WORD_NUMBER, WORD_SIZE } from "./memory";
import { readText } from "./text";

const TRUE: u32 = 0x65757274;
const FALSE: u32 = 0x736c6166;
const E: u8 = 101;

/** Reads one of a field's words, and writes its number. */
export function readWord(at: usize, field: usize, into: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const text = v128.load(at, 1);
  const last = load<u32>(field, FIELD_LAST) as usize;
  for (let word = load<u32>(field, FIELD_FIRST) as usize; word < last; word += WORD_SIZE) {
    const length = load<u32>(word, WORD_LENGTH) as usize;
    const begin = v128.and(text, v128.load(MASK_END - length));
    if (v128.any_true(v128.xor(begin, v128.load(word))) || load<u8>(at + length, 1) !== QUOTE) continue;
    store<i32>(into, load<i32>(word, WORD_NUMBER));
    return at + length + 2;
  }
  return 0;
}

/** Reads a whole number from 0 to `most`, plain digits. */
export function readInt(at: usize, most: u32, into: usize): usize {
  let value: u64 = 0;
  let to = at;
  for (let digit = digitAt(to); digit <= 9; digit = digitAt(to)) {
    value = value * 10 + digit;
    if (value > most) return 0;
    to++;
  }
  if (to === at || (to > at + 1 && digitAt(at) === 0)) return 0;
  store<u32>(into, value as u32);
  return to;
}

/** What stands here, less the digit 0: more than 9 if it is no digit. */
function digitAt(at: usize): u32 {
  return (load<u8>(at) as u32) - 48;
}

/** Reads `true`, which is written as 1, or `false`. */
export function readBoolean(at: usize, into: usize): usize {
  if (load<u32>(at) === FALSE) return load<u8>(at, 4) === E ? at + 5 : 0;
  if (load<u32>(at) !== TRUE) return 0;
  store<i32>(into, 1);
  return at + 4;
}

/** How many texts the list had that was read last. */
export let listed: u32 = 0;

/** Reads a list of at most `most` texts; each is written `step` bytes behind the one before. */
export function readTexts(from: usize, most: u32, longest: u32, into: usize, step: usize): usize {
  listed = 0;
  if (load<u8>(from) !== OPEN_LIST) return 0;
  let count: u32 = 0;
  let at = spaced(from + 1);
  for (let place = into; load<u8>(at) !== CLOSE_LIST; place += step) {
    if (count === most) return 0;
    at = readText(at, longest, place);
    if (at === 0) return 0;
    count++;
    at = load<u16>(at) === COMMA_QUOTE ? at + 1 : afterValue(at, CLOSE_LIST);
  }
  listed = count;
  return at + 1;
}
