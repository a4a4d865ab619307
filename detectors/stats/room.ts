/**
 * Room for the many small arrays of agents, in pages that they share: an array of its own costs the allocator and the
 * garbage collector more than its bytes, and its header has to be fetched before what it holds. Who holds a slice holds
 * its page, so a slice that is never given back is lost until nobody holds the page, and no longer.
 */
import type { ByteReader } from "../codec.ts";

/** Elements of one page. */
const PAGE = 131_072;
/** Arrays at least this long have a page of their own. */
const ALONE = 8192;

/** Where an array lies: in `page` from `at` on. Its length is known to whoever holds it. */
interface Slice<Page> {
  readonly page: Page;
  readonly at: number;
}

/** Pages of one kind of array. */
class Pages<Page extends Int32Array | Uint8Array> {
  readonly #make: (length: number) => Page;
  /** Slices that were given back, by their size. */
  readonly #free = new Map<number, Slice<Page>[]>();
  /** Of an array that holds nothing. */
  readonly nowhere: Slice<Page>;
  #page: Page;
  #used = PAGE;
  /** Shared pages made since the process began. */
  made = 0;

  constructor(make: (length: number) => Page) {
    this.#make = make;
    this.#page = make(0);
    this.nowhere = { page: this.#page, at: 0 };
  }

  /** Zeros: a slice for an array of `length`. */
  room(length: number): Slice<Page> {
    if (length === 0) return this.nowhere;
    if (length >= ALONE) return { page: this.#make(length), at: 0 };
    const size = sizeOf(length);
    const again = this.#free.get(size)?.pop();
    if (again === undefined) return this.#cut(size);
    again.page.fill(0, again.at, again.at + length);
    return again;
  }

  #cut(size: number): Slice<Page> {
    if (this.#used + size > PAGE) {
      this.#page = this.#make(PAGE);
      this.#used = 0;
      this.made++;
    }
    this.#used += size;
    return { page: this.#page, at: this.#used - size };
  }

  /** Takes back the slice of an array that nobody holds any more. */
  giveBack(page: Page, at: number, length: number): void {
    if (length === 0 || length >= ALONE) return;
    const size = sizeOf(length);
    const waiting = this.#free.get(size);
    if (waiting === undefined) this.#free.set(size, [{ page, at }]);
    else waiting.push({ page, at });
  }

  /** A longer array with the same beginning; the old one is given back. */
  grown(page: Page, at: number, length: number, longer: number): Slice<Page> {
    const to = this.room(longer);
    copy(page, at, length, to.page, to.at);
    this.giveBack(page, at, length);
    return to;
  }
}

/** Elements from which on the platform's own copying is faster, though it makes an object. */
const MANY = 64;

/** Copies `length` elements of `from`, beginning at `at`, to where `into` begins in `to`. */
export function copy<Page extends Int32Array | Uint8Array>(
  from: Page,
  at: number,
  length: number,
  to: Page,
  into: number,
): void {
  if (length >= MANY) to.set(from.subarray(at, at + length), into);
  else for (let i = 0; i < length; i++) to[into + i] = from[at + i]!;
}

/** Sixteen sizes to each power of two, so that what one array leaves fits others. */
function sizeOf(length: number): number {
  const step = 1 << Math.max(0, 27 - Math.clz32(length));
  return (length + step - 1) & -step;
}

/** Pages of 32-bit numbers. */
export const ints = new Pages<Int32Array>((length) => new Int32Array(length));
/** Pages of bytes. */
export const bytes = new Pages<Uint8Array>((length) => new Uint8Array(length));

/** Numbers in a line of the processor's cache. */
const LINE = 16;
/** Longest stretch that is brought near: of a longer one too little would be used. */
const MOST_NEAR = 4096;
/** What was read, so that reading it is not left out. */
let read = 0;

/**
 * Brings a stretch into the processor's cache, for many look-ups that follow at once: a look-up waits for memory, and the
 * next begins when it is there, but lines that are simply read one after another are fetched side by side.
 */
export function bringNear(page: Int32Array, at: number, length: number): void {
  if (length > MOST_NEAR) return;
  let sum = read;
  for (let i = at; i < at + length; i += LINE) sum ^= page[i]!;
  read = sum;
}

/** Beyond its own elements an array has those of others, so nobody may claim more than there are. */
function atLeast(least: number, length: number): number {
  if (length < least) throw new RangeError("a list is shorter than what it holds");
  return length;
}

/** Reads a list of numbers into a slice of its own. Throws a RangeError if there are fewer than `least`. */
export function readInts(from: ByteReader, least: number): Slice<Int32Array> & { readonly length: number } {
  const length = atLeast(least, from.count(4));
  const to = ints.room(length);
  from.ints(to.page, to.at, length);
  return { ...to, length };
}

/** The same for bytes. */
export function readBytes(from: ByteReader, least: number): Slice<Uint8Array> & { readonly length: number } {
  const length = atLeast(least, from.count(1));
  const to = bytes.room(length);
  from.bytes(to.page, to.at, length);
  return { ...to, length };
}
