/** One record per line (NDJSON). */
import { type Block, type Framer, gatherer, type LongRecord } from "./file-blocks.ts";

const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] ?? 0) > SPACE) return false;
  return true;
}

/** Lines end with LF or CRLF, the last one also with the input. Empty lines are passed over, and counted. */
export function lineFramer(maxLineBytes: number): Framer {
  const lines = gatherer(maxLineBytes);

  function isPlain(bytes: Buffer, start: number, end: number): boolean {
    return end > start && end - start <= maxLineBytes && (bytes[start] ?? 0) > SPACE && !lines.isPassing();
  }
  function* line(bytes: Buffer, start: number, end: number): Generator<Block | LongRecord> {
    if (end - start <= maxLineBytes && !lines.isPassing() && isBlank(bytes, start, end))
      yield* lines.skipLine(bytes);
    else yield* lines.found(bytes, start, end);
  }
  function* frame(
    bytes: Buffer,
    from: number,
    filled: number,
    isEnd: boolean,
  ): Generator<Block | LongRecord, number> {
    const view = bytes.subarray(0, filled);
    let start = from;
    for (let at = view.indexOf(NEWLINE, start); at !== -1; at = view.indexOf(NEWLINE, start)) {
      const end = at > start && bytes[at - 1] === RETURN ? at - 1 : at;
      // A generator per line would cost more than finding its end.
      if (isPlain(bytes, start, end)) lines.add(start, end);
      else yield* line(bytes, start, end);
      start = at + 1;
    }
    if (isEnd && (start < filled || lines.isPassing())) yield* line(bytes, start, filled);
    yield* lines.flush(bytes);
    return isEnd || lines.begun(bytes, start, filled) ? filled : start;
  }
  return { frame, lastLine: lines.lastLine };
}
