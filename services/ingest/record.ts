/** From the bytes of one record to an event. */
import { isUtf8 } from "node:buffer";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Admission, Door } from "./door.ts";

/**
 * Reads one record. This is the seam for a faster path: whatever recognises a line that is canonical, clean and already of
 * this tenant and source may answer before the plain way is asked.
 */
export type RecordReader = (record: Buffer, observedTimeMs: number) => Admission;

/** The plain way: UTF-8, JSON, the door. */
export function plainReader(door: Door): RecordReader {
  return (record, observedTimeMs) => {
    const read = readJson(record);
    return "refused" in read ? read : door(read.value, observedTimeMs);
  };
}

/** A record's JSON, or why it has none. */
export function readJson(record: Buffer): { readonly value: unknown } | { readonly refused: Refusal } {
  if (!isUtf8(record)) return refused("invalid-utf8", "expected UTF-8");
  try {
    return { value: JSON.parse(record.toString()) };
  } catch (error) {
    return refused("invalid-json", `expected JSON${positionIn(error)}`);
  }
}

interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}
const refused = (code: ErrorCode, message: string) => ({ refused: { code, message } });

/** Where the parser stopped. The rest of its message quotes the record, which may be a secret. */
function positionIn(error: unknown): string {
  const [position] = /at position \d+/.exec(String(error)) ?? [];
  return position === undefined ? "" : `, not so ${position}`;
}
