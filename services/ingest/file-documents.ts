/** JSON documents that hold many records, or that go over lines: what AWS writes to S3, and what people print. */
import { type Block, type Framer, gatherer, type LongRecord } from "./file-blocks.ts";

/** Bytes to be seen to know how a document begins. */
export const DOCUMENT_HEAD_BYTES = 64;
const DOCUMENT = /^\s*(\[\s*([{\]]|$)|\{\s*"Records"\s*:\s*\[|\{\s*[\r\n])/;
const RECORDS = /^\{\s*"Records"\s*:\s*\[/;

/**
 * Whether a file is to be read as JSON documents and not line by line: it begins with a list of objects, with
 * `{"Records": [`, or with a brace and the end of a line.
 */
export function isDocument(head: Buffer): boolean {
  return DOCUMENT.test(head.toString("latin1", 0, DOCUMENT_HEAD_BYTES));
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_LIST = 91;
const BACKSLASH = 92;
const CLOSE_LIST = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

function isBetween(byte: number): boolean {
  return byte <= 32 || byte === COMMA || byte === COLON;
}

/** Goes through one JSON value, from buffer to buffer. It finds the end and checks nothing; the parser does that. */
function valueScanner() {
  let depth = 0;
  let isQuoted = false;
  let isEscaped = false;

  function inText(byte: number): boolean {
    if (isEscaped) isEscaped = false;
    else if (byte === BACKSLASH) isEscaped = true;
    else if (byte === QUOTE) isQuoted = false;
    return !isQuoted && depth === 0;
  }
  /** @returns how many bytes of the value end with this one: 1 or, if the byte comes after the value, 0; -1 if it goes on. */
  function outsideText(byte: number): -1 | 0 | 1 {
    if (byte === QUOTE) isQuoted = true;
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth++;
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) return depth-- > 1 ? -1 : depth === 0 ? 1 : 0;
    else if (depth === 0 && isBetween(byte)) return 0;
    return -1;
  }
  return {
    begin(): void {
      depth = 0;
      isQuoted = isEscaped = false;
    },
    /** @returns the offset after the value's last byte, or -1 if it goes on. */
    scan(bytes: Buffer, from: number, to: number): number {
      for (let at = from; at < to; at++) {
        const byte = bytes[at] ?? 0;
        const ends = isQuoted ? (inText(byte) ? 1 : -1) : outsideText(byte);
        if (ends !== -1) return at + ends;
      }
      return -1;
    },
  };
}

/** Goes through what stands between values, and knows whether they are elements of a list. */
function listTracker() {
  let isInList = false;

  /** Length of what opens a list of records at `at`: `[` or `{"Records": [`; 0 if a record begins there. */
  function openingAt(bytes: Buffer, at: number): number {
    if (isInList) return 0;
    if (bytes[at] === OPEN_LIST) return 1;
    return RECORDS.exec(bytes.toString("latin1", at, at + DOCUMENT_HEAD_BYTES))?.[0].length ?? 0;
  }
  /** Where the next value begins; `to` or later if none begins before it. A brace out of place closes `{"Records": [...]}`. */
  return function nextValue(bytes: Buffer, from: number, to: number): number {
    let at = from;
    for (; at < to; at++) {
      const byte = bytes[at] ?? 0;
      if (byte === CLOSE_LIST) isInList = false;
      else if (!isBetween(byte) && byte !== CLOSE_OBJECT) {
        const opening = openingAt(bytes, at);
        if (opening === 0) return at;
        isInList = true;
        at += opening - 1;
      }
    }
    return at;
  };
}

/** The elements of a list, of the list in `{"Records": [...]}`, and values that follow one another; each counts as a line. */
export function documentFramer(maxLineBytes: number): Framer {
  const elements = gatherer(maxLineBytes);
  const value = valueScanner();
  const nextValue = listTracker();
  /** Bytes of the unfinished value that were gone through before; undefined between values. */
  let scanned: number | undefined;

  function* frame(
    bytes: Buffer,
    from: number,
    filled: number,
    isEnd: boolean,
  ): Generator<Block | LongRecord, number> {
    const limit = isEnd ? filled : filled - DOCUMENT_HEAD_BYTES;
    let at = from;
    for (;;) {
      if (scanned === undefined) {
        at = nextValue(bytes, at, limit);
        if (at >= limit) break;
        value.begin();
      }
      const end = value.scan(bytes, at + (scanned ?? 0), filled);
      scanned = end === -1 ? filled - at : undefined;
      if (end === -1) break;
      yield* elements.found(bytes, at, end);
      at = end;
    }
    if (isEnd && scanned !== undefined) yield* elements.found(bytes, at, filled);
    yield* elements.flush(bytes);
    if (scanned === undefined || !elements.begun(bytes, at, filled)) return at;
    scanned = 0;
    return filled;
  }
  return { frame, lastLine: elements.lastLine };
}
