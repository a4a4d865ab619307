/**
 * What is remembered of values, packed: one open-addressed table of three numbers a record, at most two thirds full. A
 * record is of a value in some place (a slot of the agent or of a workflow, or anywhere in one of them), or of a slot.
 *
 * A value's third number: three trust units of 7 bits, two bits for drawn once and again, known, sensitive, sessions up
 * to 7, used on several days, and the first day modulo 8. A slot's: draws in the upper half, values drawn once in the lower.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";

/** Packed records. A record is known by its place in `table`, which changes when one is added. */
export interface Records {
  table: Int32Array;
  count: number;
}

const WIDTH = 3;
/** Most records of one agent. */
const MAX_RECORDS = 32_768;

const UNIT_BITS = 7;
/** Most trust units that are told apart of one value. */
export const MAX_UNITS = 3;
/** Larger numbers of trust units share this one. */
export const LAST_UNIT = 127;
const DRAWN = 1 << 21;
const DRAWN_AGAIN = 1 << 22;
const KNOWN = 1 << 23;
const SENSITIVE = 1 << 24;
const SESSION = 1 << 25;
const SESSIONS = 7 << 25;
const MANY_DAYS = 1 << 28;

/** No records. */
export const newRecords = (): Records => ({ table: new Int32Array(WIDTH * 16), count: 0 });

/** The record with a key; -1 if there is none. */
export function find(records: Records, low: number, high: number): number {
  const at = place(records.table, low, high);
  return records.table[at] === 0 && records.table[at + 1] === 0 ? -1 : at;
}

/** The record with a key, added if it is new; -1 if there are too many. */
export function findOrAdd(records: Records, low: number, high: number): number {
  const known = find(records, low, high);
  if (known >= 0) return known;
  if (records.count >= MAX_RECORDS) return -1;
  if ((records.count + 1) * WIDTH * 3 > records.table.length * 2) grow(records);
  records.count++;
  const at = place(records.table, low, high);
  records.table[at] = low;
  records.table[at + 1] = high;
  return at;
}

function grow(records: Records): void {
  const old = records.table;
  records.table = new Int32Array(old.length * 2);
  for (let from = 0; from < old.length; from += WIDTH) {
    if (old[from] === 0 && old[from + 1] === 0) continue;
    const to = place(records.table, old[from]!, old[from + 1]!);
    for (let i = 0; i < WIDTH; i++) records.table[to + i] = old[from + i]!;
  }
}

function place(table: Int32Array, low: number, high: number): number {
  const capacity = table.length / WIDTH;
  let at = Math.floor(((low >>> 0) / 4_294_967_296) * capacity);
  for (;;) {
    const record = at * WIDTH;
    if (table[record] === 0 && table[record + 1] === 0) return record;
    if (table[record] === low && table[record + 1] === high) return record;
    at = at + 1 === capacity ? 0 : at + 1;
  }
}

/** Whether a value is part of the baseline. */
export const isKnown = (records: Records, record: number) =>
  record >= 0 && (records.table[record + 2]! & KNOWN) !== 0;
/** Whether a writing, sending or administrative operation has used the value after learning. */
export const isSensitive = (records: Records, record: number) =>
  (records.table[record + 2]! & SENSITIVE) !== 0;
/** Sessions that used the value, up to 7. */
export const sessionsOf = (records: Records, record: number) => (records.table[record + 2]! >>> 25) & 7;
/** Whether it was used on days that differ. */
export const onManyDays = (records: Records, record: number) =>
  (records.table[record + 2]! & MANY_DAYS) !== 0;

/** Different trust units that used the value, up to three; `except` is not counted. */
export function witnessesOf(records: Records, record: number, except = 0): number {
  let count = 0;
  for (let at = 0; at < MAX_UNITS; at++) {
    const unit = (records.table[record + 2]! >>> (at * UNIT_BITS)) & LAST_UNIT;
    if (unit !== 0 && unit !== except) count++;
  }
  return count;
}

/** Makes a value part of the baseline. */
export function markKnown(records: Records, record: number): void {
  records.table[record + 2]! |= KNOWN;
}

/** Notes that one more session used a value, on a day and from a trust unit (1 to 127; 0 is no witness). */
export function noteUse(
  records: Records,
  record: number,
  unit: number,
  day: number,
  sensitive: boolean,
): void {
  let state = withUnit(records.table[record + 2]!, unit);
  const sessions = (state & SESSIONS) === SESSIONS ? SESSIONS : (state & SESSIONS) + SESSION;
  if ((state & SESSIONS) === 0) state |= (day & 7) << 29;
  else if (state >>> 29 !== (day & 7)) state |= MANY_DAYS;
  records.table[record + 2] = (state & ~SESSIONS) | sessions | (sensitive ? SENSITIVE : 0);
}

function withUnit(state: number, unit: number): number {
  for (let at = 0; at < MAX_UNITS; at++) {
    const known = (state >>> (at * UNIT_BITS)) & LAST_UNIT;
    if (known === unit) return state;
    if (known === 0) return state | (unit << (at * UNIT_BITS));
  }
  return state;
}

/** Notes that a value was drawn: 1 for the first time, -1 for the second, 0 later. */
export function noteDraw(records: Records, record: number): 1 | 0 | -1 {
  const drawn = records.table[record + 2]! & (DRAWN | DRAWN_AGAIN);
  records.table[record + 2]! |= drawn === 0 ? DRAWN : DRAWN_AGAIN;
  return drawn === 0 ? 1 : drawn === DRAWN ? -1 : 0;
}

/** Counts draws of a slot; `once` is the change in the number of values that were drawn exactly once. */
export function countDraw(records: Records, slot: number, draws: 0 | 1, once: number): void {
  // Beyond 65,535 draws the proportion is kept.
  if (drawsOf(records, slot) === 0xffff)
    records.table[slot + 2] = (0x7fff << 16) | (onceOf(records, slot) >>> 1);
  records.table[slot + 2] =
    ((drawsOf(records, slot) + draws) << 16) | Math.max(0, onceOf(records, slot) + once);
}

/** Sessions that have drawn from a slot; none if it is not there. */
export const drawsOf = (records: Records, slot: number) => (slot < 0 ? 0 : records.table[slot + 2]! >>> 16);
/** Values of a slot that were drawn exactly once. */
export const onceOf = (records: Records, slot: number) => records.table[slot + 2]! & 0xffff;

/** All records, in no order that means anything. */
export function* all(records: Records): Generator<number> {
  for (let at = 0; at < records.table.length; at += WIDTH)
    if (records.table[at] !== 0 || records.table[at + 1] !== 0) yield at;
}

/** Dense: the table as it lies in memory. */
export function writeRecords(records: Records, to: ByteWriter): void {
  to.i32(records.count);
  to.ints(records.table);
}

/** Reads what writeRecords wrote. */
export function readRecords(from: ByteReader): Records {
  const count = from.i32();
  return { count, table: from.list() };
}
