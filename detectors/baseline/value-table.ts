/**
 * How the target values of an agent lie in memory: records one after another as they came, 24 bytes each, and an index,
 * at most half full, of their numbers with a part of the hash. Most values are new when they are learned; that they are is told
 * by the index alone, and they are written side by side, so that few lines of the processor's cache are fetched.
 */
import { ints } from "../stats/room.ts";

/** The values of one agent. */
export interface ValueTable {
  /**
   * The page that they lie in: three quarters of the room for records of VALUE_RECORD numbers, one quarter for the index. A value
   * is known by the place of its record, which changes when a value is added.
   */
  table: Int32Array;
  tableAt: number;
  /** A power of two. */
  tableRoom: number;
  count: number;
}

const WIDTH = 6;
const LOW = 1;
const HIGH = 2;
const KEY = (1 << 27) - 1;
/** Numbers of a record: key of the slot and marks, hash low and high, and three that values.ts knows. */
export const VALUE_RECORD = WIDTH;
/** Bits of the first number that are the key of the slot; the others are marks. */
export const KEY_MASK = KEY;

/** In an entry of the index: the value's number, from 1, and above it bits of its hash. */
const NUMBER = 0xffff;
const TAG = ~0xffff;

const LEAST_ROOM = 32;

/** Most values of one agent: their numbers have 16 bits. */
export const MAX_ALL_VALUES = 32_768;

const capacityOf = (room: number) => room >> 3;
const entriesOf = (room: number) => room >> 2;

/** Room for `count` values. */
export function valueTable(count: number): ValueTable {
  let room = LEAST_ROOM;
  while (capacityOf(room) < count) room *= 2;
  const { page, at } = ints.room(room);
  return { table: page, tableAt: at, tableRoom: room, count: 0 };
}

/** Gives the memory back. */
export function endValueTable({ table, tableAt, tableRoom }: ValueTable): void {
  ints.giveBack(table, tableAt, tableRoom);
}

const hashOf = (key: number, low: number) => low ^ Math.imul(key, 0x9e3779b1);

/** The record of a value; -1 if there is none. */
export function recordOf(t: ValueTable, key: number, low: number, high: number): number {
  const { table, tableAt, tableRoom } = t;
  const entries = entriesOf(tableRoom);
  const index = tableAt + tableRoom - entries;
  const hash = hashOf(key, low);
  for (let at = hash & (entries - 1); ; at = (at + 1) & (entries - 1)) {
    const entry = table[index + at]!;
    if (entry === 0) return -1;
    if (((entry ^ hash) & TAG) !== 0) continue;
    const record = tableAt + ((entry & NUMBER) - 1) * WIDTH;
    if (table[record + LOW] === low && table[record + HIGH] === high && (table[record]! & KEY) === key)
      return record;
  }
}

/** Adds a value that is not there; answers its record, of which all but the first three numbers are zero. */
export function addRecord(t: ValueTable, head: number, low: number, high: number): number {
  if (t.count === capacityOf(t.tableRoom)) grow(t);
  const { table } = t;
  const record = t.tableAt + t.count * WIDTH;
  table[record] = head;
  table[record + LOW] = low;
  table[record + HIGH] = high;
  enter(t, record, ++t.count);
  return record;
}

/** Adds a copy of a record; answers where it is. */
export function copyRecord(to: ValueTable, from: Int32Array, record: number): number {
  const copy = addRecord(to, from[record]!, from[record + LOW]!, from[record + HIGH]!);
  for (let i = HIGH + 1; i < WIDTH; i++) to.table[copy + i] = from[record + i]!;
  return copy;
}

function enter({ table, tableAt, tableRoom }: ValueTable, record: number, number: number): void {
  const entries = entriesOf(tableRoom);
  const index = tableAt + tableRoom - entries;
  const hash = hashOf(table[record]! & KEY, table[record + LOW]!);
  let at = hash & (entries - 1);
  while (table[index + at] !== 0) at = (at + 1) & (entries - 1);
  table[index + at] = (hash & TAG) | number;
}

function grow(t: ValueTable): void {
  const { table: old, tableAt: from, tableRoom: room, count } = t;
  const { page, at } = ints.room(room * 2);
  for (let i = 0; i < count * WIDTH; i++) page[at + i] = old[from + i]!;
  ints.giveBack(old, from, room);
  t.table = page;
  t.tableAt = at;
  t.tableRoom = room * 2;
  for (let i = 0; i < count; i++) enter(t, at + i * WIDTH, i + 1);
}

/** The first record; -1 if there is none. With `after` it goes through all, in no order that means anything. */
export const first = (t: ValueTable) => (t.count === 0 ? -1 : t.tableAt);
/** The record after this one; -1 if it is the last. */
export const after = (t: ValueTable, record: number) =>
  record + WIDTH < t.tableAt + t.count * WIDTH ? record + WIDTH : -1;
