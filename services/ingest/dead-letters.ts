/** Records that could not be taken in, set aside with the reason, without their secrets. */
import { DeadLetter } from "../../schemas/dead-letter.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import { partitionOf, type Stream } from "../ports/stream.ts";
import { scrubRecord } from "./secrets.ts";

/** Longest excerpt, in characters. */
const EXCERPT_LENGTH = 4096;
/** Bytes of a record that are looked at: what is cleaned gets shorter. */
const LOOKED_AT_BYTES = 4 * EXCERPT_LENGTH;

/** A record that was refused. */
export interface RefusedRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly source: string;
  readonly tenant: string;
  /** File name, `http` ... */
  readonly place: string;
  /** From 1. */
  readonly line?: number;
  /** The record as it came, or its beginning; it is cleaned here. */
  readonly record: Buffer;
  /** Length of the whole record, in bytes. */
  readonly bytes: number;
}

/** A dead letter, fit to be kept: the first 4,096 characters of the record, cleaned of secrets and control characters. */
export function deadLetter({ record, ...refused }: RefusedRecord, nowMs: number): DeadLetter {
  return {
    ...refused,
    time: new Date(nowMs).toISOString(),
    excerpt: excerptOf(record, refused.bytes > LOOKED_AT_BYTES),
  };
}

function excerptOf(record: Buffer, isCut: boolean): string {
  const text = record.toString("utf8", 0, LOOKED_AT_BYTES);
  // The last word of a piece may be the beginning of a secret, too short to be known as one.
  const whole = isCut ? text.slice(0, text.search(/(?<![\w.+/=-])[\w.+/=-]*$/)) : text;
  return scrubRecord(whole)
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, EXCERPT_LENGTH);
}

/** Appends dead letters to the stream of the same name. Resolves when they are durable. */
export async function appendDeadLetters(stream: Stream, letters: readonly DeadLetter[]): Promise<void> {
  if (letters.length === 0) return;
  await stream.append(
    letters.map((letter) => ({
      stream: "dead-letters",
      partition: partitionOf(letter.source, stream.partitions),
      value: Buffer.from(JSON.stringify(letter)),
    })),
  );
}

/** The newest dead letters, oldest of them first; at most `limit`. */
export async function readDeadLetters(
  stream: Stream,
  { limit }: { limit: number },
): Promise<readonly DeadLetter[]> {
  const partitions = Array.from({ length: stream.partitions }, (_, partition) => partition);
  const newest = await Promise.all(partitions.map((partition) => newestOf(stream, partition, limit)));
  // Times are all of one form, so that their order as text is their order in time.
  return newest
    .flat()
    .sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0))
    .slice(-limit);
}

async function newestOf(stream: Stream, partition: number, limit: number): Promise<DeadLetter[]> {
  const end = await stream.end("dead-letters", partition);
  // Positions may have gaps, so that it takes more of them than there are records.
  for (let span = limit; ; span *= 4) {
    const from = Math.max(0, end - span);
    const letters = await lastFrom(stream, partition, from, limit);
    if (letters.length === limit || from === 0) return letters;
  }
}

async function lastFrom(stream: Stream, partition: number, from: number, limit: number) {
  const letters: DeadLetter[] = [];
  for await (const { count, bytes, starts, ends } of stream.read("dead-letters", partition, from)) {
    for (let at = 0; at < count; at++)
      letters.push(DeadLetter.parse(JSON.parse(bytes.toString("utf8", starts[at], ends[at]))));
    letters.splice(0, letters.length - limit);
  }
  return letters;
}
