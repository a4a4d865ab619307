/**
 * Targets with learned openness. A slot is one field of one operation of the agent; its values are kept as keyed
 * hashes with a short label. From N draws (at most one a session) of which N1 values were seen exactly once,
 * q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot is closed when q < 0.05, and settled, so that it may speak, once it is closed and at most as many of its values
 * wait for witnesses; a slot that is plainly open keeps no values. Slots and values stand in two packed
 * open-addressed tables, of 16 bytes a slot and 24 a value, each at most two thirds full; labels are bytes of UTF-8.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { giveBack, grown, room, roomier } from "../stats/room.ts";

/** Draws before a slot may speak. */
export const MIN_DRAWS = 10;
/** A slot with a smaller q is closed. */
export const CLOSED = 0.05;
/** After this many draws a slot with q above a half is open for good. */
const OPEN_AFTER = 50;
/** Most values of one slot; a slot with more is open. */
export const MAX_VALUES = 512;
/** Most slots of one agent, and most values in all of them. */
export const MAX_SLOTS = 1024;
export const MAX_ALL_VALUES = 32_768;
/** Most bytes kept of a value for people to read. */
export const LABEL_BYTES = 40;

export interface Targets {
  /** A slot is known by its place in here, which changes when a slot is added. */
  slots: Int32Array;
  slotCount: number;
  /** A value is known by its place in here, which changes when a value is added. */
  table: Int32Array;
  count: number;
  labels: Int32Array;
  labelBytes: number;
}

const SLOT_WIDTH = 4;

const DRAWS = 1;
const ONCE = 2;
const VALUES_OPEN = 3;
const OPEN_BIT = 1;
const SETTLED_BIT = 2;

const WIDTH = 6;

const LOW = 1;
const HIGH = 2;
const SESSIONS_DAY = 3;
const UNITS = 4;
const LABEL = 5;
const KNOWN_BIT = 1 << 30;
const MANY_DAYS_BIT = 1 << 29;
const DRAWN_BIT = 1 << 28;
const DRAWN_AGAIN_BIT = 1 << 27;
const KEY_MASK = DRAWN_AGAIN_BIT - 1;

export function targets(): Targets {
  return { slots: room(SLOT_WIDTH * 4), slotCount: 0, table: room(WIDTH), count: 0, labels: room(0), labelBytes: 0 };
}

// ---- slots ----

/** Numbers of names are below 4,096, so that both fit; one more, because 0 is a free place. */
const keyOf = (operation: number, field: number) => ((operation << 12) | field) + 1;
export const operationOf = (t: Targets, slot: number) => (t.slots[slot]! - 1) >>> 12;
export const fieldOf = (t: Targets, slot: number) => (t.slots[slot]! - 1) & 0xfff;
export const drawsOf = (t: Targets, slot: number) => t.slots[slot + DRAWS]!;
export const valuesOf = (t: Targets, slot: number) => t.slots[slot + VALUES_OPEN]! >>> 2;
export const isOpen = (t: Targets, slot: number) => (t.slots[slot + VALUES_OPEN]! & OPEN_BIT) !== 0;
/** Probability that the next value of the slot is one never seen. */
export const novelty = (t: Targets, slot: number) => (t.slots[slot + ONCE]! + 1) / (drawsOf(t, slot) + 2);
export const isClosed = (t: Targets, slot: number) => !isOpen(t, slot) && drawsOf(t, slot) >= MIN_DRAWS && novelty(t, slot) < CLOSED;
/** Whether the slot's baseline is made: it has been closed, and hardly any of its values wait for witnesses. */
export const isSettled = (t: Targets, slot: number) => (t.slots[slot + VALUES_OPEN]! & SETTLED_BIT) !== 0;

export function settle(t: Targets, slot: number): void {
  t.slots[slot + VALUES_OPEN]! |= SETTLED_BIT;
}

/** The slot of a field of an operation; -1 if nothing was learned of it. */
export function slotOf(t: Targets, operation: number, field: number): number {
  const at = slotPlace(t.slots, keyOf(operation, field));
  return t.slots[at] === 0 ? -1 : at;
}

/** Adds a slot that is not there; -1 if there are too many. */
export function addSlot(t: Targets, operation: number, field: number): number {
  if (t.slotCount >= MAX_SLOTS) return -1;
  if ((t.slotCount + 1) * SLOT_WIDTH * 3 > t.slots.length * 2) growSlots(t);
  t.slotCount++;
  const at = slotPlace(t.slots, keyOf(operation, field));
  t.slots[at] = keyOf(operation, field);
  return at;
}

