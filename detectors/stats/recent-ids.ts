/**
 * Remembers the newest event ids of an agent, as keyed 64-bit hashes, to drop repeats: at least the newest 128 and at
 * most 256. Two generations; when the younger is full it becomes the elder and the elder is forgotten.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { bringNear, ints, readInts } from "./room.ts";

/** Ids in one generation. */
export const GENERATION_SIZE = 128;

/** Two open-addressed tables of pairs; 0,0 is free. */
export interface RecentIds {
  /** The page that the younger generation lies in, where, and how many numbers are its own. */
  young: Int32Array;
  youngAt: number;
  youngRoom: number;
  /** Ids in it. */
  count: number;
  /** The same of the elder one; without room before there is any. */
  elder: Int32Array;
  elderAt: number;
  elderRoom: number;
}

/** Room for the first eight ids. */
const FIRST_ROOM = 32;

/** Of an agent that has told nothing. */
export function recentIds(): RecentIds {
  const { page, at } = ints.room(FIRST_ROOM);
  return {
    young: page,
    youngAt: at,
    youngRoom: FIRST_ROOM,
    count: 0,
    elder: ints.nowhere.page,
    elderAt: 0,
    elderRoom: 0,
  };
}

/** Gives the memory back; the ids are of no more use. */
export function endRecentIds(ids: RecentIds): void {
  ints.giveBack(ids.young, ids.youngAt, ids.youngRoom);
  ints.giveBack(ids.elder, ids.elderAt, ids.elderRoom);
}

/** Brings them into the processor's cache. */
export function bringIdsNear({ young, youngAt, youngRoom, elder, elderAt, elderRoom }: RecentIds): void {
  bringNear(young, youngAt, youngRoom);
  bringNear(elder, elderAt, elderRoom);
}

/** Whether the id is remembered; if not, it is from now on. */
export function seenBefore(ids: RecentIds, low: number, high: number): boolean {
  const { young } = ids;
  let at = place(young, ids.youngAt, ids.youngRoom, low, high);
  if (young[at] === low && young[at + 1] === high && (low | high) !== 0) return true;
  if (ids.elderRoom > 0 && isElder(ids, low, high)) return true;
  // A table is at most half full, and never completely: probing must find a free place.
  if ((ids.count + 1) * 4 > ids.youngRoom) {
    makeRoom(ids);
    at = place(ids.young, ids.youngAt, ids.youngRoom, low, high);
  }
  ids.young[at] = low;
  ids.young[at + 1] = high;
  ids.count++;
  return false;
}

function isElder({ elder, elderAt, elderRoom }: RecentIds, low: number, high: number): boolean {
  const at = place(elder, elderAt, elderRoom, low, high);
  return elder[at] === low && elder[at + 1] === high;
}

function makeRoom(ids: RecentIds): void {
  if (ids.count < GENERATION_SIZE) grow(ids);
  else turn(ids);
}

/** The younger generation becomes the elder. */
function turn(ids: RecentIds): void {
  ints.giveBack(ids.elder, ids.elderAt, ids.elderRoom);
  ids.elder = ids.young;
  ids.elderAt = ids.youngAt;
  ids.elderRoom = ids.youngRoom;
  begin(ids, FIRST_ROOM);
  ids.count = 0;
}

function begin(ids: RecentIds, length: number): void {
  const { page, at } = ints.room(length);
  ids.young = page;
  ids.youngAt = at;
  ids.youngRoom = length;
}

function grow(ids: RecentIds): void {
  const { young: old, youngAt, youngRoom } = ids;
  begin(ids, youngRoom * 4);
  for (let from = youngAt; from < youngAt + youngRoom; from += 2) {
    if ((old[from]! | old[from + 1]!) === 0) continue;
    const at = place(ids.young, ids.youngAt, ids.youngRoom, old[from]!, old[from + 1]!);
    ids.young[at] = old[from]!;
    ids.young[at + 1] = old[from + 1]!;
  }
  ints.giveBack(old, youngAt, youngRoom);
}

/** Where the pair stands or belongs in the table of `length` numbers from `first` on. */
function place(page: Int32Array, first: number, length: number, low: number, high: number): number {
  const mask = length - 1;
  let at = (low << 1) & mask;
  while (
    (page[first + at]! | page[first + at + 1]!) !== 0 &&
    (page[first + at] !== low || page[first + at + 1] !== high)
  )
    at = (at + 2) & mask;
  return first + at;
}

/** Dense: both tables as they lie in memory. */
export function writeRecentIds(ids: RecentIds, to: ByteWriter): void {
  to.u16(ids.count);
  to.ints(ids.young, ids.youngAt, ids.youngRoom);
  to.ints(ids.elder, ids.elderAt, ids.elderRoom);
}

/** Reads what writeRecentIds wrote. */
export function readRecentIds(from: ByteReader): RecentIds {
  const count = from.u16();
  const [young, elder] = [readInts(from, Math.max(FIRST_ROOM, count * 2)), readInts(from, 0)];
  return {
    young: young.page,
    youngAt: young.at,
    youngRoom: young.length,
    count,
    elder: elder.page,
    elderAt: elder.at,
    elderRoom: elder.length,
  };
}
