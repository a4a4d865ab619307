/**
 * Room for the many small arrays of agents, cut from large pieces: an array of its own costs the allocator and the
 * garbage collector more than its bytes. What an array grew out of is given back and used again by the next of its size.
 */

/** Numbers in one piece. */
const PIECE = 65_536;
/** Arrays at least this long stand alone. */
const ALONE = 8192;
/** Most arrays of one size that wait to be used again. */
const MOST_FREE = 1024;

const NONE = new Int32Array(0);
let piece = NONE;
let used = 0;
const free = new Map<number, Int32Array[]>();

/** Zeros: an array of `length` numbers. */
export function room(length: number): Int32Array {
  if (length === 0) return NONE;
  if (length >= ALONE) return new Int32Array(length);
  const again = free.get(length)?.pop();
  if (again !== undefined) return again.fill(0);
  if (used + length > piece.length) {
    piece = new Int32Array(PIECE);
    used = 0;
  }
  used += length;
  return piece.subarray(used - length, used);
}

/** Takes an array back that nobody holds any more. */
export function giveBack(array: Int32Array): void {
  if (array.length === 0 || array.length >= ALONE) return;
  const waiting = free.get(array.length);
  if (waiting === undefined) free.set(array.length, [array]);
  else if (waiting.length < MOST_FREE) waiting.push(array);
}

/** A longer array with the same beginning; the old one is given back. */
export function grown(array: Int32Array, length: number): Int32Array {
  const longer = room(length);
  longer.set(array);
  giveBack(array);
  return longer;
}

/**
 * The next capacity of a growing array: four times as much while it is small, then twice as much. A power of two stays
 * one.
 */
export const roomier = (capacity: number) => (capacity < 256 ? capacity * 4 : capacity * 2);
