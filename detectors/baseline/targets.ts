/**
 * Targets with learned openness. A slot is one field of one operation of the agent; its values are kept as keyed
 * hashes with a short label. From N draws (at most one a session) of which N1 values were seen exactly once,
 * q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot is closed when q < 0.05, and settled, so that it may speak, once it is closed and at most as many of its values
 * wait for witnesses; a slot that is plainly open keeps no values. Slots and values stand in two packed
 * open-addressed tables, of 16 bytes a slot and 24 a value, each at most two thirds full; labels are bytes of UTF-8.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { ints, readBytes, readInts } from "../stats/room.ts";
import { endLabels, type Labels, noLabels } from "./labels.ts";

/** The targets of one agent. */
export interface Targets extends Labels {
  /** The page that the slots lie in. A slot is known by its place in there, which changes when a slot is added. */
  slots: Int32Array;
  slotsAt: number;
  slotsRoom: number;
  slotCount: number;
  /** The page that the values lie in. A value is known by its place in there, which changes when a value is added. */
  table: Int32Array;
  tableAt: number;
  tableRoom: number;
  count: number;
}

const FIRST_SLOTS = 16;
const FIRST_VALUES = 6;

/** Targets of which nothing has been learned, with room for a first slot and value. */
export function newTargets(): Targets {
  const [slots, table] = [ints.room(FIRST_SLOTS), ints.room(FIRST_VALUES)];
  return {
    slots: slots.page,
    slotsAt: slots.at,
    slotsRoom: FIRST_SLOTS,
    slotCount: 0,
    table: table.page,
    tableAt: table.at,
    tableRoom: FIRST_VALUES,
    count: 0,
    ...noLabels(),
  };
}

/** Gives the memory back; the targets are of no more use. */
export function endTargets(t: Targets): void {
  ints.giveBack(t.slots, t.slotsAt, t.slotsRoom);
  ints.giveBack(t.table, t.tableAt, t.tableRoom);
  endLabels(t);
}

/** Dense: the tables as they lie in memory. */
export function writeTargets(t: Targets, to: ByteWriter): void {
  to.i32(t.slotCount);
  to.ints(t.slots, t.slotsAt, t.slotsRoom);
  to.i32(t.count);
  to.ints(t.table, t.tableAt, t.tableRoom);
  to.i32(t.labelBytes);
  to.bytes(t.labels, t.labelsAt, t.labelBytes);
}

/** Reads what writeTargets wrote. */
export function readTargets(from: ByteReader): Targets {
  const [slotCount, slots] = [from.i32(), readInts(from, FIRST_SLOTS)];
  const [count, table] = [from.i32(), readInts(from, FIRST_VALUES)];
  const labelBytes = from.i32();
  const labels = readBytes(from, labelBytes);
  return {
    slots: slots.page,
    slotsAt: slots.at,
    slotsRoom: slots.length,
    slotCount,
    table: table.page,
    tableAt: table.at,
    tableRoom: table.length,
    count,
    labels: labels.page,
    labelsAt: labels.at,
    labelsRoom: labels.length,
    labelBytes,
  };
}
