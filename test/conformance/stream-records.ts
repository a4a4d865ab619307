/** Records of the suites: how they are made, read and compared. */
import { expect } from "vitest";
import type { StreamName } from "../../schemas/streams.ts";
import type { NewRecord, RecordBatch, Stream } from "../../services/ports/stream.ts";
import { gather } from "./gather.ts";

export interface ReadRecord {
  readonly position: number;
  readonly value: string;
}

export function record(stream: StreamName, partition: number, value: string): NewRecord {
  return { stream, partition, value: Buffer.from(value) };
}

export function events(partition: number, ...lines: readonly string[]): NewRecord[] {
  return lines.map((line) => record("events", partition, line));
}

export function denial(key: string, value: string): NewRecord {
  return { ...record("denials", 0, value), key };
}

export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}`);
}

export function linesOf(batch: RecordBatch): string[] {
  return Array.from({ length: batch.count }, (_, at) =>
    batch.bytes.toString("utf8", batch.starts[at], batch.ends[at]),
  );
}

export function values(records: readonly ReadRecord[]): string[] {
  return records.map(({ value }) => value);
}

export async function collect(batches: AsyncIterable<RecordBatch>): Promise<ReadRecord[]> {
  const all = await gather(batches);
  return all.flatMap((batch) =>
    linesOf(batch).map((value, at) => ({ value, position: batch.positions[at]! })),
  );
}

export function readAll(stream: Stream, name: StreamName, partition: number, from = 0, maxBytes = 1_048_576) {
  return collect(stream.read(name, partition, from, { maxBytes }));
}

export function partitionsOf(stream: Stream): number[] {
  return Array.from({ length: stream.partitions }, (_, partition) => partition);
}

export function expectGrowing(positions: readonly number[]): void {
  expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
}

/** Whatever order the calls came in: each is there once, its lines side by side. */
export function expectWholeCalls(lines: readonly string[], calls: readonly (readonly string[])[]): void {
  const left = [...calls];
  for (let at = 0; at < lines.length; ) {
    const call = left.find(([first]) => first === lines[at]) ?? [];
    expect(lines.slice(at, at + call.length)).toEqual(call);
    expect(call).not.toEqual([]);
    left.splice(left.indexOf(call), 1);
    at += call.length;
  }
  expect(left).toEqual([]);
}
