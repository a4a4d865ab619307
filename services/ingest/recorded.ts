/** A recorded file of any source as events in order: what `replay` folds. */

import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import type { RecordedInput } from "../ports/recorded.ts";
import { openDoor } from "./door.ts";
import { type Block, type LongRecord, readRecords, releaseBlock } from "./files.ts";
import { OrderBuffer } from "./order.ts";
import { type HeldBlock, type Reading, type RecordedFile, readLine, refuse } from "./recorded-lines.ts";
import { looksSecret } from "./secrets.ts";

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
  if (events === 0 && linesRead === block.count) releaseBlock(block);
}
