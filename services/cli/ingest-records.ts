/** A file's records as events to send. Foreign formats are turned into events here; the door is in the server. */
import { isUtf8 } from "node:buffer";
import { ERRORS } from "../../schemas/errors.ts";
import { type Block, type LongRecord, readRecords } from "../ingest/files.ts";
import type { converters } from "./converters.ts";
import type { FileInput } from "./inputs.ts";
import type { Timed } from "./merge.ts";
import type { Rejected } from "./sender.ts";

/** An event as a line of JSON, and where it came from. */
interface EventLine extends Timed {
  readonly file: FileInput;
  readonly line: number;
  readonly text: string;
}

/** How a file is read. */
export interface ReadOptions {
  readonly maxLineBytes: number;
  /** Lines before this one are passed over. */
  readonly fromLine: number;
  readonly converterOf: ReturnType<typeof converters>;
  readonly onBytes: (done: number, total: number) => void;
  /** Each record before it is read; undefined if it is not JSON. */
  readonly onRecord: (file: FileInput, record: unknown) => void;
  /** A record that the source cannot read. */
  readonly onRejected: (file: FileInput, rejected: Rejected) => void;
}

/** Fails as `readRecords` does, after everything before the fault. */
export async function* eventsOf(file: FileInput, options: ReadOptions): AsyncGenerator<EventLine> {
  const { maxLineBytes, fromLine, converterOf, onBytes, onRecord, onRejected } = options;
  const convert = file.source === "offgraph" ? undefined : converterOf(file.source);
  const onProgress = ({ bytesRead, bytesTotal = 0 }: { bytesRead: number; bytesTotal: number | undefined }) =>
    onBytes(bytesRead, bytesTotal);
  const state = { timeMs: 0 };
  const eventLine = (line: number, text: string, time: unknown): EventLine => {
    const timeMs = Date.parse(String(time));
    // What has no time stays where it stands in its file; the door refuses it.
    if (!Number.isNaN(timeMs)) state.timeMs = timeMs;
    return { file, line, text, timeMs: state.timeMs };
  };
  for await (const block of readRecords(file.path, { maxLineBytes, onProgress })) {
    for (const { line, text } of linesOf(block, (rejected) => onRejected(file, rejected))) {
      if (line < fromLine) continue;
      const record = parsed(text);
      onRecord(file, record);
      if (convert === undefined || record === undefined) {
        yield eventLine(line, text, timeOf(record));
        continue;
      }
      const { events, refused } = convert(record);
      if (refused) onRejected(file, { line, ...refused });
      for (const event of events) yield eventLine(line, JSON.stringify(event), event.time);
    }
  }
}

function* linesOf(
  block: Block | LongRecord,
  reject: (rejected: Rejected) => void,
): Generator<{ line: number; text: string }> {
  if ("code" in block) {
    reject({
      line: block.line,
      code: block.code,
      message: `a record of ${block.bytes} bytes; ${ERRORS[block.code].wayOut}`,
    });
    return;
  }
  for (let at = 0; at < block.count; at++) {
    const line = block.firstLine + at;
    const bytes = block.bytes.subarray(block.starts[at], block.ends[at]);
    // Turned into text it would be another record, and the server could not tell.
    if (isUtf8(bytes)) yield { line, text: bytes.toString() };
    else reject({ line, code: "invalid-utf8", message: "expected UTF-8" });
  }
}

/** The record, or undefined if it is not JSON: the door refuses it then, and puts it with the dead letters. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const timeOf = (record: unknown) =>
  typeof record === "object" && record !== null ? Reflect.get(record, "time") : undefined;
