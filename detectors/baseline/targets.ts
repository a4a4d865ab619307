/**
 * Targets with learned openness. A slot is one field of one operation of the agent; its values are kept as keyed
 * hashes with a short label. From N draws (at most one a session) of which N1 values were seen exactly once,
 * q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot is closed when q < 0.05; a slot that is plainly open keeps no values. All values of an agent stand in one
 * packed table of 24 bytes a value, at most two thirds full, plus their labels.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { giveBack, room, roomier } from "../stats/room.ts";

/** Draws before a slot may speak. */
export const MIN_DRAWS = 10;
/** A slot with a smaller q is closed. */
export const CLOSED = 0.05;
/** After this many draws a slot with q above a half is open for good. */
const OPEN_AFTER = 50;
/** Most values of one slot; a slot with more is open. */
export const MAX_VALUES = 512;
/** Most slots of one agent. */
export const MAX_SLOTS = 1024;
/** Most bytes kept of a value for people to read. */
export const LABEL_BYTES = 40;

export interface Slot {
  readonly number: number;
  readonly operation: number;
  readonly field: number;
  draws: number;
  once: number;
  values: number;
  open: boolean;
  /** Mark of the session whose draw was counted last; means nothing once that session is learned. */
  drawnIn: number;
}

export interface Targets {
  readonly slots: Slot[];
  readonly bySymbol: Map<number, Slot>;
  table: Int32Array;
  count: number;
  labels: Uint8Array;
  labelBytes: number;
}

const WIDTH = 6;
const SLOT = 0;
const LOW = 1;
const HIGH = 2;
const SESSIONS_DAY = 3;
const UNITS = 4;
const LABEL = 5;
const KNOWN_BIT = 1 << 30;
const MANY_DAYS_BIT = 1 << 29;
const SLOT_MASK = MANY_DAYS_BIT - 1;

export function targets(): Targets {
  return { slots: [], bySymbol: new Map(), table: room(WIDTH), count: 0, labels: new Uint8Array(0), labelBytes: 0 };
}

/** Probability that the next value of the slot is one never seen. */
export const novelty = (slot: Slot) => (slot.once + 1) / (slot.draws + 2);
export const isClosed = (slot: Slot) => !slot.open && slot.draws >= MIN_DRAWS && novelty(slot) < CLOSED;

export const slotOf = (t: Targets, operation: number, field: number) => t.bySymbol.get(operation * 4096 + field);

export function addSlot(t: Targets, operation: number, field: number): Slot | undefined {
  if (t.slots.length >= MAX_SLOTS) return undefined;
  const slot = { number: t.slots.length + 1, operation, field, draws: 0, once: 0, values: 0, open: false, drawnIn: 0 };
  t.slots.push(slot);
  t.bySymbol.set(operation * 4096 + field, slot);
  return slot;
}

/** Index of a value's record in the table; -1 if it was never learned. */
export function find(t: Targets, slot: Slot, low: number, high: number): number {
  const at = place(t.table, slot.number, low, high);
  return t.table[at] === 0 ? -1 : at;
}

/** Whether a value is part of the baseline. */
export const isKnown = (t: Targets, record: number) => record >= 0 && (t.table[record]! & KNOWN_BIT) !== 0;
/** Whether a value is part of the baseline of any slot; walks the table, so only on the way to a finding. */
export function isKnownAnywhere(t: Targets, low: number, high: number): boolean {
  for (const record of records(t)) if (isKnown(t, record) && t.table[record + LOW] === low && t.table[record + HIGH] === high) return true;
  return false;
}
export const sessionsOf = (t: Targets, record: number) => t.table[record + SESSIONS_DAY]! >>> 16;
export const onManyDays = (t: Targets, record: number) => (t.table[record]! & MANY_DAYS_BIT) !== 0;
export const slotNumberOf = (t: Targets, record: number) => t.table[record]! & SLOT_MASK;

export function witnessesOf(t: Targets, record: number): number {
  let count = 0;
  for (let units = t.table[record + UNITS]!; units !== 0; units >>>= 8) if ((units & 0xff) !== 0) count++;
  return count;
}

export function markKnown(t: Targets, record: number): void {
  t.table[record] = t.table[record]! | KNOWN_BIT;
}

/** Counts one draw: a session's first value of the slot. */
export function draw(t: Targets, slot: Slot, low: number, high: number): void {
  slot.draws++;
  const record = find(t, slot, low, high);
  const before = record < 0 ? 0 : sessionsOf(t, record);
  if (before === 0) slot.once++;
  else if (before === 1) slot.once--;
  if (slot.draws >= OPEN_AFTER && novelty(slot) > 0.5) slot.open = true;
}

/** Notes that one more session, on a day and from a trust unit (1 to 255), used a value of a slot that is not open. */
export function note(t: Targets, slot: Slot, low: number, high: number, label: string, day: number, unit: number): void {
  let record = find(t, slot, low, high);
  if (record < 0) record = add(t, slot, low, high, label);
  if (record < 0) return;
  const seen = t.table[record + SESSIONS_DAY]!;
  const last = seen & 0xffff;
  if (last !== 0 && last !== day) t.table[record] = t.table[record]! | MANY_DAYS_BIT;
  t.table[record + SESSIONS_DAY] = (Math.min(0xffff, (seen >>> 16) + 1) << 16) | day;
  t.table[record + UNITS] = withUnit(t.table[record + UNITS]!, unit);
}

