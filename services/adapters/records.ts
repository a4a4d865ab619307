/** What the logs inside this process share: checks of a new record, and batches made of segments. */
import { OffgraphError } from "../../schemas/errors.ts";
import { STREAMS } from "../../schemas/streams.ts";
import type { NewRecord, RecordBatch } from "../ports/stream.ts";

const NEWLINE = 0x0a;
/** Default of `maxBytes`: 1 MiB. */
export const BATCH_BYTES = 1_048_576;

/** Refuses what the port refuses, before anything is written. Errors: `bad-request`. */
export function checkRecord(record: NewRecord, partitions: number): void {
  checkPartition(record.stream, record.partition, partitions);
  if (record.value.includes(NEWLINE)) {
    throw new OffgraphError("bad-request", `${record.stream}: a record holds a newline; expected one line`);
  }
  if (STREAMS[record.stream].compacted && record.key === undefined) {
    throw new OffgraphError(
      "bad-request",
      `${record.stream}: a record has no key; a compacted stream needs one`,
    );
  }
}

/** Refuses a partition that the log does not have. Errors: `bad-request`. */
export function checkPartition(stream: string, partition: number, partitions: number): void {
  if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return;
  throw new OffgraphError(
    "bad-request",
    `${stream}: expected a partition below ${partitions}, got ${partition}`,
  );
}

/** The records' lines, joined by newlines. */
export function joinLines(records: readonly NewRecord[]): Buffer {
  const length = records.reduce((sum, record) => sum + record.value.length + 1, -1);
  const bytes = Buffer.allocUnsafe(length);
  let at = 0;
  for (const { value } of records) {
    bytes.set(value, at);
    at += value.length + 1;
    if (at <= length) bytes[at - 1] = NEWLINE;
  }
  return bytes;
}

/** How many lines a segment holds. */
export function countLines(segment: Buffer): number {
  let lines = 1;
  for (let at = segment.indexOf(NEWLINE); at >= 0; at = segment.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

/** Collects whole lines up to `maxBytes`, at least one. A batch from one segment is a view of it, not a copy. */
export class BatchBuilder {
  readonly #maxBytes: number;
  readonly #slices: Buffer[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #positions: number[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Adds a segment's lines from position `from` on, and says whether there is room for more. */
  add(segment: Buffer, first: number, from: number): boolean {
    let at = 0;
    let position = first;
    for (; position < from && at <= segment.length; position++) at = lineEnd(segment, at) + 1;
    const sliceStart = at;
    let sliceEnd = at;
    for (; at <= segment.length; position++) {
      const end = lineEnd(segment, at);
      if (!this.#take(this.#length + at - sliceStart, this.#length + end - sliceStart, position)) break;
      sliceEnd = end;
      at = end + 1;
    }
    if (sliceEnd > sliceStart) this.#slices.push(segment.subarray(sliceStart, sliceEnd));
    this.#length += sliceEnd - sliceStart;
    return at > segment.length;
  }

  #take(start: number, end: number, position: number): boolean {
    if (this.#starts.length > 0 && end > this.#maxBytes) return false;
    this.#starts.push(start);
    this.#ends.push(end);
    this.#positions.push(position);
    return true;
  }

  /** The batch, or undefined when it holds no record. */
  build(partition: number): RecordBatch | undefined {
    if (this.#starts.length === 0) return undefined;
    return {
      partition,
      count: this.#starts.length,
      bytes: this.#slices.length === 1 ? this.#slices[0]! : Buffer.concat(this.#slices),
      starts: Int32Array.from(this.#starts),
      ends: Int32Array.from(this.#ends),
      positions: Float64Array.from(this.#positions),
    };
  }
}

function lineEnd(segment: Buffer, from: number): number {
  const newline = segment.indexOf(NEWLINE, from);
  return newline < 0 ? segment.length : newline;
}
