/**
 * Remembers the newest event ids of an agent, as keyed 64-bit hashes, to drop repeats: at least the newest 128 and at
 * most 256. Two generations; when the younger is full it becomes the elder and the elder is forgotten.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { giveBack, room } from "./room.ts";

/** Ids in one generation. */
export const GENERATION_SIZE = 128;

export interface RecentIds {
  /** Open-addressed pairs; 0,0 is free. */
  young: Int32Array;
  count: number;
  elder: Int32Array;
}

const EMPTY = new Int32Array(0);
/** Room for the first eight ids. */
const FIRST_ROOM = 32;

export function recentIds(): RecentIds {
  return { young: room(FIRST_ROOM), count: 0, elder: EMPTY };
}

/** Whether the id is remembered; if not, it is from now on. */
export function seenBefore(ids: RecentIds, low: number, high: number): boolean {
  const { young, elder } = ids;
  let at = place(young, low, high);
  if (young[at] === low && young[at + 1] === high && (low | high) !== 0) return true;
  if (elder.length > 0 && has(elder, low, high)) return true;
  // A table is at most half full, and never completely: probing must find a free place.
  if ((ids.count + 1) * 4 > ids.young.length) {
    makeRoom(ids);
    at = place(ids.young, low, high);
  }
  ids.young[at] = low;
  ids.young[at + 1] = high;
  ids.count++;
  return false;
}

function makeRoom(ids: RecentIds): void {
  if (ids.count >= GENERATION_SIZE) {
    giveBack(ids.elder);
    ids.elder = ids.young;
    ids.young = room(FIRST_ROOM);
    ids.count = 0;
    return;
  }
  const old = ids.young;
  ids.young = room(old.length * 4);
  for (let from = 0; from < old.length; from += 2) {
    if ((old[from]! | old[from + 1]!) === 0) continue;
    const at = place(ids.young, old[from]!, old[from + 1]!);
    ids.young[at] = old[from]!;
    ids.young[at + 1] = old[from + 1]!;
  }
  giveBack(old);
}

function has(table: Int32Array, low: number, high: number): boolean {
  const at = place(table, low, high);
  return table[at] === low && table[at + 1] === high;
}

/** Where the pair stands or belongs. */
function place(table: Int32Array, low: number, high: number): number {
  const mask = table.length - 1;
  let at = (low << 1) & mask;
  while ((table[at]! | table[at + 1]!) !== 0 && (table[at] !== low || table[at + 1] !== high))
    at = (at + 2) & mask;
  return at;
}

/** Dense: both tables as they lie in memory. */
export function writeRecentIds(ids: RecentIds, to: ByteWriter): void {
  to.u16(ids.count);
  to.ints(ids.young);
  to.ints(ids.elder);
}

/** Reads what writeRecentIds wrote. */
export function readRecentIds(from: ByteReader): RecentIds {
  const count = from.u16();
  return { count, young: from.ints(), elder: from.ints() };
}
