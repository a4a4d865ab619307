/**
 * What we ask of telemetry that somebody else keeps in a log, such as a vendor's topics. Promises, tests of them in
 * test/adapters/kafka-source.test.ts:
 *
 * - Records of a partition are handed out in the order of their positions, one batch at a time, whatever other partitions do.
 * - Each record is handed out at least once; after a crash, from the position on that `assigned` answers.
 * - A partition has one owner among all processes that read the source, as far as they are alive.
 * - A source that cannot be reached, or whose topics are not there, is waited for: `trouble` says so, nothing fails.
 */
import type { RecordBatch, Subscription } from "./stream.ts";

/** Where records lie. */
export interface RawPlace {
  readonly topic: string;
  readonly partition: number;
}

/** Records as they came, side by side in one buffer; not all of them need be text. */
export interface RawBatch extends RecordBatch, RawPlace {
  /** Records of the partition that lie behind these, as of the last look. */
  readonly behind: number;
  /** A header of record `at`, as text; the last one of that name. */
  header(at: number, name: string): string | undefined;
}

/** What a source calls when partitions and records come to this process. */
export interface RawConsumer {
  /**
   * This process now owns the partition. Answers the position to read from; undefined: where it was acknowledged last, else
   * where the source is told to start.
   */
  assigned(place: RawPlace): Promise<number | undefined>;
  /**
   * Takes a batch; the next one of the partition comes when the promise has resolved. The error `fenced` gives the partition
   * back; any other ends the subscription.
   */
  batch(batch: RawBatch): Promise<void>;
  /** This process no longer owns the partition. */
  revoked(place: RawPlace): Promise<void>;
}

/** One source. */
export interface RawSource {
  /** Shares the partitions among all processes that read this source. */
  subscribe(consumer: RawConsumer): Subscription;
  /** Tells the source how far a partition has been read, for those who look at it there. What fails is left out. */
  acknowledge(place: RawPlace, position: number): Promise<void>;
  /** What of it cannot be read at present; undefined when all is well. */
  trouble(): string | undefined;
}
