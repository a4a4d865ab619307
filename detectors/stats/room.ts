/**
 * Room for the many small arrays of agents, in pages that they share: an array of its own costs the allocator and the
 * garbage collector more than its bytes, and its header has to be fetched before its numbers. Who holds a place holds
 * its page, so a place that is never given back is lost until nobody holds the page, and no longer.
 */
import type { ByteReader } from "../codec.ts";

/** Numbers of one page. */
const PAGE = 65_536;
/** Arrays at least this long have a page of their own. */
const ALONE = 8192;

/** Where an array lies: in `page` from `at` on. Its length is known to whoever holds it. */
export interface Place {
  readonly page: Int32Array;
  readonly at: number;
}

/** Of an array without numbers. */
export const NOWHERE: Place = { page: new Int32Array(0), at: 0 };

let page = NOWHERE.page;
let used = 0;
let pages = 0;
/** Places that were given back, by their size. */
const free = new Map<number, Place[]>();

/** Pages shared by arrays that were made since the process began. */
export const pagesMade = () => pages;

/** Zeros: a place for `length` numbers. */
export function room(length: number): Place {
  if (length === 0) return NOWHERE;
  if (length >= ALONE) return { page: new Int32Array(length), at: 0 };
  const size = sizeOf(length);
  const again = free.get(size)?.pop();
  if (again === undefined) return cut(size);
  again.page.fill(0, again.at, again.at + length);
  return again;
}

function cut(size: number): Place {
  if (used + size > page.length) {
    page = new Int32Array(PAGE);
    used = 0;
    pages++;
  }
  used += size;
  return { page, at: used - size };
}

/** Eight sizes to each power of two, so that what one array leaves fits others. */
function sizeOf(length: number): number {
  const step = 1 << Math.max(0, 28 - Math.clz32(length));
  return (length + step - 1) & -step;
}

/** Takes back a place of `length` numbers that nobody holds any more. */
export function giveBack(from: Int32Array, at: number, length: number): void {
  if (length === 0 || length >= ALONE) return;
  const size = sizeOf(length);
  const waiting = free.get(size);
  if (waiting === undefined) free.set(size, [{ page: from, at }]);
  else waiting.push({ page: from, at });
}

/** A longer array with the same beginning; the old one is given back. */
export function grown(from: Int32Array, at: number, length: number, longer: number): Place {
  const to = room(longer);
  for (let i = 0; i < length; i++) to.page[to.at + i] = from[at + i]!;
  giveBack(from, at, length);
  return to;
}

/** Reads a list of numbers into a place of its own. */
export function readRoom(from: ByteReader): Place & { readonly length: number } {
  const length = from.count();
  const to = room(length);
  from.ints(to.page, to.at, length);
  return { ...to, length };
}

/**
 * The next capacity of a growing array: four times as much while it is small, then twice as much. A power of two stays
 * one.
 */
export const roomier = (capacity: number) => (capacity < 256 ? capacity * 4 : capacity * 2);
