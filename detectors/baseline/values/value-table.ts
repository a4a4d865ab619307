/**
 * How the target values of an agent lie in memory: records one after another as they came, 24 bytes each, and an index
 * of their numbers with a part of the hash. Most values are new when they are learned; that they are is told
 * by the index alone, and they are written side by side, so that few lines of the processor's cache are fetched.
 */
import { copy, ints } from "../../stats/room.ts";

/** The values of one agent. */
export interface ValueTable {
  /**
   * The page that they lie in, first the index, then records of VALUE_RECORD numbers. A value is known by the place of its
   * record, which changes when a value is added.
   */
  table: Int32Array;
  /** Where the index begins, and how many entries it has room for: a power of two. */
  tableAt: number;
  indexRoom: number;
  /** Where the records begin, and how many there is room for. */
  recordsAt: number;
  capacity: number;
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

/** Most values of one agent: their numbers have 16 bits. */
export const MAX_ALL_VALUES = 32_768;

const LEAST_CAPACITY = 4;

/** A large table grows by a quarter at a time. */
const longer = (capacity: number) => (capacity < 64 ? capacity * 2 : Math.ceil(capacity * 1.25));

/** Room for `least` values. */
export function valueTable(least: number): ValueTable {
  const values = { table: ints.nowhere.page, tableAt: 0, indexRoom: 0, recordsAt: 0, capacity: 0, count: 0 };
  begin(values, Math.max(LEAST_CAPACITY, least));
  return values;
}

/** An empty table in place of the one before, whose index will be at most two thirds full. */
function begin(values: ValueTable, capacity: number): void {
  values.capacity = capacity;
  values.indexRoom = 1 << (32 - Math.clz32(Math.ceil(capacity * 1.5) - 1));
  const { page, at } = ints.room(values.indexRoom + capacity * WIDTH);
  values.table = page;
  values.tableAt = at;
  values.recordsAt = at + values.indexRoom;
}

/** Gives the memory back. */
export function endValueTable({ table, tableAt, indexRoom, capacity }: ValueTable): void {
  ints.giveBack(table, tableAt, indexRoom + capacity * WIDTH);
}

const hashOf = (key: number, low: number) => low ^ Math.imul(key, 0x9e3779b1);

/** The record of a value; -1 if there is none. */
export function recordOf(values: ValueTable, key: number, low: number, high: number): number {
  const { table, tableAt, indexRoom, recordsAt } = values;
  const mask = indexRoom - 1;
  const hash = hashOf(key, low);
  for (let at = hash & mask; ; at = (at + 1) & mask) {
    const entry = table[tableAt + at]!;
    if (entry === 0) return -1;
    if (((entry ^ hash) & TAG) !== 0) continue;
    const record = recordsAt + ((entry & NUMBER) - 1) * WIDTH;
    if (table[record + LOW] === low && table[record + HIGH] === high && (table[record]! & KEY) === key)
      return record;
  }
}

/** Adds a value that is not there; answers its record, of which all but the first three numbers are zero. */
export function addRecord(values: ValueTable, head: number, low: number, high: number): number {
  if (values.count === values.capacity) grow(values);
  const { table } = values;
  const record = values.recordsAt + values.count * WIDTH;
  table[record] = head;
  table[record + LOW] = low;
  table[record + HIGH] = high;
  enter(values, record, ++values.count);
  return record;
}

/** Adds a copy of a record; answers where it is. */
export function copyRecord(to: ValueTable, from: Int32Array, record: number): number {
  const copy = addRecord(to, from[record]!, from[record + LOW]!, from[record + HIGH]!);
  for (let i = HIGH + 1; i < WIDTH; i++) to.table[copy + i] = from[record + i]!;
  return copy;
}

function enter({ table, tableAt, indexRoom }: ValueTable, record: number, number: number): void {
  const mask = indexRoom - 1;
  const hash = hashOf(table[record]! & KEY, table[record + LOW]!);
  let at = hash & mask;
  while (table[tableAt + at] !== 0) at = (at + 1) & mask;
  table[tableAt + at] = (hash & TAG) | number;
}

function grow(values: ValueTable): void {
  const { table: old, tableAt, indexRoom, recordsAt: from, capacity, count } = values;
  begin(values, longer(capacity));
  const { table, recordsAt } = values;
  copy(old, from, count * WIDTH, table, recordsAt);
  ints.giveBack(old, tableAt, indexRoom + capacity * WIDTH);
  for (let i = 0; i < count; i++) enter(values, recordsAt + i * WIDTH, i + 1);
}

/** The first record; -1 if there is none. With `after` it goes through all, in no order that means anything. */
export const first = (values: ValueTable) => (values.count === 0 ? -1 : values.recordsAt);
/** The record after this one; -1 if it is the last. */
export const after = (values: ValueTable, record: number) =>
  record + WIDTH < values.recordsAt + values.count * WIDTH ? record + WIDTH : -1;
