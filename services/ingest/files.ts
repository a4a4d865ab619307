/**
 * Reads the records of a file, of standard input, or of what is compressed in either, in bounded memory.
 * A file holds one record per line, or JSON documents; which one it is, its first bytes tell.
 */
import { OffgraphError } from "../../schemas/errors.ts";
import type { Block, Framer, LongRecord } from "./file-blocks.ts";
import { DOCUMENT_HEAD_BYTES, documentFramer, isDocument } from "./file-documents.ts";
import { type ByteInput, type FileProgress, openInput } from "./file-input.ts";
import { lineFramer } from "./file-lines.ts";

export type { Block, LongRecord } from "./file-blocks.ts";
export type { FileProgress } from "./file-input.ts";

/** Bytes read at a time. Larger ones leave the processor's cache, smaller ones ask the system more often. */
const BLOCK_BYTES = 524_288;
/** Readable bytes after the last record of a buffer, for scanners that look ahead. */
const PADDING_BYTES = 16;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface ReadOptions {
  /** Longest record, in bytes without its end of line; a longer one is handed out as a refusal. */
  readonly maxLineBytes: number;
  /** Called after each read, with bytes as they are stored. */
  readonly onProgress?: ((progress: FileProgress) => void) | undefined;
}

/** Buffers of BLOCK_BYTES that wait to be filled again: new ones would keep the garbage collector busy. */
const spare: Buffer[] = [];
const MOST_SPARE = 4;

/** Gives the bytes of a block back, once nothing of them is needed any more: they will be overwritten. */
export function releaseBlock({ bytes, isAlone }: Block): void {
  if (isAlone && bytes.length === BLOCK_BYTES + PADDING_BYTES && spare.length < MOST_SPARE) spare.push(bytes);
}

interface Filling {
  bytes: Buffer;
  from: number;
  filled: number;
}

function emptyBuffer(size: number): Buffer {
  const bytes = (size === BLOCK_BYTES && spare.pop()) || Buffer.allocUnsafeSlow(size + PADDING_BYTES);
  bytes.fill(0, size);
  return bytes;
}

/** Reads once. @returns whether the end has been reached. */
async function readMore(input: ByteInput, filling: Filling): Promise<boolean> {
  const room = filling.bytes.subarray(0, filling.bytes.length - PADDING_BYTES);
  const got = await input.read(room, filling.filled);
  filling.filled += got;
  return got === 0;
}

/** What is unfinished, at the front of a buffer with room for as much again: a new one if records of this one are in use. */
function carriedOver({ bytes, filled }: Filling, from: number, isInUse: boolean): Filling {
  const unfinished = filled - from;
  const size = Math.max(BLOCK_BYTES, 2 * unfinished);
  const next = isInUse || size + PADDING_BYTES > bytes.length ? emptyBuffer(size) : bytes;
  bytes.copy(next, 0, from, filled);
  return { bytes: next, from: 0, filled: unfinished };
}

/** Fills the first buffer until it shows what the file is. */
async function begin(input: ByteInput, maxLineBytes: number): Promise<{ filling: Filling; framer: Framer }> {
  const filling: Filling = { bytes: emptyBuffer(BLOCK_BYTES), from: 0, filled: 0 };
  while (filling.filled < DOCUMENT_HEAD_BYTES + BYTE_ORDER_MARK.length)
    if (await readMore(input, filling)) break;
  if (filling.bytes.subarray(0, Math.min(3, filling.filled)).equals(BYTE_ORDER_MARK)) filling.from = 3;
  const isJson = isDocument(filling.bytes.subarray(filling.from, filling.filled));
  return { filling, framer: isJson ? documentFramer(maxLineBytes) : lineFramer(maxLineBytes) };
}

/** The same error with the line up to which the file was good. */
function withLine(error: unknown, framer: Framer): unknown {
  if (!(error instanceof OffgraphError)) return error;
  return new OffgraphError(error.code, `${error.message}; the last whole line is ${framer.lastLine()}`, {
    cause: error,
  });
}

/** All that a buffer holds, and where the unfinished record begins. */
function framed(framer: Framer, { bytes, from, filled }: Filling, isEnd: boolean) {
  const found: (Block | LongRecord)[] = [];
  const frames = framer.frame(bytes, from, filled, isEnd);
  let next = frames.next();
  for (; next.done !== true; next = frames.next()) found.push(next.value);
  const [first] = found;
  if (found.length === 1 && first !== undefined && !("code" in first)) found[0] = { ...first, isAlone: true };
  return { found, rest: next.value };
}

async function* recordsOf(input: ByteInput, maxLineBytes: number): AsyncGenerator<Block | LongRecord> {
  const start = await begin(input, maxLineBytes);
  const { framer } = start;
  let { filling } = start;
  for (let isEnd = false; !isEnd; ) {
    const lineBefore = framer.lastLine();
    const { found, rest } = framed(framer, filling, false);
    filling = carriedOver(filling, rest, framer.lastLine() !== lineBefore);
    // Read on while these records are worked on.
    const ahead = readMore(input, filling).then(
      (end) => ({ end }),
      (error: unknown) => ({ error: withLine(error, framer) }),
    );
    yield* found;
    const read = await ahead;
    if ("error" in read) throw read.error;
    isEnd = read.end;
  }
  yield* framed(framer, { ...filling, from: 0 }, true).found;
}

/**
 * The records of a file (`-`: standard input) in order: blocks of complete records, and refusals of those that are
 * longer than `maxLineBytes`. Blocks stay valid after the next one is read. At most about twice `maxLineBytes` plus one
 * block is held.
 * @throws OffgraphError file-unreadable; file-truncated after everything before the end of the good bytes was handed out
 */
export async function* readRecords(path: string, options: ReadOptions): AsyncGenerator<Block | LongRecord> {
  const input = await openInput(path, options.onProgress);
  try {
    yield* recordsOf(input, options.maxLineBytes);
  } finally {
    await input.close();
  }
}
