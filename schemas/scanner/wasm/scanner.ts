/**
 * Reads an event's line by the grammar that tables.ts has put into memory. (AssemblyScript: `npm run scanner` compiles it.)
 *
 * Each `read` takes the place of a value, writes what is kept of it, and answers where it ends; 0 if it is not certain to be
 * what the schema accepts. What lies behind the line is read too, up to the next byte that is no plain text, and refused in
 * the end.
 */
import { hashOf } from "./hash";
import { audiences, generation, headEnd, rootEnd, status } from "./host";
import { afterValue, CLOSE, COMMA_QUOTE, isStrict, OPEN, QUOTE, spaced, takeLine } from "./line";
import * as memory from "./memory";
import {
  FIELD_FIRST,
  FIELD_KIND,
  FIELD_LAST,
  FIELD_LENGTH,
  FIELD_LONGEST,
  FIELD_MOST,
  FIELD_NEEDS,
  FIELD_PLACE,
  FIELD_SIZE,
  GRAMMAR,
  RECORD,
  TIMES,
  TOKEN_IS_NAMED,
} from "./memory";
import { readTenant, readTokenHash } from "./names";
import { giveOrigins, readProvenance, readTargets, takeEvent } from "./targets";
import { oddText, readText, takeTexts } from "./text";
import { readTime } from "./time";
import { skipMember } from "./unknown";
import { listed, readBoolean, readInt, readTexts, readWord } from "./values";

/** A token's public id and its hash: each names one token and not all its kin. */
const OWN_NAMES = 3;

/** Fields of the object that was read last, as bits. */
let seen: i32 = 0;
let namedToken: i32 = 0;

/**
 * Reads the line `[from, end)`, which lies `shift` bytes further on here than in the caller's memory. Answers the event's
 * fields as bits, TOKEN_IS_NAMED and HAS_ODD_TEXT; -1 if it is not certain.
 */
export function scan(from: usize, end: usize, shift: usize, strict: bool): i32 {
  takeLine(from, end, shift, strict);
  takeTexts();
  takeEvent(from < memory.LINE ? memory.LINE : (end + memory.PADDING + 15) & ~15);
  clear();
  const after = readObject(from, GRAMMAR, rootEnd);
  if (after === 0 || after > end || spaced(after) < end) return -1;
  return seen | namedToken | oddText;
}

/** Writes the keyed hash of the bytes `[from, to)` to the first two numbers. */
export function hash(from: usize, to: usize): void {
  store<u64>(RECORD, hashOf(from, to));
}

function clear(): void {
  for (let at = RECORD; at < RECORD + headEnd; at += 16) v128.store(at, i64x2.splat(0));
  store<i32>(RECORD + generation, -1);
  store<i32>(RECORD + status, -1);
  v128.store(TIMES, f64x2.splat(NaN));
  v128.store(TIMES, f64x2.splat(NaN), 16);
  namedToken = 0;
}

/** An object with these fields, in any order; `seen` then tells which. */
function readObject(from: usize, fields: usize, end: usize): usize {
  if (load<u8>(from) !== OPEN) return 0;
  let members = 0;
  let next = fields;
  let at = spaced(from + 1);
  while (load<u8>(at) !== CLOSE) {
    const field = fieldAt(at, fields, end, next);
    if (field === 0) at = isStrict ? 0 : skipMember(at);
    else {
      const bit = 1 << (((field - fields) / FIELD_SIZE) as i32);
      // JSON.parse keeps the last of two equal names; that is not ours to decide here.
      if ((members & bit) !== 0) return 0;
      members |= bit;
      next = field + FIELD_SIZE;
      at = readValue(spaced(at + load<u32>(field, FIELD_LENGTH)), field);
    }
    if (at === 0) return 0;
    at = load<u16>(at) === COMMA_QUOTE ? at + 1 : afterValue(at, CLOSE);
    if (at === 0) return 0;
  }
  seen = members;
  return at + 1;
}

/** Which of the fields stands here, trying `next` first; 0 if none. */
function fieldAt(at: usize, fields: usize, end: usize, next: usize): usize {
  if (load<u8>(at) !== QUOTE) return 0;
  const name = v128.load(at, 1);
  for (let field = next; field < end; field += FIELD_SIZE) if (isNamed(field, name)) return field;
  for (let field = fields; field < next; field += FIELD_SIZE) if (isNamed(field, name)) return field;
  return 0;
}

function isNamed(field: usize, name: v128): bool {
  return !v128.any_true(v128.and(v128.xor(name, v128.load(field)), v128.load(field, 16)));
}

function readValue(at: usize, field: usize): usize {
  const place = load<u32>(field, FIELD_PLACE) as usize;
  const most = load<u32>(field, FIELD_MOST);
  switch (load<i32>(field, FIELD_KIND)) {
    case memory.IS_TEXT:
      return readText(at, most, place);
    case memory.IS_OBJECT:
      return readInner(at, field);
    case memory.IS_TIME:
      return readTime(at, place);
    case memory.IS_WORD:
      return readWord(at, field, place);
    case memory.IS_INT:
      return readInt(at, most, place);
    case memory.IS_BOOLEAN:
      return readBoolean(at, place);
    case memory.IS_LIST:
      return readTexts(at, most, load<u32>(field, FIELD_LONGEST), place, 0);
    default:
      return readOwnKind(at, field, most, place);
  }
}

/** Values of a kind that just one field has. */
function readOwnKind(at: usize, field: usize, most: u32, place: usize): usize {
  switch (load<i32>(field, FIELD_KIND)) {
    case memory.IS_EVENT_ID:
      return readText(at, most, place, true);
    case memory.IS_TENANT:
      return readTenant(at, most, place);
    case memory.IS_HASH:
      return readTokenHash(at, most, place);
    case memory.IS_AUDIENCE:
      return readAudience(at, field, most, place);
    case memory.IS_TARGETS:
      return readTargets(at);
    case memory.IS_PROVENANCE:
      return readProvenance(at, field);
    case memory.IS_TOKEN:
      return readToken(at, field);
    default:
      return readOperation(at, field);
  }
}

function readAudience(at: usize, field: usize, most: u32, place: usize): usize {
  const end = readTexts(at, most, load<u32>(field, FIELD_LONGEST), place, 16);
  store<u32>(RECORD + audiences, listed);
  return end;
}

function readToken(at: usize, field: usize): usize {
  const end = readInner(at, field);
  if ((seen & OWN_NAMES) !== 0) namedToken = TOKEN_IS_NAMED;
  return end;
}

/** Targets come before or after what is told of their origin. */
function readOperation(at: usize, field: usize): usize {
  const end = readInner(at, field);
  if (end !== 0) giveOrigins();
  return end;
}

/** An object in the event, with the fields that it needs. */
function readInner(at: usize, field: usize): usize {
  const end = readObject(at, load<u32>(field, FIELD_FIRST), load<u32>(field, FIELD_LAST));
  const needs = load<u16>(field, FIELD_NEEDS) as i32;
  const needsOneOf = load<u16>(field, FIELD_NEEDS + 2) as i32;
  if (end === 0 || (seen & needs) !== needs) return 0;
  return needsOneOf === 0 || (seen & needsOneOf) !== 0 ? end : 0;
}
