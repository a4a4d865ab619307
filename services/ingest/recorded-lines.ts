/** The lines of a recorded file: those that are as we write them are read where they lie, the others go through the door. */
import type { ErrorCode } from "../../schemas/errors.ts";
import type { EventScanner } from "../../schemas/event-scanner.ts";
import { OBSERVED, STRIDE, TEXT, TEXT_AT, TIME, TIMES } from "../../schemas/event-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordedOptions } from "../ports/recorded.ts";
import { deadLetter } from "./dead-letters.ts";
import { type Door, MAX_AHEAD_MS } from "./door.ts";
import type { Block, LongRecord } from "./files.ts";
import type { Key } from "./key.ts";
import type { OrderBuffer } from "./order.ts";
import { readJson } from "./record.ts";
import type { Converted } from "./source.ts";

/** A file, and how it is read. */
export interface RecordedFile extends RecordedOptions {
  /** `-` is standard input. */
  readonly path: string;
  /** Name of the source. */
  readonly source: string;
  /** The source's converter; files of one source share it, because it may count records to make up their times. */
  readonly convert: (record: unknown) => Converted;
  readonly latenessMs: number;
  readonly tenant: string;
  readonly key: Key;
  readonly clock: Clock;
  readonly maxLineBytes: number;
  readonly tierOf: (service: string, name: string) => 0 | 1 | 2;
}

/** A file that is being read. */
export interface Reading {
  readonly file: RecordedFile;
  readonly order: OrderBuffer;
  readonly scanner: EventScanner;
  /** Keyed hash of the tenant that every event gets. */
  readonly tenant: { readonly low: number; readonly high: number };
  readonly door: Door;
  /** Our own format needs no conversion: what is written as we write it is read where it lies. */
  readonly isOwn: boolean;
  readonly blocks: AsyncGenerator<Block | LongRecord>;
  /** The block in hand, how many of its lines are read, and how many events that lie in it are not free yet. */
  held: HeldBlock | undefined;
  /** The block that the event in a slot lies in. */
  readonly heldBy: (HeldBlock | undefined)[];
  readonly progress: { done: number; total: number };
  admitted: number;
  refused: number;
  ended: boolean;
  /** What reading ended with, if not with the end. */
  fault: unknown;
}

/** A block that is being read, or whose events wait. */
export interface HeldBlock {
  readonly block: Block;
  linesRead: number;
  /** Events that lie in it and are not free yet. */
  events: number;
}

/** Reads one line of a block into a slot, or refuses it. */
export function readLine(reading: Reading, held: HeldBlock, at: number): void {
  const { block } = held;
  const { bytes } = block;
  const start = block.starts[at]!;
  const end = block.ends[at]!;
  if (reading.isOwn && readInPlace(reading, held, start, end)) return;
  convert(reading, bytes.subarray(start, end), block.firstLine + at);
}

/** What every line of a foreign source goes through, and a few of ours. */
function convert(reading: Reading, record: Buffer, line: number): void {
  const refused = (problem: Problem) => refuse(reading, problem, line, record, record.length);
  const read = readJson(record);
  if ("refused" in read) refused(read.refused);
  else admit(reading, reading.file.convert(read.value), line, refused);
}

/** Reads an event that is certainly as we write it. False: the door must look at it. */
function readInPlace(reading: Reading, held: HeldBlock, start: number, end: number): boolean {
  const { order, scanner } = reading;
  const slot = order.slot();
  if (scanner.scan(held.block.bytes, start, end, order.columns, slot, true) && isOurs(reading, slot)) {
    reading.heldBy[slot] = held;
    held.events++;
    reading.admitted++;
    order.put(slot);
    return true;
  }
  order.free(slot);
  return false;
}

/** Neither of another tenant, which the door would stamp with ours, nor too far ahead of when it was observed. */
function isOurs({ order: { columns }, tenant }: Reading, slot: number): boolean {
  const { numbers, times } = columns;
  const at = slot * STRIDE + TEXT_AT + TEXT.tenant * 4;
  if (numbers[at] !== tenant.low || numbers[at + 1] !== tenant.high) return false;
  return !(times[slot * TIMES + TIME]! > times[slot * TIMES + OBSERVED]! + MAX_AHEAD_MS);
}

function admit(
  reading: Reading,
  converted: Converted,
  line: number,
  refused: (problem: Problem) => void,
): void {
  if (converted.refused !== undefined) refused(converted.refused);
  for (const draft of converted.events) {
    const admission = reading.door(draft);
    if (admission.ignored !== undefined && admission.ignored.length > 0)
      reading.file.onIgnored?.(reading.file.path, line, admission.ignored);
    if ("refused" in admission) refused(admission.refused);
    else put(reading, admission.line);
  }
}

function put(reading: Reading, text: string): void {
  const { order, scanner } = reading;
  const line = Buffer.from(text);
  const slot = order.slot();
  if (!scanner.scan(line, 0, line.length, order.columns, slot, false))
    throw new Error(`the scanner cannot read what the door wrote: ${text}`);
  reading.admitted++;
  order.put(slot);
}

interface Problem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Says why a record cannot be read. */
export function refuse(
  reading: Reading,
  problem: Problem,
  line: number,
  record: Buffer,
  bytes: number,
): void {
  const { source, tenant, path, clock, onRefused } = reading.file;
  reading.refused++;
  onRefused?.(deadLetter({ ...problem, source, tenant, place: path, line, record, bytes }, clock.now()));
}
