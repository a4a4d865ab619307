/** Values of targets: who used them and when, and whether they are part of the baseline of their slot. */
import { addLabel, endLabels, labelAt, noLabels } from "./labels.ts";
import * as slots from "./slots.ts";
import { keyAt, slotWithKey } from "./slots.ts";
import type { Targets } from "./targets.ts";
import * as stored from "./value-table.ts";
import { addRecord, after, copyRecord, endValueTable, first, recordOf, valueTable } from "./value-table.ts";

export { after, first } from "./value-table.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { KEY_MASK, MAX_ALL_VALUES } = stored;

/** Most values of one slot; a slot with more is open. */
const MAX_VALUES = 512;

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

/** A value's record; -1 if it was never learned. */
export const find = (t: Targets, slot: number, low: number, high: number) =>
  recordOf(t, keyAt(t, slot), low, high);

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
  slots.countValue(t, slot);
  const record = addRecord(t, keyAt(t, slot), low, high);
  t.table[record + LABEL] = NO_LABEL;
  return record;
}

/** Forgets the values of slots that have turned out to be open, and their labels. */
export function dropOpen(t: Targets): void {
  let dropped = 0;
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot))
    if (slots.isOpen(t, slot)) dropped += slots.valuesOf(t, slot);
  if (dropped > 0) keepClosed(t, t.count - dropped);
}

function keepClosed(t: Targets, kept: number): void {
  const old = { ...t };
  Object.assign(t, valueTable(kept), noLabels());
  for (let record = first(old); record >= 0; record = after(old, record)) {
    if (slots.isOpen(t, slotOfValue(old, record))) continue;
    const moved = copyRecord(t, old.table, record);
    const at = old.table[record + LABEL]!;
    if (at !== NO_LABEL)
      t.table[moved + LABEL] = addLabel(t, old.labels, old.labelsAt + at + 1, old.labels[old.labelsAt + at]!);
  }
  for (let slot = slots.first(t); slot >= 0; slot = slots.after(t, slot))
    if (slots.isOpen(t, slot)) slots.forgetValues(t, slot);
  endValueTable(old);
  endLabels(old);
}