function growSlots(t: Targets): void {
  const old = t.slots;
  t.slots = room(old.length * 2);
  for (let slot = 0; slot < old.length; slot += SLOT_WIDTH) {
    if (old[slot] === 0) continue;
    const at = slotPlace(t.slots, old[slot]!);
    for (let i = 0; i < SLOT_WIDTH; i++) t.slots[at + i] = old[slot + i]!;
  }
  giveBack(old);
}

function slotPlace(slots: Int32Array, key: number): number {
  const mask = slots.length / SLOT_WIDTH - 1;
  let at = (Math.imul(key, 0x9e3779b1) >>> 16) & mask;
  while (slots[at * SLOT_WIDTH] !== 0 && slots[at * SLOT_WIDTH] !== key) at = (at + 1) & mask;
  return at * SLOT_WIDTH;
}

/** All slots, in no order that means anything. */
export function* slots(t: Targets): Generator<number> {
  for (let slot = 0; slot < t.slots.length; slot += SLOT_WIDTH) if (t.slots[slot] !== 0) yield slot;
}

function open(t: Targets, slot: number): void {
  t.slots[slot + VALUES_OPEN]! |= OPEN_BIT;
}

/** Counts one draw: a session's first value of the slot. A value that cannot be remembered (-1) counts as new. */
export function draw(t: Targets, slot: number, record: number): void {
  t.slots[slot + DRAWS]!++;
  const drawn = record < 0 ? 0 : t.table[record]! & (DRAWN_BIT | DRAWN_AGAIN_BIT);
  if (drawn === 0) t.slots[slot + ONCE]!++;
  else if (drawn === DRAWN_BIT) t.slots[slot + ONCE]!--;
  if (record >= 0) t.table[record]! |= drawn === 0 ? DRAWN_BIT : DRAWN_AGAIN_BIT;
  if (drawsOf(t, slot) >= OPEN_AFTER && novelty(t, slot) > 0.5) open(t, slot);
}

// ---- values ----

/** A value's record; -1 if it was never learned. */
export function find(t: Targets, slot: number, low: number, high: number): number {
  const at = place(t.table, t.slots[slot]!, low, high);
  return t.table[at] === 0 ? -1 : at;
}

/** Whether a value is part of the baseline. */
export const isKnown = (t: Targets, record: number) => record >= 0 && (t.table[record]! & KNOWN_BIT) !== 0;
export const sessionsOf = (t: Targets, record: number) => t.table[record + SESSIONS_DAY]! >>> 16;
export const onManyDays = (t: Targets, record: number) => (t.table[record]! & MANY_DAYS_BIT) !== 0;
/** The slot of a value. */
export const slotOfValue = (t: Targets, record: number) => slotPlace(t.slots, t.table[record]! & KEY_MASK);

/** Whether a value is part of the baseline of any slot; walks the table, so only on the way to a finding. */
export function isKnownAnywhere(t: Targets, low: number, high: number): boolean {
  for (const record of records(t)) if (isKnown(t, record) && t.table[record + LOW] === low && t.table[record + HIGH] === high) return true;
  return false;
}

export function witnessesOf(t: Targets, record: number): number {
  let count = 0;
  for (let units = t.table[record + UNITS]!; units !== 0; units >>>= 8) if ((units & 0xff) !== 0) count++;
  return count;
}

export function markKnown(t: Targets, record: number): void {
  t.table[record] = t.table[record]! | KNOWN_BIT;
}

/**
 * Notes that one more session, on a day and from a trust unit (1 to 255), used a value of a slot that is not open.
 * The label is `length` bytes of `bytes` from `from` on. Answers the value's record, -1 if there are too many.
 */
export function note(t: Targets, slot: number, low: number, high: number, day: number, unit: number, bytes: Uint8Array, from: number, length: number): number {
  let record = find(t, slot, low, high);
  if (record < 0) record = add(t, slot, low, high, bytes, from, length);
  if (record < 0) return -1;
  const seen = t.table[record + SESSIONS_DAY]!;
  const last = seen & 0xffff;
  if (last !== 0 && last !== day) t.table[record] = t.table[record]! | MANY_DAYS_BIT;
  t.table[record + SESSIONS_DAY] = (Math.min(0xffff, (seen >>> 16) + 1) << 16) | day;
  t.table[record + UNITS] = withUnit(t.table[record + UNITS]!, unit);
  return record;
}

function withUnit(units: number, unit: number): number {
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return units;
    if (known === 0) return units | (unit << shift);
  }
  return units;
}

