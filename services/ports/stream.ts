/**
 * What we ask of a log. Promises, each of them a test in test/conformance/stream.ts:
 *
 * - A record's position is a whole number; positions of a partition only grow, in the order of appending. Gaps are allowed.
 * - `append` resolves when the records are durable: they survive kill -9 of this process at any later moment.
 *   Records of one call to one partition stay together and in order. A rejected append may have appended nothing, some or all.
 * - `read` and `consume` hand out records in the order of positions, none twice, none left out.
 * - A record may not hold a newline (0x0A): all of ours are one line of JSON.
 */
import type { StreamName } from "../../schemas/streams.ts";

/** A record to be appended. */
export interface NewRecord {
  readonly stream: StreamName;
  readonly partition: number;
  /** One line of JSON in UTF-8, without a newline. */
  readonly value: Uint8Array;
  /** Compaction key; needed on compacted streams. */
  readonly key?: string;
  /** W3C `traceparent` of the span that has made it, for logs that have a place beside the value, and for `traceAt`. */
  readonly trace?: string | undefined;
}

/** Records of one partition, side by side in one buffer: record `i` is `bytes.subarray(starts[i], ends[i])`. */
export interface RecordBatch {
  readonly partition: number;
  readonly count: number;
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly positions: Float64Array;
  /** `traceparent` that came with the record at a position. A log may have lost it, or never have it. */
  traceAt?(position: number): string | undefined;
}

/** What a group calls when partitions and records come to this process. */
export interface Consumer {
  /** This process now owns the partition. Answers the position to read from. Rejections as those of `batch`. */
  assigned(partition: number): Promise<number>;
  /**
   * Handles a batch; the next one of the partition comes when the promise has resolved. Until then its bytes are good, and no
   * longer: what is kept is copied. The error `fenced` (somebody else has the partition) gives this partition up, and no other, in a
   * log that several processes share; any other rejection, and `fenced` where this process is alone, stops the subscription.
   */
  batch(batch: RecordBatch): Promise<void>;
  /** This process no longer owns the partition: it was stopped, somebody else has it, or a batch was rejected. Rejections as those of `batch`. */
  revoked(partition: number): Promise<void>;
}

/** A consumer at work. */
export interface Subscription {
  /** Stops after the batch in hand, revokes all partitions, resolves when done. */
  stop(): Promise<void>;
  /** Resolves when stopped, rejects with what a consumer threw, unless that only gave a partition up. */
  readonly done: Promise<void>;
}

export interface Stream {
  /** Number of partitions of every stream, fixed when the log was created. */
  readonly partitions: number;
  append(records: readonly NewRecord[]): Promise<void>;
  /** Position after the newest record; 0 for an empty partition. */
  end(stream: StreamName, partition: number): Promise<number>;
  /** Records from `from` on up to the end at the time of the call. `maxBytes` bounds one batch, default 1 MiB. */
  read(
    stream: StreamName,
    partition: number,
    from: number,
    options?: { maxBytes?: number },
  ): AsyncIterable<RecordBatch>;
  /** Shares the partitions of a stream among all processes that name the same group. */
  consume(
    stream: StreamName,
    group: string,
    consumer: Consumer,
    options?: { maxBytes?: number },
  ): Subscription;
  close(): Promise<void>;
}

/** FNV-1a over UTF-16 code units: which partition a key belongs to. Part of the format: never change it. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % partitions;
}
