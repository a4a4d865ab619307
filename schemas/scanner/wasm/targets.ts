/** An operation's targets, and what is told of where its arguments came from. */
import {
  firstTarget,
  fromOutput,
  maxTargets,
  output,
  sourced,
  targetLength,
  targetOrigins,
  targets,
} from "./host";
import { afterValue, CLOSE, COMMA_QUOTE, DOT, isStrict, OPEN, shift, spaced } from "./line";
import { RECORD } from "./memory";
import { readName } from "./names";
import { listed, readTexts, readWord } from "./values";

/** A target is a field and a value, four numbers each. */
const TARGET_SIZE: usize = 32;
/** An argument of which it is told: its name as four numbers, and 1 + the index of its origin in ORIGINS. */
const ARGUMENT_SIZE: usize = 32;
const ORIGIN: usize = 16;
/** From outside; each name is held against those before it. */
const MOST_ARGUMENTS: usize = 64;

let firstArgument: usize = 0;
let argumentsEnd: usize = 0;

/** Begins with an event of which nothing is told yet; what is told of arguments is put down from `scratch` on. */
export function takeEvent(scratch: usize): void {
  firstArgument = scratch;
  argumentsEnd = scratch;
}

/** Reads `{"field": ["value", ...], ...}`. */
export function readTargets(from: usize): usize {
  const first = RECORD + firstTarget;
  const last = first + maxTargets * TARGET_SIZE;
  let target = first;
  let at = firstMember(from);
  while (at !== 0 && load<u8>(at) !== CLOSE) {
    if (target === last) return 0;
    at = readName(at, target);
    if (at === 0 || (isStrict && isThere(load<u64>(target), first, target))) return 0;
    at = readTexts(at, ((last - target) / TARGET_SIZE) as u32, targetLength, target + 16, TARGET_SIZE);
    // In the schema a list must not be empty.
    if (at === 0 || listed === 0) return 0;
    target = withName(target, listed);
    at = load<u16>(at) === COMMA_QUOTE ? at + 1 : afterValue(at, CLOSE);
  }
  store<u32>(RECORD + targets, ((target - first) / TARGET_SIZE) as u32);
  return at === 0 ? 0 : at + 1;
}

/** Writes the field of a target to those that follow it as well. Answers where the next goes. */
function withName(target: usize, count: usize): usize {
  const name = v128.load(target);
  const end = target + count * TARGET_SIZE;
  for (let next = target + TARGET_SIZE; next < end; next += TARGET_SIZE) v128.store(next, name);
  return end;
}

/** Reads `{"field": "word", ...}`. */
export function readProvenance(from: usize, field: usize): usize {
  let at = firstMember(from);
  while (at !== 0 && load<u8>(at) !== CLOSE) {
    const argument = argumentsEnd;
    at = readName(at, argument);
    if (at === 0 || (isStrict && isTold(argument))) return 0;
    at = readWord(at, field, argument + ORIGIN);
    if (at === 0) return 0;
    argumentsEnd = argument + ARGUMENT_SIZE;
    at = load<u16>(at) === COMMA_QUOTE ? at + 1 : afterValue(at, CLOSE);
  }
  return at === 0 ? 0 : at + 1;
}

function isTold(argument: usize): bool {
  if (argument - firstArgument >= MOST_ARGUMENTS * ARGUMENT_SIZE) return true;
  return isThere(load<u64>(argument), firstArgument, argument);
}

/**
 * Whether a name with this hash was there before. JSON.parse keeps the last of two equal names; that is not ours to decide
 * here.
 */
function isThere(hash: u64, first: usize, end: usize): bool {
  for (let at = first; at < end; at += TARGET_SIZE) if (load<u64>(at) === hash) return true;
  return false;
}

/** Goes to an object's first name, or to its end. */
function firstMember(from: usize): usize {
  return load<u8>(from) === OPEN ? spaced(from + 1) : 0;
}

/** Gives the operation's targets the origin of their argument. */
export function giveOrigins(): void {
  if (argumentsEnd === firstArgument) return;
  const first = RECORD + firstTarget;
  const end = first + (load<u32>(RECORD + targets) as usize) * TARGET_SIZE;
  let given = 0;
  for (let target = first, bits = 0; target < end; target += TARGET_SIZE, bits += 2)
    given |= originOf(target) << bits;
  let outputs = 0;
  for (let at = firstArgument; at < argumentsEnd; at += ARGUMENT_SIZE)
    if (load<i32>(at, ORIGIN) === output) outputs++;
  store<i32>(RECORD + targetOrigins, given);
  store<i32>(RECORD + sourced, ((argumentsEnd - firstArgument) / ARGUMENT_SIZE) as i32);
  store<i32>(RECORD + fromOutput, outputs);
}

/** The origin of a target's field, or of the longest argument that it is a part of: `argument.part`. */
function originOf(target: usize): i32 {
  let origin = 0;
  let longest: u32 = 0;
  for (let argument = firstArgument; argument < argumentsEnd; argument += ARGUMENT_SIZE) {
    const length = load<u32>(argument, 12);
    if (length <= longest || !isOf(target, argument, length)) continue;
    origin = load<i32>(argument, ORIGIN);
    longest = length;
  }
  return origin;
}

/** Whether a target's field is the argument or a part of it. */
function isOf(target: usize, argument: usize, length: u32): bool {
  const field = shift + load<u32>(target, 8);
  const fieldLength = load<u32>(target, 12);
  if (fieldLength < length || (fieldLength > length && load<u8>(field + length) !== DOT)) return false;
  const name = shift + load<u32>(argument, 8);
  for (let at: usize = 0; at < length; at++) if (load<u8>(field + at) !== load<u8>(name + at)) return false;
  return true;
}
