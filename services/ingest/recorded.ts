/** A recorded file, or several records of any source, as events in order: what `replay` folds. */

import type { ErrorCode } from "../../schemas/errors.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { OBSERVED, STRIDE, TEXT, TEXT_AT, TIME, TIMES } from "../../schemas/event-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { Recorded, RecordedOptions } from "../ports/recorded.ts";
import { deadLetter } from "./dead-letters.ts";
import { openDoor } from "./door.ts";
import { type Block, type LongRecord, readRecords } from "./files.ts";
import type { Key } from "./key.ts";
import { OrderBuffer } from "./order.ts";
import { readJson } from "./record.ts";
import { looksSecret } from "./secrets.ts";
import type { Converted } from "./source.ts";

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

interface State {
  done: number;
  total: number;
  refused: number;
  ended: boolean;
  /** What reading ended with, if not with the end. */
  fault: unknown;
}

/** An event may lie this far ahead of when it was observed. */
const MAX_AHEAD_MS = 300_000;

export function openRecorded(file: RecordedFile): Recorded {
  const order = new OrderBuffer(file.latenessMs);
  const scanner = new EventScanner(hashKey(file.key.secret), looksSecret);
  const tenant = scanner.hash(file.tenant);
  const door = openDoor({ key: file.key, tenant: file.tenant, source: file.source, tierOf: file.tierOf });
  // Our own format needs no conversion: what is written as we write it is read where it lies.
  const isOwn = file.source === "offgraph";
  const state: State = { done: 0, total: 0, refused: 0, ended: false, fault: undefined };
  const blocks = readRecords(file.path, {
    maxLineBytes: file.maxLineBytes,
    onProgress: ({ bytesRead, bytesTotal }) => {
      state.done = bytesRead;
      state.total = bytesTotal ?? 0;
    },
  });

  function refuse(code: ErrorCode, message: string, line: number, record: Buffer, bytes: number): void {
    state.refused++;
    const refused = {
      code,
      message,
      source: file.source,
      tenant: file.tenant,
      place: file.path,
      line,
      record,
      bytes,
    };
    file.onRefused?.(deadLetter(refused, file.clock.now()));
  }

  function readLine(block: Block, at: number): void {
    const { bytes } = block;
    const [start, end] = [block.starts[at]!, block.ends[at]!];
    const slot = order.slot();
    if (
      isOwn &&
      scanner.scan(bytes, start, end, order.columns, slot, true) &&
      isOfTenant(slot) &&
      isNotAhead(slot)
    )
      return order.put(slot);
    order.free(slot);
    const line = block.firstLine + at;
    const record = bytes.subarray(start, end);
    const refused = (code: ErrorCode, message: string) => refuse(code, message, line, record, record.length);
    const read = readJson(record);
    if ("refused" in read) return refused(read.refused.code, read.refused.message);
    admit(file.convert(read.value), refused);
  }

  /** An event that names another tenant goes through the door, which stamps ours. */
  function isOfTenant(slot: number): boolean {
    const at = slot * STRIDE + TEXT_AT + TEXT.tenant * 4;
    return order.columns.numbers[at] === tenant.low && order.columns.numbers[at + 1] === tenant.high;
  }

  function isNotAhead(slot: number): boolean {
    const { times } = order.columns;
    return !(times[slot * TIMES + TIME]! > times[slot * TIMES + OBSERVED]! + MAX_AHEAD_MS);
  }

  function admit(converted: Converted, refused: (code: ErrorCode, message: string) => void): void {
    if (converted.refused !== undefined) refused(converted.refused.code, converted.refused.message);
    for (const draft of converted.events) {
      const admission = door(draft);
      if ("refused" in admission) {
        refused(admission.refused.code, admission.refused.message);
        continue;
      }
      const line = Buffer.from(admission.line);
      const slot = order.slot();
      if (!scanner.scan(line, 0, line.length, order.columns, slot, false))
        throw new Error(`the scanner cannot read what the door wrote: ${admission.line}`);
      order.put(slot);
    }
  }

  async function fill(): Promise<boolean> {
    while (!state.ended && order.nextTime() === Number.POSITIVE_INFINITY) await readOn();
    const more = order.nextTime() !== Number.POSITIVE_INFINITY;
    // What was read before the fault is released first: nothing of it is lost.
    if (!more && state.fault !== undefined) throw state.fault;
    return more;
  }

  async function readOn(): Promise<void> {
    const next = await blocks.next().catch((fault: unknown) => {
      state.fault = fault;
      return { done: true as const };
    });
    if (next.done !== true) return take(next.value);
    state.ended = true;
    order.end();
  }

  function take(block: Block | LongRecord): void {
    if ("code" in block)
      return refuse(
        block.code,
        `longer than ${file.maxLineBytes} bytes`,
        block.line,
        block.excerpt,
        block.bytes,
      );
    for (let at = 0; at < block.count; at++) readLine(block, at);
  }

  return {
    get columns() {
      return order.columns;
    },
    get refused() {
      return state.refused;
    },
    fill,
    nextTime: () => order.nextTime(),
    take: () => order.take(),
    free: (slot) => order.free(slot),
    progress: () => state,
  };
}
