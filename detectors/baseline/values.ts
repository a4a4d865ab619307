/** Values of targets: who used them and when, and whether they are part of the baseline of their slot. */
import { ints } from "../stats/room.ts";
import { addLabel, endLabels, labelAt, noLabels } from "./labels.ts";
import * as slots from "./slots.ts";
import { keyAt, slotWithKey } from "./slots.ts";
import type { Targets } from "./targets.ts";

/** Most values of one slot; a slot with more is open. */
const MAX_VALUES = 512;
/** Most values of one agent. */
const MAX_ALL_VALUES = 32_768;

const WIDTH = 6;

const LOW = 1;
const HIGH = 2;
const SESSIONS_DAY = 3;
const UNITS = 4;
const LABEL = 5;
const NO_LABEL = -1;
const KNOWN_BIT = 1 << 30;
const MANY_DAYS_BIT = 1 << 29;
const DRAWN_BIT = 1 << 28;
const DRAWN_AGAIN_BIT = 1 << 27;
const KEY_MASK = DRAWN_AGAIN_BIT - 1;

/** A value's record; -1 if it was never learned. */
export function find(t: Targets, slot: number, low: number, high: number): number {
  const at = place(t, keyAt(t, slot), low, high);
  return t.table[at] === 0 ? -1 : at;
}

/** Whether a value is part of the baseline. */
export const isKnown = (t: Targets, record: number) => record >= 0 && (t.table[record]! & KNOWN_BIT) !== 0;
/** Sessions that used the value, up to 65,535. */
export const sessionsOf = (t: Targets, record: number) => t.table[record + SESSIONS_DAY]! >>> 16;
/** Whether it was used on more than one day of event time. */
export const onManyDays = (t: Targets, record: number) => (t.table[record]! & MANY_DAYS_BIT) !== 0;
/** The slot of a value. */
export const slotOfValue = (t: Targets, record: number) => slotWithKey(t, t.table[record]! & KEY_MASK);

/** Whether a value is part of the baseline of any slot; walks the table, so only on the way to a finding. */
export function isKnownAnywhere(t: Targets, low: number, high: number): boolean {
  for (let record = first(t); record >= 0; record = after(t, record))
    if (isKnown(t, record) && t.table[record + LOW] === low && t.table[record + HIGH] === high) return true;
  return false;
}

/** Different trust units that used the value; counted up to four. */
export function witnessesOf(t: Targets, record: number): number {
  let count = 0;
  for (let units = t.table[record + UNITS]!; units !== 0; units >>>= 8) if ((units & 0xff) !== 0) count++;
  return count;
}

/** Makes a value part of the baseline. */
export function markKnown(t: Targets, record: number): void {
  t.table[record] = t.table[record]! | KNOWN_BIT;
}

/** Takes a value out of the baseline. */
export function markUnknown(t: Targets, record: number): void {
  t.table[record] = t.table[record]! & ~KNOWN_BIT;
}

/** A value's record, without counting a use of it; -1 if there are too many. */
export function findOrAdd(t: Targets, slot: number, low: number, high: number): number {
  const known = find(t, slot, low, high);
  return known < 0 ? add(t, slot, low, high) : known;
}

/** The first bytes of a value, as text. */
export const labelOf = (t: Targets, record: number) =>
  t.table[record + LABEL] === NO_LABEL ? "" : labelAt(t, t.table[record + LABEL]!);

/** Counts one draw: a session's first value of the slot. A value that cannot be remembered (-1) counts as new. */
export function draw(t: Targets, slot: number, record: number): void {
  const drawn = record < 0 ? 0 : t.table[record]! & (DRAWN_BIT | DRAWN_AGAIN_BIT);
  if (record >= 0) t.table[record]! |= drawn === 0 ? DRAWN_BIT : DRAWN_AGAIN_BIT;
  slots.countDraw(t, slot, drawn === 0 ? 1 : drawn === DRAWN_BIT ? -1 : 0);
}

/**
 * Notes that one more session used a value of a slot that is not open: on a day (days since 2000), from a trust unit (1
 * to 255; 0 if it is no witness). Answers its record, -1 if there are too many.
 */
export function note(t: Targets, slot: number, low: number, high: number, day: number, unit: number): number {
  const record = findOrAdd(t, slot, low, high);
  if (record < 0) return -1;
  const { table } = t;
  const seen = table[record + SESSIONS_DAY]!;
  const last = seen & 0xffff;
  if (last !== 0 && last !== day) table[record]! |= MANY_DAYS_BIT;
  table[record + SESSIONS_DAY] = (Math.min(0xffff, (seen >>> 16) + 1) << 16) | day;
  table[record + UNITS] = withUnit(table[record + UNITS]!, unit);
  return record;
}