function add(t: Targets, slot: number, low: number, high: number, bytes: Uint8Array, from: number, length: number): number {
  if (t.count >= MAX_ALL_VALUES) return -1;
  if (valuesOf(t, slot) >= MAX_VALUES) {
    open(t, slot);
    return -1;
  }
  if ((t.count + 1) * WIDTH * 3 > t.table.length * 2) rebuild(t, growth(t.count + 1));
  t.slots[slot + VALUES_OPEN]! += 4;
  t.count++;
  const record = place(t.table, t.slots[slot]!, low, high);
  t.table[record] = t.slots[slot]!;
  t.table[record + LOW] = low;
  t.table[record + HIGH] = high;
  t.table[record + LABEL] = addLabel(t, bytes, from, length);
  return record;
}

/** Length, then the bytes. */
function addLabel(t: Targets, bytes: Uint8Array, from: number, length: number): number {
  const at = t.labelBytes;
  if (at + length + 1 > t.labels.length * 4) t.labels = grown(t.labels, roomier((at + length + 4) >> 2));
  const labels = bytesOf(t.labels);
  labels[at] = length;
  for (let i = 0; i < length; i++) labels[at + 1 + i] = bytes[from + i]!;
  t.labelBytes += length + 1;
  return at;
}

const bytesOf = (numbers: Int32Array) => new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);

export function labelOf(t: Targets, record: number): string {
  const labels = bytesOf(t.labels);
  const at = t.table[record + LABEL]!;
  return decoder.decode(labels.subarray(at + 1, at + 1 + labels[at]!));
}

const decoder = new TextDecoder();

/** Capacities need not be powers of two: the hash is scaled, so a large table grows by a quarter at a time. */
const growth = (count: number) => (count < 64 ? count * 6 + 6 : Math.ceil(count * 1.25 * 1.5));

/** Forgets the values of slots that have turned out to be open, and their labels. */
export function dropOpen(t: Targets): void {
  let kept = 0;
  let dropped = 0;
  for (const slot of slots(t)) {
    if (isOpen(t, slot)) dropped += valuesOf(t, slot);
    else kept += valuesOf(t, slot);
  }
  if (dropped === 0) return;
  const old = { ...t };
  t.table = room(growth(kept) * WIDTH);
  t.labels = room(0);
  t.labelBytes = 0;
  t.count = kept;
  for (const record of records(old)) {
    if (isOpen(t, slotOfValue(old, record))) continue;
    const label = old.table[record + LABEL]!;
    const bytes = bytesOf(old.labels);
    t.table[move(old.table, record, t.table) + LABEL] = addLabel(t, bytes, label + 1, bytes[label]!);
  }
  for (const slot of slots(t)) if (isOpen(t, slot)) t.slots[slot + VALUES_OPEN] = OPEN_BIT;
  giveBack(old.table);
  giveBack(old.labels);
}

/** A larger table; labels stay where they are. */
function rebuild(t: Targets, capacity: number): void {
  const old = t.table;
  t.table = room(capacity * WIDTH);
  for (let record = 0; record < old.length; record += WIDTH) if (old[record] !== 0) move(old, record, t.table);
  giveBack(old);
}

/** Copies a record to its place in another table; answers where. */
function move(from: Int32Array, record: number, to: Int32Array): number {
  const at = place(to, from[record]! & KEY_MASK, from[record + LOW]!, from[record + HIGH]!);
  for (let i = 0; i < WIDTH; i++) to[at + i] = from[record + i]!;
  return at;
}

/** Records of all values, in no order that means anything. */
export function* records(t: Targets): Generator<number> {
  for (let record = 0; record < t.table.length; record += WIDTH) if (t.table[record] !== 0) yield record;
}

/** Where the value stands or belongs. */
function place(table: Int32Array, key: number, low: number, high: number): number {
  const capacity = table.length / WIDTH;
  // The upper half of the product of a 32-bit hash and the capacity, which spreads hashes over any capacity.
  const hash = (low ^ Math.imul(key, 0x9e3779b1)) >>> 0;
  let at = Math.floor((hash / 4_294_967_296) * capacity);
  for (;;) {
    const record = at * WIDTH;
    const head = table[record]!;
    if (head === 0) return record;
    if ((head & KEY_MASK) === key && table[record + LOW] === low && table[record + HIGH] === high) return record;
    at = at + 1 === capacity ? 0 : at + 1;
  }
}

export function writeTargets(t: Targets, to: ByteWriter): void {
  to.i32(t.slotCount);
  to.ints(t.slots);
  to.i32(t.count);
  to.ints(t.table);
  to.i32(t.labelBytes);
  to.ints(t.labels.subarray(0, (t.labelBytes + 3) >> 2));
}

export function readTargets(from: ByteReader): Targets {
  return { slotCount: from.i32(), slots: from.ints(), count: from.i32(), table: from.ints(), labelBytes: from.i32(), labels: from.ints() };
}