function withUnit(units: number, unit: number): number {
  for (let shift = 0; shift < 32; shift += 8) {
    const known = (units >>> shift) & 0xff;
    if (known === unit) return units;
    if (known === 0) return units | (unit << shift);
  }
  return units;
}

function add(t: Targets, slot: Slot, low: number, high: number, label: string): number {
  if (slot.values >= MAX_VALUES) {
    slot.open = true;
    return -1;
  }
  if ((t.count + 1) * WIDTH * 3 > t.table.length * 2) rebuild(t, growth(t.count + 1));
  slot.values++;
  t.count++;
  const record = place(t.table, slot.number, low, high);
  t.table[record] = slot.number;
  t.table[record + LOW] = low;
  t.table[record + HIGH] = high;
  t.table[record + LABEL] = addLabel(t, label);
  return record;
}

function addLabel(t: Targets, label: string): number {
  const at = t.labelBytes;
  makeLabelRoom(t, LABEL_BYTES + 1);
  const { written } = encoder.encodeInto(label, t.labels.subarray(at + 1, at + 1 + LABEL_BYTES));
  t.labels[at] = written;
  t.labelBytes += written + 1;
  return at;
}

/** A longer array of bytes with the same beginning, in room made for numbers. */
function larger(bytes: Uint8Array, length: number): Uint8Array {
  const numbers = room((length + 3) >> 2);
  const grown = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  grown.set(bytes);
  if (bytes.length > 0) giveBack(new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2));
  return grown;
}

function makeLabelRoom(t: Targets, bytes: number): void {
  if (t.labelBytes + bytes <= t.labels.length) return;
  t.labels = larger(t.labels, roomier(t.labelBytes + bytes));
}

export function labelOf(t: Targets, record: number): string {
  const at = t.table[record + LABEL]!;
  return decoder.decode(t.labels.subarray(at + 1, at + 1 + t.labels[at]!));
}

/** Capacities need not be powers of two: the hash is scaled, so a large table grows by a quarter at a time. */
const growth = (count: number) => (count < 64 ? count * 6 + 6 : Math.ceil(count * 1.25 * 1.5));

/** Forgets the values of slots that have turned out to be open, and their labels. */
export function dropOpen(t: Targets): void {
  if (!t.slots.some((slot) => slot.open && slot.values > 0)) return;
  const old = { ...t };
  const kept = t.slots.reduce((sum, slot) => sum + (slot.open ? 0 : slot.values), 0);
  t.labels = new Uint8Array(0);
  t.labelBytes = 0;
  t.count = kept;
  for (const slot of t.slots) if (slot.open) slot.values = 0;
  t.table = room(growth(kept) * WIDTH);
  for (const record of records(old)) {
    if (t.slots[slotNumberOf(old, record) - 1]?.open !== false) continue;
    t.table[move(old.table, record, t.table) + LABEL] = addLabel(t, labelOf(old, record));
  }
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
  const at = place(to, from[record]! & SLOT_MASK, from[record + LOW]!, from[record + HIGH]!);
  for (let i = 0; i < WIDTH; i++) to[at + i] = from[record + i]!;
  return at;
}

/** Records of all values, in no order that means anything. */
export function* records(t: Targets): Generator<number> {
  for (let record = 0; record < t.table.length; record += WIDTH) if (t.table[record] !== 0) yield record;
}

/** Where the value stands or belongs. */
function place(table: Int32Array, slot: number, low: number, high: number): number {
  const capacity = table.length / WIDTH;
  // The upper half of the product of a 32-bit hash and the capacity, which spreads hashes over any capacity.
  const hash = (low ^ Math.imul(slot, 0x9e3779b1)) >>> 0;
  let at = Math.floor((hash / 4_294_967_296) * capacity);
  for (;;) {
    const record = at * WIDTH;
    const head = table[record]!;
    if (head === 0) return record;
    if ((head & SLOT_MASK) === slot && table[record + LOW] === low && table[record + HIGH] === high) return record;
    at = at + 1 === capacity ? 0 : at + 1;
  }
}

export function writeTargets(t: Targets, to: ByteWriter): void {
  to.u16(t.slots.length);
  for (const slot of t.slots) {
    for (const value of [slot.operation, slot.field]) to.u16(value);
    for (const value of [slot.draws, slot.once]) to.i32(value);
    to.u16(slot.values);
    to.u8(slot.open ? 1 : 0);
  }
  to.u16(t.count);
  for (const record of records(t)) {
    for (let at = 0; at < LABEL; at++) to.i32(t.table[record + at]!);
    to.text(labelOf(t, record));
  }
}

export function readTargets(from: ByteReader): Targets {
  const t = targets();
  for (let left = from.u16(); left > 0; left--) {
    const slot = addSlot(t, from.u16(), from.u16());
    if (slot === undefined) break;
    slot.draws = from.i32();
    slot.once = from.i32();
    slot.values = from.u16();
    slot.open = from.u8() === 1;
  }
  const count = from.u16();
  t.table = room(growth(count) * WIDTH);
  for (t.count = 0; t.count < count; t.count++) {
    const record = Int32Array.from({ length: LABEL }, () => from.i32());
    const at = place(t.table, record[SLOT]! & SLOT_MASK, record[LOW]!, record[HIGH]!);
    t.table.set(record, at);
    t.table[at + LABEL] = addLabel(t, from.text());
  }
  return t;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
