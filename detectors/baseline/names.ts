/**
 * An agent's own dictionary: names of operations, workflows, fields and trust units as small numbers, so that the
 * graph holds no text and its bytes mean the same in every process.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { roomier } from "../stats/room.ts";

/** Number 0 is "unknown"; these two are in every dictionary. */
export const START = 1;
/** Stands for every name after the dictionary is full. */
export const OTHER = 2;
const FIRST = 3;
/** Most names of one agent; an agent that invents more has them all judged as OTHER. */
export const MAX_NAMES = 4096;

export interface Names {
  /** Hash pairs and texts by number. */
  pairs: Int32Array;
  readonly texts: string[];
  /** Largest tier seen, by number; for operations. */
  tiers: Uint8Array;
  index: Uint16Array;
}

export function names(): Names {
  return { pairs: new Int32Array(16), texts: ["", "^", "OTHER"], tiers: new Uint8Array(8), index: new Uint16Array(16) };
}

/** The number of a name; 0 if it is not known. */
export function numberOf(dictionary: Names, low: number, high: number): number {
  const { index, pairs } = dictionary;
  const mask = index.length - 1;
  for (let at = (low ^ (high << 3)) & mask; ; at = (at + 1) & mask) {
    const number = index[at]!;
    if (number === 0) return 0;
    if (pairs[number * 2] === low && pairs[number * 2 + 1] === high) return number;
  }
}

/** Adds a name that is not known; answers OTHER when the dictionary is full. */
export function addName(dictionary: Names, low: number, high: number, text: string): number {
  const number = dictionary.texts.length;
  if (number >= MAX_NAMES) return OTHER;
  if (number * 2 >= dictionary.pairs.length) grow(dictionary);
  dictionary.texts.push(text);
  dictionary.pairs[number * 2] = low;
  dictionary.pairs[number * 2 + 1] = high;
  enter(dictionary, number);
  return number;
}

function grow(dictionary: Names): void {
  const pairs = new Int32Array(roomier(dictionary.pairs.length));
  pairs.set(dictionary.pairs);
  const tiers = new Uint8Array(pairs.length >> 1);
  tiers.set(dictionary.tiers);
  dictionary.pairs = pairs;
  dictionary.tiers = tiers;
  dictionary.index = new Uint16Array(pairs.length);
  for (let number = FIRST; number < dictionary.texts.length; number++) enter(dictionary, number);
}

function enter(dictionary: Names, number: number): void {
  const { index, pairs } = dictionary;
  const mask = index.length - 1;
  let at = (pairs[number * 2]! ^ (pairs[number * 2 + 1]! << 3)) & mask;
  while (index[at] !== 0) at = (at + 1) & mask;
  index[at] = number;
}

export function writeNames(dictionary: Names, to: ByteWriter): void {
  to.u16(dictionary.texts.length - FIRST);
  for (let number = FIRST; number < dictionary.texts.length; number++) {
    to.i32(dictionary.pairs[number * 2]!);
    to.i32(dictionary.pairs[number * 2 + 1]!);
    to.u8(dictionary.tiers[number]!);
    to.text(dictionary.texts[number]!);
  }
}

export function readNames(from: ByteReader): Names {
  const dictionary = names();
  for (let left = from.u16(); left > 0; left--) {
    const low = from.i32();
    const high = from.i32();
    const tier = from.u8();
    dictionary.tiers[addName(dictionary, low, high, from.text())] = tier;
  }
  return dictionary;
}