/** Gives a value its label, `length` bytes from `from` on, if it has none. */
export function label(t: Targets, record: number, bytes: Uint8Array, from: number, length: number): void {
  if (t.table[record + LABEL] === NO_LABEL) t.table[record + LABEL] = addLabel(t, bytes, from, length);
}

function withUnit(units: number, unit: number): number {
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return units;
    if (known === 0) return units | (unit << shift);
  }
  return units;
}

function add(t: Targets, slot: number, low: number, high: number): number {
  if (t.count >= MAX_ALL_VALUES) return -1;
  if (slots.valuesOf(t, slot) >= MAX_VALUES) {
    slots.open(t, slot);
    return -1;
  }
  if ((t.count + 1) * WIDTH * 3 > t.tableRoom * 2) rebuild(t, growth(t.count + 1));
  slots.countValue(t, slot);
  t.count++;
  const record = place(t, keyAt(t, slot), low, high);
  t.table[record] = keyAt(t, slot);
  t.table[record + LOW] = low;
  t.table[record + HIGH] = high;
  t.table[record + LABEL] = NO_LABEL;
  return record;
}

/** Capacities need not be powers of two: the hash is scaled, so a large table grows by a quarter at a time. */
const growth = (count: number) => (count < 64 ? count * 6 + 6 : Math.ceil(count * 1.25 * 1.5));

/** Forgets the values of slots that have turned out to be open, and their labels. */
export function dropOpen(t: Targets): void {
  let dropped = 0;
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot))
    if (slots.isOpen(t, slot)) dropped += slots.valuesOf(t, slot);
  if (dropped > 0) keepClosed(t, t.count - dropped);
}

function keepClosed(t: Targets, kept: number): void {
  const old = { ...t };
  begin(t, growth(kept));
  Object.assign(t, noLabels());
  t.count = kept;
  for (let record = first(old); record >= 0; record = after(old, record)) {
    if (slots.isOpen(t, slotOfValue(old, record))) continue;
    const moved = move(old.table, record, t);
    const at = old.table[record + LABEL]!;
    if (at !== NO_LABEL)
      t.table[moved + LABEL] = addLabel(t, old.labels, old.labelsAt + at + 1, old.labels[old.labelsAt + at]!);
  }
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot))
    if (slots.isOpen(t, slot)) slots.forgetValues(t, slot);
  ints.giveBack(old.table, old.tableAt, old.tableRoom);
  endLabels(old);
}

/** A larger table; labels stay where they are. */
function rebuild(t: Targets, capacity: number): void {
  const { table: old, tableAt, tableRoom } = t;
  begin(t, capacity);
  for (let record = tableAt; record < tableAt + tableRoom; record += WIDTH)
    if (old[record] !== 0) move(old, record, t);
  ints.giveBack(old, tableAt, tableRoom);
}

/** A table without values in place of the one before. */
function begin(t: Targets, capacity: number): void {
  const { page, at } = ints.room(capacity * WIDTH);
  t.table = page;
  t.tableAt = at;
  t.tableRoom = capacity * WIDTH;
}

/** Copies a record to its place in the table of `to`; answers where. */
function move(from: Int32Array, record: number, to: Targets): number {
  const at = place(to, from[record]! & KEY_MASK, from[record + LOW]!, from[record + HIGH]!);
  for (let i = 0; i < WIDTH; i++) to.table[at + i] = from[record + i]!;
  return at;
}

/** The first record; -1 if there is none. With `after` it goes through all, in no order that means anything. */
export const first = (t: Targets) => next(t, t.tableAt);
/** The record after this one; -1 if it is the last. */
export const after = (t: Targets, record: number) => next(t, record + WIDTH);

function next({ table, tableAt, tableRoom }: Targets, from: number): number {
  for (let record = from; record < tableAt + tableRoom; record += WIDTH)
    if (table[record] !== 0) return record;
  return -1;
}

/** Where the value stands or belongs. */
function place({ table, tableAt, tableRoom }: Targets, key: number, low: number, high: number): number {
  const capacity = tableRoom / WIDTH;
  // The upper half of the product of a 32-bit hash and the capacity, which spreads hashes over any capacity.
  const hash = (low ^ Math.imul(key, 0x9e3779b1)) >>> 0;
  let at = Math.floor((hash / 4_294_967_296) * capacity);
  for (;;) {
    const record = tableAt + at * WIDTH;
    const head = table[record]!;
    if (head === 0) return record;
    if ((head & KEY_MASK) === key && table[record + LOW] === low && table[record + HIGH] === high)
      return record;
    at = at + 1 === capacity ? 0 : at + 1;
  }
}
