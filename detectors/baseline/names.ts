/**
 * An agent's own dictionary: names of operations, workflows, fields and trust units as small numbers, so that the
 * graph holds no text and its bytes mean the same in every process.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { giveBack, grown, room, roomier } from "../stats/room.ts";

/** Number 0 is "unknown"; these two are in every dictionary. */
export const START = 1;
/** Stands for every name after the dictionary is full. */
export const OTHER = 2;
const FIRST = 3;
/** Most names of one agent; an agent that invents more has them all judged as OTHER. */
export const MAX_NAMES = 4096;

/** A dictionary. */
export interface Names {
  /** Three numbers a name: hash low, hash high, and the largest tier seen, for operations. */
  entries: Int32Array;
  readonly texts: string[];
  index: Int32Array;
}

const WIDTH = 3;

/** The largest tier that an operation was used with. */
export const tierOf = (dictionary: Names, number: number) => dictionary.entries[number * WIDTH + 2]!;

/** Notes that an operation was used with a tier; the largest counts. */
export function noteTier(dictionary: Names, number: number, tier: number): void {
  if (tier > tierOf(dictionary, number)) dictionary.entries[number * WIDTH + 2] = tier;
}

/** A dictionary of the three numbers that are in every one. */
export function newNames(): Names {
  return { entries: room(8 * WIDTH), texts: ["", "^", "OTHER"], index: room(16) };
}

/** The number of a name; 0 if it is not known. */
export function numberOf(dictionary: Names, low: number, high: number): number {
  const { index, entries } = dictionary;
  const mask = index.length - 1;
  for (let at = (low ^ (high << 3)) & mask; ; at = (at + 1) & mask) {
    const number = index[at]!;
    if (number === 0) return 0;
    if (entries[number * WIDTH] === low && entries[number * WIDTH + 1] === high) return number;
  }
}

/** Adds a name that is not known; answers OTHER when the dictionary is full. */
export function addName(dictionary: Names, low: number, high: number, text: string): number {
  const number = dictionary.texts.length;
  if (number >= MAX_NAMES) return OTHER;
  if ((number + 1) * WIDTH > dictionary.entries.length) grow(dictionary);
  dictionary.texts.push(text);
  dictionary.entries[number * WIDTH] = low;
  dictionary.entries[number * WIDTH + 1] = high;
  enter(dictionary, number);
  return number;
}

function grow(dictionary: Names): void {
  const capacity = roomier(dictionary.entries.length / WIDTH);
  dictionary.entries = grown(dictionary.entries, capacity * WIDTH);
  giveBack(dictionary.index);
  dictionary.index = room(capacity * 2);
  for (let number = FIRST; number < dictionary.texts.length; number++) enter(dictionary, number);
}

function enter(dictionary: Names, number: number): void {
  const { index, entries } = dictionary;
  const mask = index.length - 1;
  let at = (entries[number * WIDTH]! ^ (entries[number * WIDTH + 1]! << 3)) & mask;
  while (index[at] !== 0) at = (at + 1) & mask;
  index[at] = number;
}

/** Dense: hash, tier and text of each name. */
export function writeNames(dictionary: Names, to: ByteWriter): void {
  to.u16(dictionary.texts.length - FIRST);
  for (let number = FIRST; number < dictionary.texts.length; number++) {
    to.i32(dictionary.entries[number * WIDTH]!);
    to.i32(dictionary.entries[number * WIDTH + 1]!);
    to.u8(tierOf(dictionary, number));
    to.text(dictionary.texts[number]!);
  }
}

/** Reads what writeNames wrote. */
export function readNames(from: ByteReader): Names {
  const dictionary = newNames();
  for (let left = from.u16(); left > 0; left--) {
    const low = from.i32();
    const high = from.i32();
    const tier = from.u8();
    noteTier(dictionary, addName(dictionary, low, high, from.text()), tier);
  }
  return dictionary;
}
