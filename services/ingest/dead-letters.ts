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
interface RefusedRecord {
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

/** Positions of one partition that are looked through at most, backwards from its end. */
const LOOKED_THROUGH = 100_000;
/** Positions that are read at a time: about what a batch holds. */
const SPAN = 1000;

interface DeadLetterQuery {
  readonly tenant: string;
  readonly limit: number;
}

/**
 * The newest dead letters of a tenant, oldest of them first; at most `limit`. Only so many positions are looked through,
 * so that what lies behind very many letters of other tenants is not found.
 */
export async function readDeadLetters(
  stream: Stream,
  query: DeadLetterQuery,
): Promise<readonly DeadLetter[]> {
  let newest: DeadLetter[] = [];
  // One after the other, so that no more than twice `limit` are held.
  for (let partition = 0; partition < stream.partitions; partition++)
    newest = inOrder([...newest, ...(await newestOf(stream, partition, query))]).slice(-query.limit);
  return newest;
}

/** Times are all of one form, so that their order as text is their order in time. */
function inOrder(letters: DeadLetter[]): DeadLetter[] {
  return letters.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

async function newestOf(stream: Stream, partition: number, query: DeadLetterQuery): Promise<DeadLetter[]> {
  const end = await stream.end("dead-letters", partition);
  const last = Math.max(0, end - LOOKED_THROUGH);
  const spans: DeadLetter[][] = [];
  let found = 0;
  for (let to = end; to > last && found < query.limit; to -= SPAN) {
    const own = await ownBetween(stream, partition, Math.max(last, to - SPAN), to, query.tenant);
    found += own.length;
    spans.push(own);
  }
  return spans.reverse().flat().slice(-query.limit);
}

async function ownBetween(stream: Stream, partition: number, from: number, to: number, tenant: string) {
  const letters: DeadLetter[] = [];
  const mark = JSON.stringify(tenant);
  for await (const { count, bytes, starts, ends, positions } of stream.read(
    "dead-letters",
    partition,
    from,
  )) {
    for (let at = 0; at < count; at++) {
      if ((positions[at] ?? 0) >= to) return letters;
      const line = bytes.toString("utf8", starts[at], ends[at]);
      // Others' letters may be many, and parsing is what costs.
      if (!line.includes(mark)) continue;
      const letter = DeadLetter.parse(JSON.parse(line));
      if (letter.tenant === tenant) letters.push(letter);
    }
  }
  return letters;
}
