/**
 * Targets with learned openness. A slot is one field of one operation of the agent; its values are kept as keyed
 * hashes with a short label. From N draws (at most one a session) of which N1 values were seen exactly once,
 * q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot is closed when q < 0.05, and settled, so that it may speak, once it is closed and at most as many of its values
 * wait for witnesses; a slot that is plainly open keeps no values. Slots and values stand in two packed
 * open-addressed tables, of 16 bytes a slot and 24 a value, each at most two thirds full; labels are bytes of UTF-8.
 */
import type { ByteReader, ByteWriter } from "../codec.ts";
import { room } from "../stats/room.ts";
import { NO_BYTES } from "./labels.ts";

/** The targets of one agent. */
export interface Targets {
  /** A slot is known by its place in here, which changes when a slot is added. */
  slots: Int32Array;
  slotCount: number;
  /** A value is known by its place in here, which changes when a value is added. */
  table: Int32Array;
  count: number;
  labels: Uint8Array;
  labelBytes: number;
}

/** Targets of which nothing has been learned, with room for a first slot and value. */
export function newTargets(): Targets {
  return { slots: room(16), slotCount: 0, table: room(6), count: 0, labels: NO_BYTES, labelBytes: 0 };
}

/** Dense: the tables as they lie in memory. */
export function writeTargets(t: Targets, to: ByteWriter): void {
  to.i32(t.slotCount);
  to.ints(t.slots);
  to.i32(t.count);
  to.ints(t.table);
  to.i32(t.labelBytes);
  to.bytes(t.labels.subarray(0, t.labelBytes));
}

/** Reads what writeTargets wrote. */
export function readTargets(from: ByteReader): Targets {
  const [slotCount, slots] = [from.i32(), from.ints()];
  const [count, table] = [from.i32(), from.ints()];
  const [labelBytes, labels] = [from.i32(), from.bytes()];
  return { slots, slotCount, table, count, labels, labelBytes };
}
