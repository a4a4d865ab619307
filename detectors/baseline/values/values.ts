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
export const find = (targets: Targets, slot: number, low: number, high: number) =>
  recordOf(targets, keyAt(targets, slot), low, high);

/** Whether a value is part of the baseline. */
export const isKnown = (targets: Targets, record: number) =>
  record >= 0 && (targets.table[record]! & KNOWN_BIT) !== 0;
/** Sessions that used the value, up to 65,535. */
export const sessionsOf = (targets: Targets, record: number) => targets.table[record + SESSIONS_DAY]! >>> 16;
/** Whether it was used on more than one day of event time. */
export const onManyDays = (targets: Targets, record: number) =>
  (targets.table[record]! & MANY_DAYS_BIT) !== 0;
/** The slot of a value. */
export const slotOfValue = (targets: Targets, record: number) =>
  slotWithKey(targets, targets.table[record]! & KEY_MASK);

/** Whether a value is part of the baseline of any slot; walks the table, so only on the way to a finding. */
export function isKnownAnywhere(targets: Targets, low: number, high: number): boolean {
  for (let record = first(targets); record >= 0; record = after(targets, record))
    if (
      isKnown(targets, record) &&
      targets.table[record + LOW] === low &&
      targets.table[record + HIGH] === high
    )
      return true;
  return false;
}

/** Different trust units that used the value; counted up to four. */
export function witnessesOf(targets: Targets, record: number): number {
  let count = 0;
  for (let units = targets.table[record + UNITS]!; units !== 0; units >>>= 8)
    if ((units & 0xff) !== 0) count++;
  return count;
}

/** Makes a value part of the baseline. */
export function markKnown(targets: Targets, record: number): void {
  targets.table[record] = targets.table[record]! | KNOWN_BIT;
}

/** Takes a value out of the baseline. */
export function markUnknown(targets: Targets, record: number): void {
  targets.table[record] = targets.table[record]! & ~KNOWN_BIT;
}

/** A value's record, without counting a use of it; -1 if there are too many. */
export function findOrAdd(targets: Targets, slot: number, low: number, high: number): number {
  const known = find(targets, slot, low, high);
  return known < 0 ? add(targets, slot, low, high) : known;
}

/** The first bytes of a value, as text. */
export const labelOf = (targets: Targets, record: number) =>
  targets.table[record + LABEL] === NO_LABEL ? "" : labelAt(targets, targets.table[record + LABEL]!);

/** Counts one draw: a session's first value of the slot. A value that cannot be remembered (-1) counts as new. */
export function draw(targets: Targets, slot: number, record: number): void {
  const drawn = record < 0 ? 0 : targets.table[record]! & (DRAWN_BIT | DRAWN_AGAIN_BIT);
  if (record >= 0) targets.table[record]! |= drawn === 0 ? DRAWN_BIT : DRAWN_AGAIN_BIT;
  slots.countDraw(targets, slot, drawn === 0 ? 1 : drawn === DRAWN_BIT ? -1 : 0);
}

/**
 * Notes that one more session used a value of a slot that is not open: on a day (days since 2000), from a trust unit (1
 * to 255; 0 if it is no witness). Answers its record, -1 if there are too many.
 */
export function note(
  targets: Targets,
  slot: number,
  low: number,
  high: number,
  day: number,
  unit: number,
): number {
  const record = findOrAdd(targets, slot, low, high);
  if (record < 0) return -1;
  const { table } = targets;
  const seen = table[record + SESSIONS_DAY]!;
  const last = seen & 0xffff;
  if (last !== 0 && last !== day) table[record]! |= MANY_DAYS_BIT;
  table[record + SESSIONS_DAY] = (Math.min(0xffff, (seen >>> 16) + 1) << 16) | day;
  table[record + UNITS] = withUnit(table[record + UNITS]!, unit);
  return record;
}

/** Gives a value its label, `length` bytes from `from` on, if it has none. */
export function label(
  targets: Targets,
  record: number,
  bytes: Uint8Array,
  from: number,
  length: number,
): void {
  if (targets.table[record + LABEL] === NO_LABEL)
    targets.table[record + LABEL] = addLabel(targets, bytes, from, length);
}

function withUnit(units: number, unit: number): number {
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return units;
    if (known === 0) return units | (unit << shift);
  }
  return units;
}

function add(targets: Targets, slot: number, low: number, high: number): number {
  if (targets.count >= MAX_ALL_VALUES) return -1;
  if (slots.valuesOf(targets, slot) >= MAX_VALUES) {
    slots.open(targets, slot);
    return -1;
  }
  slots.countValue(targets, slot);
  const record = addRecord(targets, keyAt(targets, slot), low, high);
  targets.table[record + LABEL] = NO_LABEL;
  return record;
}

/** Forgets the values of slots that have turned out to be open, and their labels. */
export function dropOpen(targets: Targets): void {
  let dropped = 0;
  for (let slot = slots.first(targets); slot >= 0; slot = slots.after(targets, slot))
    if (slots.isOpen(targets, slot)) dropped += slots.valuesOf(targets, slot);
  if (dropped > 0) keepClosed(targets, targets.count - dropped);
}

function keepClosed(targets: Targets, kept: number): void {
  const old = { ...targets };
  Object.assign(targets, valueTable(kept), noLabels());
  for (let record = first(old); record >= 0; record = after(old, record)) {
    if (slots.isOpen(targets, slotOfValue(old, record))) continue;
    const moved = copyRecord(targets, old.table, record);
    const at = old.table[record + LABEL]!;
    if (at !== NO_LABEL)
      targets.table[moved + LABEL] = addLabel(
        targets,
        old.labels,
        old.labelsAt + at + 1,
        old.labels[old.labelsAt + at]!,
      );
  }
  for (let slot = slots.first(targets); slot >= 0; slot = slots.after(targets, slot))
    if (slots.isOpen(targets, slot)) slots.forgetValues(targets, slot);
  endValueTable(old);
  endLabels(old);
}
