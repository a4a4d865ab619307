/**
 * An agent's own dictionary: names of operations, workflows, fields and trust units as small numbers, so that the
 * graph holds no text and its bytes mean the same in every process.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { copy, ints } from "../stats/room.ts";

/** Number 0 is "unknown"; these two are in every dictionary. */
export const START = 1;
/** Stands for every name after the dictionary is full. */
export const OTHER = 2;
const FIRST = 3;
/** Most names of one agent; an agent that invents more has them all judged as OTHER. */
const MAX_NAMES = 4096;

/** A dictionary. */
export interface NameDictionary {
  /**
   * Holds, from `at` on, three numbers for each of `capacity` names (hash low, hash high, and the largest tier seen, for
   * operations), then an index of twice as many numbers.
   */
  page: Int32Array;
  at: number;
  capacity: number;
  readonly texts: string[];
}

const WIDTH = 3;

/** The largest tier that an operation was used with. */
export const tierOf = ({ page, at }: NameDictionary, number: number) => page[at + number * WIDTH + 2]!;

/** Notes that an operation was used with a tier; the largest counts. */
export function noteTier(dictionary: NameDictionary, number: number, tier: number): void {
  if (tier > tierOf(dictionary, number)) dictionary.page[dictionary.at + number * WIDTH + 2] = tier;
}

/** Keyed hash of a name, low and high; the same in every agent. Two zeros for 0. */
export const hashesOf = ({ page, at }: NameDictionary, number: number): [low: number, high: number] => [
  page[at + number * WIDTH]!,
  page[at + number * WIDTH + 1]!,
];

const LEAST_CAPACITY = 32;

/** Numbers of a name, with its two in the index. */
export const NUMBERS_OF_NAME = WIDTH + 2;
const roomOf = (capacity: number) => capacity * NUMBERS_OF_NAME;

/** A dictionary of the three numbers that are in every one. */
export function newNames(): NameDictionary {
  const { page, at } = ints.room(roomOf(LEAST_CAPACITY));
  return { page, at, capacity: LEAST_CAPACITY, texts: ["", "^", "OTHER"] };
}

/** Gives the memory back; the dictionary is of no more use. */
export function endNames({ page, at, capacity }: NameDictionary): void {
  ints.giveBack(page, at, roomOf(capacity));
}

/** The number of a name; 0 if it is not known. */
export function numberOf({ page, at: first, capacity }: NameDictionary, low: number, high: number): number {
  const index = first + capacity * WIDTH;
  const mask = capacity * 2 - 1;
  for (let at = (low ^ (high << 3)) & mask; ; at = (at + 1) & mask) {
    const number = page[index + at]!;
    if (number === 0) return 0;
    const entry = first + number * WIDTH;
    if (page[entry] === low && page[entry + 1] === high) return number;
  }
}

/** Adds a name that is not known; answers OTHER when the dictionary is full. */
export function addName(dictionary: NameDictionary, low: number, high: number, text: string): number {
  const number = dictionary.texts.length;
  if (number >= MAX_NAMES) return OTHER;
  if (number >= dictionary.capacity) grow(dictionary);
  dictionary.texts.push(text);
  const entry = dictionary.at + number * WIDTH;
  dictionary.page[entry] = low;
  dictionary.page[entry + 1] = high;
  enter(dictionary, number);
  return number;
}

function grow(dictionary: NameDictionary): void {
  const { page: old, at: from, capacity } = dictionary;
  const longer = capacity * 2;
  const { page, at } = ints.room(roomOf(longer));
  copy(old, from, capacity * WIDTH, page, at);
  ints.giveBack(old, from, roomOf(capacity));
  dictionary.page = page;
  dictionary.at = at;
  dictionary.capacity = longer;
  for (let number = FIRST; number < dictionary.texts.length; number++) enter(dictionary, number);
}

function enter({ page, at: first, capacity }: NameDictionary, number: number): void {
  const index = first + capacity * WIDTH;
  const mask = capacity * 2 - 1;
  const entry = first + number * WIDTH;
  let at = (page[entry]! ^ (page[entry + 1]! << 3)) & mask;
  while (page[index + at] !== 0) at = (at + 1) & mask;
  page[index + at] = number;
}

/** Dense: hash, tier and text of each name. */
export function writeNames(dictionary: NameDictionary, to: ByteWriter): void {
  to.u16(dictionary.texts.length - FIRST);
  for (let number = FIRST; number < dictionary.texts.length; number++) {
    to.i32(dictionary.page[dictionary.at + number * WIDTH]!);
    to.i32(dictionary.page[dictionary.at + number * WIDTH + 1]!);
    to.u8(tierOf(dictionary, number));
    to.text(dictionary.texts[number]!);
  }
}

/** Reads what writeNames wrote. */
export function readNames(from: ByteReader): NameDictionary {
  const dictionary = newNames();
  for (let left = from.u16(); left > 0; left--) {
    const low = from.i32();
    const high = from.i32();
    const tier = from.u8();
    noteTier(dictionary, addName(dictionary, low, high, from.text()), tier);
  }
  return dictionary;
}
