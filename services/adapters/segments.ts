/** How the embedded log lays out a partition: segments, the keys they lie under, and where the partition ends. */
import type { NewRecord } from "../ports/stream.ts";

/** `startByte` is how many bytes of the partition lie before the segment: two keys tell the bytes between them. */
export type SegmentKey = [stream: string, partition: number, first: number, startByte: number];

/** Where a partition ends. `end` is what has been committed; `next` runs ahead of it by what is being written. */
export interface Tail {
  next: number;
  nextByte: number;
  end: number;
  /** Position before which no segment is left, or about to be left. */
  oldest: number;
}

/** Longest segment, 1 MiB: a longer append is cut into several, so that a reader needs bounded memory. */
const SEGMENT_BYTES = 1_048_576;

/** Gives out the key of the partition's next segment, and moves the tail behind it. */
export function takeKey(
  tail: Tail,
  stream: string,
  partition: number,
  count: number,
  bytes: number,
): SegmentKey {
  const key: SegmentKey = [stream, partition, tail.next, tail.nextByte];
  tail.next += count;
  tail.nextByte += bytes;
  return key;
}

/** Cuts an append into segments, at least one record each. */
export function cutSegments(records: readonly NewRecord[]): NewRecord[][] {
  const segments: NewRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const length = record.value.length + 1;
    if (length > room) {
      segments.push([]);
      room = SEGMENT_BYTES;
    }
    segments.at(-1)!.push(record);
    room -= length;
  }
  return segments;
}
