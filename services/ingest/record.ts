/** From the bytes of one record to an event that is ready for the log. */
import { isUtf8 } from "node:buffer";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Event } from "../../schemas/event.ts";
import type { Door } from "./door.ts";
import type { QuickReader, ReadingRound } from "./quick.ts";
import { type Ready, readied } from "./ready.ts";

/** What was read. `event` is missing if the token index need not see it. */
type Reading = (
  | { readonly ready: Ready; readonly event?: Event }
  | { readonly refused: RecordRefusal; readonly record: Buffer }
) & {
  /** Fields that the schema does not know, by their paths. */
  readonly ignored?: readonly string[] | undefined;
};

/** Reads the record `bytes[start, end)`. */
export type RecordParser = (bytes: Buffer, start: number, end: number, round: ReadingRound) => Reading;

/** The quick way where it is certain; else the plain one: UTF-8, JSON, the door. */
export function recordReader(quick: QuickReader, door: Door, partitions: number): RecordParser {
  return (bytes, start, end, round) =>
    quick(bytes, start, end, round) ?? readPlainly(door, bytes.subarray(start, end), round.nowMs, partitions);
}

function readPlainly(door: Door, record: Buffer, nowMs: number, partitions: number): Reading {
  const read = readJson(record);
  if ("refused" in read) return { ...read, record };
  const admission = door(read.value, nowMs);
  const { ignored } = admission;
  if ("refused" in admission) return { refused: admission.refused, record, ignored };
  const { event, line } = admission;
  return { ready: readied(event, line, partitions), event, ignored };
}

/** A record's JSON, or why it has none. */
export function readJson(record: Buffer): { readonly value: unknown } | { readonly refused: RecordRefusal } {
  if (!isUtf8(record)) return refused("invalid-utf8", "expected UTF-8");
  const text = record.toString();
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return refused("invalid-json", `expected JSON${whyNot(error, text.length)}`);
  }
}

/** Why a record was not taken. */
export interface RecordRefusal {
  readonly code: ErrorCode;
  readonly message: string;
}
const refused = (code: ErrorCode, message: string) => ({ refused: { code, message } });

/** Where the parser stopped. The rest of its message quotes the record, which may be a secret. */
function whyNot(error: unknown, length: number): string {
  const [, position] = /at position (\d+)/.exec(String(error)) ?? [];
  if (Number(position) === length || /^SyntaxError: Un(terminated|expected end)/.test(String(error)))
    return ", and it ends too early";
  return position === undefined ? "" : `, not so at position ${position}`;
}
