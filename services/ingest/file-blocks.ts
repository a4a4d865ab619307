/** How records are handed out: as ranges of a buffer, many at a time, because a copy per record would cost more than reading. */

/** Complete records, as ranges of one buffer that nobody writes to again before it is released. */
export interface Block {
  /** At least 16 readable bytes follow the last record. */
  readonly bytes: Buffer;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly count: number;
  /** Line of the first record, from 1; record `i` is on line `firstLine + i`. In a JSON document, elements count as lines. */
  readonly firstLine: number;
  /** No other block lies in the same buffer. */
  readonly isAlone?: true;
}

/** A record that is longer than the limit; it was passed over without being held in memory. */
export interface LongRecord {
  readonly code: "line-too-long";
  readonly line: number;
  /** Its whole length, in bytes. */
  readonly bytes: number;
  /** Its first bytes, at most 4,096, as they are. */
  readonly excerpt: Buffer;
}

/** Finds where records begin and end; keeps what it needs to know between one buffer and the next. */
export interface Framer {
  /**
   * Hands out the records that end in `bytes` between `from` and `filled`; at the end of input also an unfinished one.
   * @returns where the unfinished record begins; the caller puts it at the front of the next buffer.
   */
  frame(bytes: Buffer, from: number, filled: number, isEnd: boolean): Generator<Block | LongRecord, number>;
  /** Line of the last record that was found; 0 before the first. */
  lastLine(): number;
}

const EXCERPT_BYTES = 4096;

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(old.length * 2);
  grown.set(old);
  return grown;
}

/** A growing list of ranges. */
function rangeList() {
  let starts = new Int32Array(1024);
  let ends = new Int32Array(1024);
  let count = 0;
  return {
    add(start: number, end: number): void {
      if (count === starts.length) [starts, ends] = [doubled(starts), doubled(ends)];
      starts[count] = start;
      ends[count++] = end;
    },
    count: () => count,
    /** The ranges so far; the list is empty then. */
    take() {
      const taken = { starts: starts.slice(0, count), ends: ends.slice(0, count), count };
      count = 0;
      return taken;
    },
  };
}

/** Gathers the records of consecutive lines into blocks, and passes over what is too long. */
export function gatherer(maxLineBytes: number) {
  const ranges = rangeList();
  let line = 1;
  let passed: { bytes: number; excerpt: Buffer } | undefined;

  function add(start: number, end: number): void {
    ranges.add(start, end);
    line++;
  }
  /** Hands out what has been gathered. A block never goes over a gap, so that its lines are consecutive. */
  function* flush(bytes: Buffer): Generator<Block> {
    if (ranges.count() > 0) yield { bytes, firstLine: line - ranges.count(), ...ranges.take() };
  }
  /** Takes a piece of a record that is too long; its end comes with `found`. */
  function pass(bytes: Buffer, start: number, end: number): void {
    const excerptEnd = Math.min(end, start + EXCERPT_BYTES);
    passed ??= { bytes: 0, excerpt: Buffer.from(bytes.subarray(start, excerptEnd)) };
    passed.bytes += end - start;
  }
  /** Takes a whole record, or the end of one that is being passed over. */
  function* found(bytes: Buffer, start: number, end: number): Generator<Block | LongRecord> {
    if (!passed && end - start <= maxLineBytes) return add(start, end);
    yield* flush(bytes);
    pass(bytes, start, end);
    if (passed) yield { code: "line-too-long", line: line++, ...passed };
    passed = undefined;
  }
  /** Takes the beginning of a record. @returns whether the caller need not keep it, because it is too long already. */
  function begun(bytes: Buffer, start: number, end: number): boolean {
    if (!passed && end - start <= maxLineBytes) return false;
    pass(bytes, start, end);
    return true;
  }
  function* skipLine(bytes: Buffer): Generator<Block> {
    yield* flush(bytes);
    line++;
  }
  const isPassing = () => passed !== undefined;
  return { add, flush, found, begun, skipLine, isPassing, lastLine: () => line - 1 };
}
