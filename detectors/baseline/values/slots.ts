/** Slots of targets: one field of one operation, with how often it was used and whether its values are few. */
import { ints } from "../../stats/room.ts";
import type { Targets } from "./targets.ts";

/** Draws before a slot may speak. */
const MIN_DRAWS = 10;
/** A slot with a smaller q is closed. */
export const CLOSED = 0.05;
/** After this many draws a slot with a larger q is open for good. */
const OPEN_AFTER = 50;
const OPEN = 0.5;
/** Most slots of one agent. */
const MAX_SLOTS = 1024;

const WIDTH = 4;
const DRAWS = 1;
const ONCE = 2;
/** The number of values, and two bits. */
const VALUES_OPEN = 3;
const OPEN_BIT = 1;
const SETTLED_BIT = 2;
const ONE_VALUE = 4;

/** Numbers of names are below 4,096, so that both fit; one more, because 0 is a free place. */
const keyOf = (operation: number, field: number) => ((operation << 12) | field) + 1;
/** The operation of a slot, as the number of its name. */
export const operationOf = (targets: Targets, slot: number) => (targets.slots[slot]! - 1) >>> 12;
/** The field of a slot, as the number of its name. */
export const fieldOf = (targets: Targets, slot: number) => (targets.slots[slot]! - 1) & 0xfff;
/** Sessions that used the slot. */
export const drawsOf = (targets: Targets, slot: number) => targets.slots[slot + DRAWS]!;
/** Values remembered of the slot. */
export const valuesOf = (targets: Targets, slot: number) => targets.slots[slot + VALUES_OPEN]! >>> 2;
/** Whether new values are so common that none is remembered any more. */
export const isOpen = (targets: Targets, slot: number) =>
  (targets.slots[slot + VALUES_OPEN]! & OPEN_BIT) !== 0;
/** Values that were drawn once, and one. */
const unseen = (targets: Targets, slot: number) => targets.slots[slot + ONCE]! + 1;
/** q: probability that the next value of the slot is one never seen. An answer that is no whole number costs an object. */
export const novelty = (targets: Targets, slot: number) =>
  unseen(targets, slot) / (drawsOf(targets, slot) + 2);
/** Whether a new value would be a surprise. */
export const isClosed = (targets: Targets, slot: number) =>
  !isOpen(targets, slot) &&
  drawsOf(targets, slot) >= MIN_DRAWS &&
  unseen(targets, slot) < CLOSED * (drawsOf(targets, slot) + 2);
/** Whether the slot's baseline is made: it has been closed, and hardly any of its values wait for witnesses. */
export const isSettled = (targets: Targets, slot: number) =>
  (targets.slots[slot + VALUES_OPEN]! & SETTLED_BIT) !== 0;

/** Makes the slot settled: from now on it may speak. */
export function settle(targets: Targets, slot: number): void {
  targets.slots[slot + VALUES_OPEN]! |= SETTLED_BIT;
}

/** The slot of a field of an operation; -1 if nothing was learned of it. */
export function slotOf(targets: Targets, operation: number, field: number): number {
  const at = placeOf(targets, keyOf(operation, field));
  return targets.slots[at] === 0 ? -1 : at;
}

function addSlot(targets: Targets, operation: number, field: number): number {
  if (targets.slotCount >= MAX_SLOTS) return -1;
  if ((targets.slotCount + 1) * WIDTH * 3 > targets.slotsRoom * 2) growSlots(targets);
  targets.slotCount++;
  const at = placeOf(targets, keyOf(operation, field));
  targets.slots[at] = keyOf(operation, field);
  return at;
}

/** The slot of a field of an operation, added if it is not there; -1 if there are too many. */
export function slotFor(targets: Targets, operation: number, field: number): number {
  const known = slotOf(targets, operation, field);
  return known < 0 ? addSlot(targets, operation, field) : known;
}

function growSlots(targets: Targets): void {
  const { slots: old, slotsAt, slotsRoom } = targets;
  const { page, at: first } = ints.room(slotsRoom * 2);
  targets.slots = page;
  targets.slotsAt = first;
  targets.slotsRoom = slotsRoom * 2;
  for (let slot = slotsAt; slot < slotsAt + slotsRoom; slot += WIDTH) {
    if (old[slot] === 0) continue;
    const at = placeOf(targets, old[slot]!);
    for (let i = 0; i < WIDTH; i++) page[at + i] = old[slot + i]!;
  }
  ints.giveBack(old, slotsAt, slotsRoom);
}

function placeOf({ slots, slotsAt, slotsRoom }: Targets, key: number): number {
  // A power of two.
  const mask = slotsRoom - 1;
  let at = ((Math.imul(key, 0x9e3779b1) >>> 16) * WIDTH) & mask;
  while (slots[slotsAt + at] !== 0 && slots[slotsAt + at] !== key) at = (at + WIDTH) & mask;
  return slotsAt + at;
}

/** The first slot; -1 if there is none. With `after` it goes through all, in no order that means anything. */
export const first = (targets: Targets) => next(targets, targets.slotsAt);
/** The slot after this one; -1 if it is the last. */
export const after = (targets: Targets, slot: number) => next(targets, slot + WIDTH);

function next({ slots, slotsAt, slotsRoom }: Targets, from: number): number {
  for (let slot = from; slot < slotsAt + slotsRoom; slot += WIDTH) if (slots[slot] !== 0) return slot;
  return -1;
}

/** Opens the slot for good. */
export function open(targets: Targets, slot: number): void {
  targets.slots[slot + VALUES_OPEN]! |= OPEN_BIT;
}

/** Counts one draw; `once` is the change in the number of values that were drawn exactly once. */
export function countDraw(targets: Targets, slot: number, once: number): void {
  targets.slots[slot + DRAWS]!++;
  targets.slots[slot + ONCE]! += once;
  if (drawsOf(targets, slot) >= OPEN_AFTER && unseen(targets, slot) > OPEN * (drawsOf(targets, slot) + 2))
    open(targets, slot);
}

/** Counts one more value. */
export function countValue(targets: Targets, slot: number): void {
  targets.slots[slot + VALUES_OPEN]! += ONE_VALUE;
}

/** An open slot whose values are gone. */
export function forgetValues(targets: Targets, slot: number): void {
  targets.slots[slot + VALUES_OPEN] = OPEN_BIT;
}

/** What the values of a slot are filed under: the same wherever the slot lies. */
export const keyAt = (targets: Targets, slot: number) => targets.slots[slot]!;

/** Where the slot with a key lies. */
export const slotWithKey = (targets: Targets, key: number) => placeOf(targets, key);
