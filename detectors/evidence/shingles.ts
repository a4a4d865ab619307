/**
 * How much a text is like others: the three-letter pieces of all of them as bits of one set. A value that an agent made
 * up (`emjohnson@...` for `emma.johnson@...`) consists of pieces that were seen before, a stranger's address does not.
 */
import { partsOf } from "./value.ts";

/** Adds a value and its party to a set, whose length is a power of two. */
export function addLetters(set: Int32Array, text: string, party: string): void {
  addShingles(set, text);
  if (party !== text) addShingles(set, party);
}

function addShingles(set: Int32Array, text: string): void {
  for (const part of partsOf(text))
    for (let at = 0, end = lastOf(part); at <= end; at++) {
      const bit = bitOf(part, at, set.length);
      set[bit >>> 5] = (set[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
}

/** Largest share, over the parts of a text, of pieces that are in none of the sets: 0 all known, 1 none. */
export function unlikeness(text: string, known: Int32Array, alsoKnown: Int32Array): number {
  let largest = 0;
  for (const part of partsOf(text))
    largest = Math.max(largest, Math.min(strangeness(part, known), strangeness(part, alsoKnown)));
  return largest;
}

function strangeness(part: string, set: Int32Array): number {
  const end = lastOf(part);
  let strange = 0;
  for (let at = 0; at <= end; at++) {
    const bit = bitOf(part, at, set.length);
    if ((((set[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 0) strange++;
  }
  return strange / (end + 1);
}

const lastOf = (part: string) => Math.max(0, part.length - 3);

function bitOf(part: string, at: number, words: number): number {
  const piece = (part.charCodeAt(at) << 16) ^ (part.charCodeAt(at + 1) << 8) ^ part.charCodeAt(at + 2);
  return (Math.imul(piece, 0x9e3779b1) >>> 16) & (words * 32 - 1);
}
