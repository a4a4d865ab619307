/**
 * Targets with learned openness. A slot is one field of one operation of the agent; its values are kept as keyed
 * hashes with a short label. From N draws (at most one a session) of which N1 values were seen exactly once,
 * q = (N1 + 1) / (N + 2) is the probability that the next value is new (Good-Turing with add-one smoothing).
 * A slot is closed when q < 0.05, and settled, so that it may speak, once it is closed and at most as many of its values
 * wait for witnesses; a slot that is plainly open keeps no values. Slots and values stand in two packed
 * tables, of 16 bytes a slot and 24 a value; labels are bytes of UTF-8.
 */
import type { ByteReader, ByteWriter } from "../../codec.ts";
import { ints, readBytes, readInts } from "../../stats/room.ts";
import { endLabels, type Labels, noLabels } from "./labels.ts";
import {
  copyRecord,
  endValueTable,
  MAX_ALL_VALUES,
  VALUE_RECORD,
  type ValueTable,
  valueTable,
} from "./value-table.ts";

/** The targets of one agent. */
export interface Targets extends Labels, ValueTable {
  /** The page that the slots lie in. A slot is known by its place in there, which changes when a slot is added. */
  slots: Int32Array;
  slotsAt: number;
  slotsRoom: number;
  slotCount: number;
}

const FIRST_SLOTS = 16;

/** Targets of which nothing has been learned, with room for a few slots and values. */
export function newTargets(): Targets {
  const { page, at } = ints.room(FIRST_SLOTS);
  return targetsOf({ page, at, length: FIRST_SLOTS }, 0, valueTable(0), noLabels());
}

/** Field by field: V8 keeps fields that come from a spread outside of the object, one more place to wait for. */
const targetsOf = (
  slots: ReturnType<typeof readInts>,
  slotCount: number,
  values: ValueTable,
  labels: Labels,
): Targets => ({
  slots: slots.page,
  slotsAt: slots.at,
  slotsRoom: slots.length,
  slotCount,
  table: values.table,
  tableAt: values.tableAt,
  indexRoom: values.indexRoom,
  recordsAt: values.recordsAt,
  capacity: values.capacity,
  count: values.count,
  labels: labels.labels,
  labelsAt: labels.labelsAt,
  labelsRoom: labels.labelsRoom,
  labelBytes: labels.labelBytes,
});

/** Gives the memory back; the targets are of no more use. */
export function endTargets(targets: Targets): void {
  ints.giveBack(targets.slots, targets.slotsAt, targets.slotsRoom);
  endValueTable(targets);
  endLabels(targets);
}

/** Dense: slots as they lie in memory, the records of values without their index, and labels. */
export function writeTargets(targets: Targets, to: ByteWriter): void {
  to.i32(targets.slotCount);
  to.ints(targets.slots, targets.slotsAt, targets.slotsRoom);
  to.i32(targets.count);
  to.ints(targets.table, targets.recordsAt, targets.count * VALUE_RECORD);
  to.i32(targets.labelBytes);
  to.bytes(targets.labels, targets.labelsAt, targets.labelBytes);
}

/** Reads what writeTargets wrote. Throws a RangeError on values that are not as many as it says. */
export function readTargets(from: ByteReader): Targets {
  const [slotCount, slots] = [from.i32(), readInts(from, FIRST_SLOTS)];
  const values = readValues(from.i32(), from.list());
  const labelBytes = from.i32();
  const { page, at, length } = readBytes(from, labelBytes);
  return targetsOf(slots, slotCount, values, { labels: page, labelsAt: at, labelsRoom: length, labelBytes });
}

/** Before version 4 records were stored with free places between them. */
function readValues(count: number, records: Int32Array): ValueTable {
  if (count > MAX_ALL_VALUES) throw new RangeError("there are too many values");
  const values = valueTable(Math.min(count, Math.ceil(records.length / VALUE_RECORD)));
  for (let at = 0; at < records.length && values.count <= count; at += VALUE_RECORD)
    if (records[at] !== 0) copyRecord(values, records, at);
  if (values.count !== count) throw new RangeError("values are not as many as it says");
  return values;
}
