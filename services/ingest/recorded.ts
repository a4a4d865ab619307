/** A recorded file of any source as events in order: what `replay` folds. */

import type { ErrorCode } from "../../schemas/errors.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { OBSERVED, STRIDE, TEXT, TEXT_AT, TIME, TIMES } from "../../schemas/event-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { RecordedInput, RecordedOptions } from "../ports/recorded.ts";
import { deadLetter } from "./dead-letters.ts";
import { type Door, MAX_AHEAD_MS, openDoor } from "./door.ts";
import { type Block, type LongRecord, readRecords, release } from "./files.ts";
import type { Key } from "./key.ts";
import { OrderBuffer } from "./order.ts";
import { readJson } from "./record.ts";
import { looksSecret } from "./secrets.ts";
import type { Converted } from "./source.ts";

/** A file, and how it is read. */
interface RecordedFile extends RecordedOptions {
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
interface Reading {
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
interface HeldBlock {
  readonly block: Block;
  linesRead: number;
  /** Events that lie in it and are not free yet. */
  events: number;
}

/** Opens a file for replay. Nothing is read, and nothing of the file can be wrong, before the first `fill`. */
export const openRecorded = (file: RecordedFile): RecordedInput => new OpenRecording(begin(file));

/** A class and not an object of functions: of those every file has others, which V8 looks up anew for each event. */
class OpenRecording implements RecordedInput {
  readonly #reading: Reading;

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  get columns() {
    return this.#reading.order.columns;
  }
  get admitted() {
    return this.#reading.admitted;
  }
  get refused() {
    return this.#reading.refused;
  }
  fill(): Promise<boolean> {
    return fill(this.#reading);
  }
  isReady(): boolean {
    return this.#reading.order.isReady();
  }
  nextTime(): number {
    return this.#reading.order.nextTime();
  }
  take(): number {
    return this.#reading.order.take();
  }
  free(slot: number): void {
    free(this.#reading, slot);
  }
  progress() {
    return this.#reading.progress;
  }
}

function begin(file: RecordedFile): Reading {
  const { key, tenant, source, tierOf, maxLineBytes } = file;
  const scanner = new EventScanner(hashKey(key.secret), looksSecret);
  const progress = { done: 0, total: 0 };
  const onProgress = ({
    bytesRead,
    bytesTotal = 0,
  }: {
    bytesRead: number;
    bytesTotal?: number | undefined;
  }) => Object.assign(progress, { done: bytesRead, total: bytesTotal });
  return {
    file,
    order: new OrderBuffer(file.latenessMs),
    scanner,
    tenant: scanner.hash(tenant),
    door: openDoor({ key, tenant, source, tierOf }),
    isOwn: source === "offgraph",
    blocks: readRecords(file.path, { maxLineBytes, onProgress }),
    held: undefined,
    heldBy: [],
    progress,
    admitted: 0,
    refused: 0,
    ended: false,
    fault: undefined,
  };
}

async function fill(reading: Reading): Promise<boolean> {
  const { order } = reading;
  while (!reading.ended && !order.isReady()) if (!takeLines(reading)) await readOn(reading);
  const more = order.isReady();
  // What was read before the fault is released first: nothing of it is lost.
  if (!more && reading.fault !== undefined) throw reading.fault;
  return more;
}

async function readOn(reading: Reading): Promise<void> {
  const next = await reading.blocks.next().catch((fault: unknown) => {
    reading.fault = fault;
    return { done: true as const };
  });
  if (next.done !== true) return take(reading, next.value);
  reading.ended = true;
  reading.order.end();
}

function take(reading: Reading, block: Block | LongRecord): void {
  if ("code" in block) {
    const message = `longer than ${reading.file.maxLineBytes} bytes`;
    refuse(reading, { code: block.code, message }, block.line, block.excerpt, block.bytes);
    return;
  }
  reading.held = { block, linesRead: 0, events: 0 };
}

/** Lines read at a time: so few that events are folded while they are still in the processor's cache. */
const LINES = 64;

/** Reads some lines of the block in hand. False if there are none left. */
function takeLines(reading: Reading): boolean {
  const { held } = reading;
  if (held === undefined) return false;
  const { block, linesRead } = held;
  held.linesRead = Math.min(block.count, linesRead + LINES);
  if (reading.isOwn)
    reading.scanner.bring(block.bytes, block.starts[linesRead]!, block.ends[held.linesRead - 1]!);
  for (let at = linesRead; at < held.linesRead; at++) readLine(reading, held, at);
  if (held.linesRead < block.count) return true;
  reading.held = undefined;
  releaseIfOver(held);
  return true;
}

function free({ order, heldBy }: Reading, slot: number): void {
  order.free(slot);
  const held = heldBy[slot];
  if (held === undefined) return;
  heldBy[slot] = undefined;
  held.events--;
  releaseIfOver(held);
}

function releaseIfOver({ block, linesRead, events }: HeldBlock): void {
  if (events === 0 && linesRead === block.count) release(block);
}

function readLine(reading: Reading, held: HeldBlock, at: number): void {
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

function refuse(reading: Reading, problem: Problem, line: number, record: Buffer, bytes: number): void {
  const { source, tenant, path, clock, onRefused } = reading.file;
  reading.refused++;
  onRefused?.(deadLetter({ ...problem, source, tenant, place: path, line, record, bytes }, clock.now()));
}
