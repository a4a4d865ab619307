/** What a newer writer may have added to lines that we wrote: passed over, whatever it is. */
import { BACKSLASH, CLOSE, CLOSE_LIST, COLON, COMMA, lineEnd, OPEN, OPEN_LIST, QUOTE, spaced } from "./line";

/** Skips a member of an object. Answers where it ends, 0 if it is none. */
export function skipMember(at: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const colon = spaced(skipText(at));
  return load<u8>(colon) === COLON ? skipValue(spaced(colon + 1)) : 0;
}

function skipValue(from: usize): usize {
  const first = load<u8>(from);
  if (first === QUOTE) return skipText(from);
  if (first === OPEN || first === OPEN_LIST) return skipNested(from);
  let at = from;
  while (at < lineEnd && !endsValue(load<u8>(at))) at++;
  return at;
}

/** Skips an object or a list, without recursion. */
function skipNested(from: usize): usize {
  let depth = 0;
  let at = from;
  do {
    const byte = load<u8>(at);
    if (byte === OPEN || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE || byte === CLOSE_LIST) depth--;
    at = byte === QUOTE ? skipText(at) : at + 1;
  } while (depth > 0 && at < lineEnd);
  return at;
}

function endsValue(byte: u8): bool {
  return byte === COMMA || byte === CLOSE || byte === CLOSE_LIST;
}

function skipText(from: usize): usize {
  let at = from + 1;
  while (at < lineEnd && load<u8>(at) !== QUOTE) at += load<u8>(at) === BACKSLASH ? 2 : 1;
  return at + 1;
}
