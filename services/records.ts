/** What services write into records and into the store: one line of JSON in UTF-8; and what a batch of records brings. */
import { type Derived, type Highest, isNew, type Passage } from "../schemas/origin.ts";
import type { RecordBatch } from "./ports/stream.ts";

/** A value as one line of JSON. */
export const toBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** The value in JSON that we wrote ourselves: its shape is not checked again. Throws SyntaxError if it is no JSON. */
export function fromText<Value>(text: string): Value {
  return JSON.parse(text);
}

/** What was written by `toBytes`; undefined for what is not there. */
export const fromBytes = <Value>(bytes: Uint8Array | undefined): Value | undefined =>
  bytes && fromText<Value>(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());

/** A value with its place in the log. */
export interface Arrival<Value> {
  readonly position: number;
  readonly value: Value;
}

/** Everything that a batch holds. */
export function recordValues<Value>(batch: RecordBatch): Arrival<Value>[] {
  return Array.from({ length: batch.count }, (_, at) => {
    const value = fromText<Value>(batch.bytes.toString("utf8", batch.starts[at], batch.ends[at]));
    return { position: batch.positions[at] ?? 0, value };
  });
}

/** What a batch of derived records holds that is not there a second time; `highest` is moved on. */
export function newIn<Value>(batch: RecordBatch, highest: Highest): (Arrival<Value> & Passage)[] {
  return recordValues<Derived<Value>>(batch).flatMap(({ position, value: { origin, ...rest } }) =>
    isNew(highest, origin) ? [{ position, ...rest }] : [],
  );
}

/** Where to read on after a batch. */
export const endOf = ({ positions, count }: RecordBatch): number => (positions[count - 1] ?? -1) + 1;
