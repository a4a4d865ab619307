/** From the bytes of the log to columns. What we wrote is read where it lies; anything else the schema judges. */
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import type { NewRecord, RecordBatch } from "../ports/stream.ts";
import { letterOf, type Problem } from "./dead-letter.ts";
import { unreadableTotal } from "./metrics.ts";
import type { State } from "./state.ts";

/** Position of record `at` in the log. */
export const positionAt = (batch: RecordBatch, at: number) => batch.positions[at]!;

/** Reads records `from` to `to` into the columns; what cannot be read becomes a dead letter. Answers the slots that hold one. */
export function read(state: State, batch: RecordBatch, from: number, to: number, out: NewRecord[]): number[] {
  const slots: number[] = [];
  if (from < to) state.scanner.bring(batch.bytes, batch.starts[from]!, batch.ends[to - 1]!);
  for (let at = from; at < to; at++) {
    if (positionAt(batch, at) < state.position) continue;
    const problem = readEvent(state, batch, at, at - from);
    if (problem === undefined) slots.push(at - from);
    else {
      unreadableTotal.add(1);
      const bytes = batch.bytes.subarray(batch.starts[at], batch.ends[at]);
      out.push(letterOf(bytes, positionAt(batch, at), problem, state));
    }
  }
  return slots;
}

/** Reads record `at` of a batch into a slot. Answers what is wrong with it, if anything is. */
export function readEvent(
  { scanner, columns }: Pick<State, "scanner" | "columns">,
  batch: RecordBatch,
  at: number,
  slot: number,
): Problem | undefined {
  const [start, end] = [batch.starts[at]!, batch.ends[at]!];
  if (scanner.scan(batch.bytes, start, end, columns, slot, false)) return undefined;
  const line = lineOf(batch.bytes.toString("utf8", start, end));
  if (line === undefined) return { code: "invalid-event", message: "a record of the log is no event" };
  const bytes = Buffer.from(line);
  if (scanner.scan(bytes, 0, bytes.length, columns, slot, false)) return undefined;
  return { code: "internal", message: "the scanner cannot read a valid event" };
}

/** The form that the scanner reads, of an event that somebody else wrote. */
function lineOf(text: string): string | undefined {
  try {
    return canonicalLine(Event.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
