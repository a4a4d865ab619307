/**
 * The embedded log. One LMDB entry per append call and partition, a segment: its lines joined by newlines, under
 * [stream, partition, position of the first line, bytes of the partition before it]. So a batch is one entry, reading hands out
 * one buffer, and the bytes that a partition holds are the difference of two keys. A compacted stream has one line per
 * segment and remembers the newest segment of each key. Format 1.
 */
import { setImmediate } from "node:timers/promises";
import { metrics } from "@opentelemetry/api";
import type { Database, RootDatabase } from "lmdb";
import { OffgraphError } from "../../schemas/errors.ts";
import { STREAMS, type StreamName } from "../../schemas/streams.ts";
import type { Consumer, NewRecord, RecordBatch, Stream, Subscription } from "../ports/stream.ts";
import { digest, openEnvironment, storedOnce, untilWritten } from "./lmdb-environment.ts";
import { LocalConsumers } from "./local-consumers.ts";
import { RecentTraces } from "./recent-traces.ts";
import { BATCH_BYTES, BatchBuilder, checkPartition, checkRecord, countLines, joinLines } from "./records.ts";
import { cutSegments, type SegmentKey, type Tail, takeKey } from "./segments.ts";

/** Where the log lies, and how it is kept. */
export interface LmdbStreamOptions {
  readonly folder: string;
  /** Partitions of every stream, fixed when the log is made. Default: as many as the log has. */
  readonly partitions?: number;
  /**
   * Most bytes that a stream keeps, an equal share for each partition; older segments are dropped when appending.
   * Default: no limit. Compacted streams keep the newest record of each key whatever is said here.
   */
  readonly retention?: Retention;
  readonly readOnly?: boolean;
}

/** Bytes of a stream that are kept at most; one that is not named is kept whole. */
export type Retention = { readonly [stream in StreamName]?: { readonly maxBytes: number } };

const FORMAT = 1;
const droppedBytes = metrics.getMeter("offgraph").createCounter("offgraph_stream_dropped_bytes_total", {
  description: "Bytes of old segments dropped by the retention of the embedded log",
});

/**
 * Opens the log in `folder`, or makes it. One process at a time may write: see `openEmbedded`.
 * Errors: `bad-settings` when it has another number of partitions, `data-too-new`.
 */
export async function openLmdbStream(options: LmdbStreamOptions): Promise<Stream> {
  const path = `${options.folder}/stream.mdb`;
  const environment = await openEnvironment({ path, format: FORMAT, readOnly: options.readOnly ?? false });
  const partitions = storedOnce(environment, "partitions", options.partitions);
  const wanted = options.partitions ?? partitions;
  if (partitions === wanted && partitions !== undefined) {
    return new LmdbStream(environment, path, partitions, options.retention ?? {});
  }
  await environment.close();
  throw new OffgraphError(
    "bad-settings",
    `partitions: ${path} has ${partitions ?? "none"}, asked for ${wanted ?? "none"}`,
  );
}

class LmdbStream implements Stream {
  readonly partitions: number;
  readonly #environment: RootDatabase;
  readonly #path: string;
  readonly #retention: Retention;
  readonly #segments: Database<Buffer, (string | number)[]>;
  readonly #newest: Database<SegmentKey, (string | number)[]>;
  readonly #tails = new Map<string, Tail>();
  readonly #traces = new RecentTraces();
  readonly #consumers = new LocalConsumers(this);

  constructor(environment: RootDatabase, path: string, partitions: number, retention: Retention) {
    this.partitions = partitions;
    this.#environment = environment;
    this.#path = path;
    this.#retention = retention;
    this.#segments = environment.openDB("segments", { encoding: "binary" });
    this.#newest = environment.openDB("newest", { encoding: "json" });
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) checkRecord(record, this.partitions);
    const groups = Map.groupBy(records, ({ stream, partition }) => `${stream}/${partition}`);
    const writes = Array.from(groups.values(), (group) => this.#appendTo(group));
    await Promise.all(writes);
  }

  async end(stream: StreamName, partition: number): Promise<number> {
    return this.#tail(stream, partition).end;
  }

  read(stream: StreamName, partition: number, from: number, options: { maxBytes?: number } = {}) {
    const { end } = this.#tail(stream, partition);
    return this.#batches(stream, partition, from, end, options.maxBytes ?? BATCH_BYTES);
  }

  consume(
    stream: StreamName,
    group: string,
    consumer: Consumer,
    options?: { maxBytes?: number },
  ): Subscription {
    return this.#consumers.consume(stream, group, consumer, options);
  }

  async close(): Promise<void> {
    await this.#consumers.stopAll();
    await this.#environment.close();
  }

