/** From the bytes of the log to columns. What we wrote is read where it lies; anything else the schema judges. */
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import { Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import type { EventScanner } from "../../schemas/event-scanner.ts";
import type { EventColumns } from "../../schemas/event-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { NewRecord, RecordBatch } from "../ports/stream.ts";

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Reads record `at` of a batch into a slot. Answers what is wrong with it, if anything is. */
export function readEvent(scanner: EventScanner, batch: RecordBatch, at: number, into: EventColumns, slot: number): Problem | undefined {
  const [start, end] = [batch.starts[at]!, batch.ends[at]!];
  if (scanner.scan(batch.bytes, start, end, into, slot, false)) return undefined;
  const line = lineOf(batch.bytes.toString("utf8", start, end));
  if (line === undefined) return { code: "invalid-event", message: "a record of the log is no event" };
  const bytes = Buffer.from(line);
  return scanner.scan(bytes, 0, bytes.length, into, slot, false) ? undefined : { code: "internal", message: "the scanner cannot read a valid event" };
}

function lineOf(text: string): string | undefined {
  try {
    return canonicalLine(Event.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** The dead letter of a record of the log. Such a record has passed the door, so it holds no secrets. */
export function letterOf(
  batch: { bytes: Buffer; partition: number; starts?: Int32Array; ends?: Int32Array; positions?: Float64Array },
  at: number,
  problem: Problem,
  { clock, stream }: { clock: Clock; stream: { partitions: number } },
): NewRecord {
  const [start, end] = [batch.starts?.[at] ?? 0, batch.ends?.[at] ?? batch.bytes.length];
  const letter: DeadLetter = {
    ...problem,
    source: "events",
    tenant: "",
    place: `events/${batch.partition}/${batch.positions?.[at] ?? ""}`,
    time: new Date(clock.now()).toISOString(),
    excerpt: batch.bytes.toString("utf8", start, Math.min(end, start + 4096)).replace(/\p{Cc}/gu, " "),
    bytes: end - start,
  };
  return { stream: "dead-letters", partition: batch.partition % stream.partitions, value: Buffer.from(JSON.stringify(letter)) };
}
