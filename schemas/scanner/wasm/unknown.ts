/** What a newer writer may have added to lines that we wrote: passed over, whatever it is. */
import { BACKSLASH, CLOSE, CLOSE_LIST, COLON, COMMA, lineEnd, OPEN, OPEN_LIST, QUOTE, spaced } from "./line";

/** Skips a member of an object. Answers where it ends, 0 if the line ends before. */
export function skipMember(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const colon = spaced(skipText(at));
  return load<u8>(colon) === COLON ? skipValue(spaced(colon + 1)) : 0;
}

/** Skips any value, without recursion. */
function skipValue(from: usize): usize {
  let depth = 0;
  let at = from;
  while (at < lineEnd) {
    const byte = load<u8>(at);
    if (depth === 0 && at > from && endsValue(byte)) return at;
    if (byte === OPEN || byte === OPEN_LIST) depth++;
    if (byte === CLOSE || byte === CLOSE_LIST) depth--;
    if (depth < 0) return 0;
    at = byte === QUOTE ? skipText(at) : at + 1;
  }
  return 0;
}

function endsValue(byte: u8): bool {
  return byte === COMMA || byte === CLOSE || byte === CLOSE_LIST;
}

function skipText(from: usize): usize {
  let at = from + 1;
  while (at < lineEnd && load<u8>(at) !== QUOTE) at += load<u8>(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