  /** Positions are given out before the first await, so that calls are written in the order in which they were made. */
  async #appendTo(records: readonly NewRecord[]): Promise<void> {
    const { stream, partition } = records[0]!;
    const tail = this.#tail(stream, partition);
    this.#traces.note(`${stream}/${partition}`, tail.next, records);
    const write = STREAMS[stream].compacted ? this.#replace(tail, records) : this.#add(tail, records);
    const end = tail.next;
    await untilWritten(write, this.#path);
    tail.end = Math.max(tail.end, end);
    this.#consumers.appended(stream, partition);
  }

  #add(tail: Tail, records: readonly NewRecord[]): Promise<unknown> {
    const { stream, partition } = records[0]!;
    const writes = cutSegments(records).map((segment) => {
      const bytes = joinLines(segment);
      return this.#segments.put(takeKey(tail, stream, partition, segment.length, bytes.length), bytes);
    });
    return Promise.all([...writes, ...this.#dropOldest(stream, partition, tail)]);
  }

  #replace(tail: Tail, records: readonly NewRecord[]): Promise<unknown> {
    const entries = records.map((record) => ({
      name: [record.stream, record.partition, digest(record.key!).toString("base64")],
      key: takeKey(tail, record.stream, record.partition, 1, record.value.length),
      bytes: Buffer.from(record.value),
    }));
    return this.#environment.transaction(() => {
      for (const { name, key, bytes } of entries) {
        const superseded = this.#newest.get(name);
        if (superseded) this.#segments.remove(superseded);
        this.#newest.put(name, key);
        this.#segments.put(key, bytes);
      }
    });
  }

  /** Costs no flush of its own: it shares the append's. The newest segment always stays: positions are told from it. */
  #dropOldest(stream: StreamName, partition: number, tail: Tail): Promise<unknown>[] {
    const keepFrom = tail.nextByte - (this.#retention[stream]?.maxBytes ?? Infinity) / this.partitions;
    const range = { start: [stream, partition, tail.oldest], end: [stream, partition, tail.end] };
    const drops: Promise<unknown>[] = [];
    let last: SegmentKey | undefined;
    for (const key of keepFrom > 0 ? (this.#segments.getKeys(range) as Iterable<SegmentKey>) : []) {
      if (last) drops.push(this.#drop(last, key));
      tail.oldest = key[2];
      if (key[3] >= keepFrom) break;
      last = key;
    }
    return drops;
  }

  #drop(key: SegmentKey, next: SegmentKey): Promise<unknown> {
    droppedBytes.add(next[3] - key[3], { stream: key[0] });
    return this.#segments.remove(key);
  }

  async *#batches(stream: StreamName, partition: number, from: number, end: number, maxBytes: number) {
    let batch = this.#batch(stream, partition, from, end, maxBytes);
    while (batch) {
      yield batch;
      await setImmediate(); // a long log must not keep this process from everything else
      batch = this.#batch(stream, partition, batch.positions[batch.count - 1]! + 1, end, maxBytes);
    }
  }

  #batch(
    stream: StreamName,
    partition: number,
    from: number,
    end: number,
    maxBytes: number,
  ): RecordBatch | undefined {
    if (from >= end) return undefined;
    const builder = new BatchBuilder(maxBytes);
    const start = [stream, partition, this.#firstOfSegment(stream, partition, from)];
    for (const { key, value } of this.#segments.getRange({ start, end: [stream, partition, end] })) {
      if (!builder.add(asBuffer(value), key[2] as number, from)) break;
    }
    const batch = builder.build(partition);
    const traceAt = (position: number) => this.#traces.at(`${stream}/${partition}`, position);
    return batch && { ...batch, traceAt };
  }

  /** First position of the segment that holds `from`, or `from` itself. */
  #firstOfSegment(stream: StreamName, partition: number, from: number): number {
    const range = { start: [stream, partition, from + 1], end: [stream, partition], reverse: true, limit: 1 };
    for (const key of this.#segments.getKeys(range)) return key[2] as number;
    return from;
  }

  #tail(stream: StreamName, partition: number): Tail {
    const name = `${stream}/${partition}`;
    const known = this.#tails.get(name);
    if (known) return known;
    checkPartition(stream, partition, this.partitions);
    const tail = this.#storedTail(stream, partition);
    this.#tails.set(name, tail);
    return tail;
  }

  #storedTail(stream: StreamName, partition: number): Tail {
    const range = { start: [stream, partition + 1], end: [stream, partition], reverse: true, limit: 1 };
    for (const { key, value } of this.#segments.getRange(range)) {
      const [, , first, startByte] = key as SegmentKey;
      const next = first + countLines(asBuffer(value));
      return { next, nextByte: startByte + value.length, end: next, oldest: 0 };
    }
    return { next: 0, nextByte: 0, end: 0, oldest: 0 };
  }
}

/** A range hands out either class. */
function asBuffer(value: Uint8Array): Buffer {
  return Buffer.from(value.buffer, value.byteOffset, value.length);
}
