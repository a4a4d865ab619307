/** The records of a request's body, decompressed, as they come in: at most a piece and one unfinished record are held. */
import type { IncomingMessage } from "node:http";
import { constants, createGunzip, createZstdDecompress } from "node:zlib";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Block, Framer, LongRecord } from "./file-blocks.ts";
import { decompressed } from "./file-compression.ts";
import { documentFramer, isDocument } from "./file-documents.ts";
import { lineFramer } from "./file-lines.ts";

/** Compressed bytes for one step of a decompressor, which makes at most about a thousand times as much of them. */
const STEP_BYTES = 16_384;
/** Plain bytes that are gone through at a time. */
const PIECE_BYTES = 65_536;
/** Memory that zstd may ask for: windows up to 8 MiB (RFC 8878 section 3.1.1.1.2). */
const ZSTD_WINDOW_LOG = 23;
/** Readable bytes after the last record of a block: as many as the scanner wants. */
const PADDING = Buffer.alloc(32);
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

const ENGINES = {
  gzip: () => createGunzip({ chunkSize: PIECE_BYTES }),
  zstd: () =>
    createZstdDecompress({
      chunkSize: PIECE_BYTES,
      params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
    }),
};

interface BodyOptions {
  /** Largest body, before and after decompression, in bytes. */
  readonly maxBodyBytes: number;
  /** Longest record, in bytes. */
  readonly maxLineBytes: number;
  /** Told of the length of every decompressed piece, in bytes. */
  readonly onBytes: (bytes: number) => void;
}

/** A body that is being read. */
export interface Body {
  readonly records: AsyncIterable<Block | LongRecord>;
  /** Line of the last whole record; 0 before the first. */
  lastLine(): number;
}

/**
 * Records by line or, where the body begins like a JSON document, by element. What was good before the end of a truncated
 * body comes out first. Reading throws `bad-request` (unknown encoding, broken connection), `too-large`,
 * `file-truncated` and `file-unreadable`.
 */
export function openBody(message: IncomingMessage, options: BodyOptions): Body {
  let framer: Framer | undefined;
  async function* framed(): AsyncGenerator<Block | LongRecord> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const piece of gathered(plainBytes(message, options), () => rest.length)) {
      const bytes = Buffer.concat([rest, framer ? piece : withoutMark(piece), PADDING]);
      const filled = bytes.length - PADDING.length;
      framer ??= framerOf(bytes, options.maxLineBytes);
      rest = bytes.subarray(yield* framer.frame(bytes, 0, filled, false), filled);
    }
    if (framer) yield* framer.frame(Buffer.concat([rest, PADDING]), 0, rest.length, true);
  }
  return { records: framed(), lastLine: () => framer?.lastLine() ?? 0 };
}

function framerOf(bytes: Buffer, maxLineBytes: number): Framer {
  return isDocument(bytes) ? documentFramer(maxLineBytes) : lineFramer(maxLineBytes);
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
}

function plainBytes(message: IncomingMessage, { maxBodyBytes, onBytes }: BodyOptions): AsyncIterable<Buffer> {
  const encoding = message.headers["content-encoding"]?.toLowerCase() ?? "identity";
  const received = limited(chunksOf(message), maxBodyBytes);
  if (encoding === "identity") return limited(received, maxBodyBytes, onBytes);
  if (encoding !== "gzip" && encoding !== "zstd")
    throw new OffgraphError("bad-request", "content-encoding: expected gzip, zstd or none");
  return limited(decompressed("body", received, ENGINES[encoding]), maxBodyBytes, onBytes);
}

/** Leaving early does not cut the connection: what is still sent is thrown away, and the sender gets its answer. */
async function* chunksOf(message: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of message.iterator({ destroyOnReturn: false }))
      for (let at = 0; at < chunk.length; at += STEP_BYTES) yield chunk.subarray(at, at + STEP_BYTES);
  } catch (cause) {
    throw new OffgraphError("bad-request", "the connection broke before the body ended", { cause });
  } finally {
    message.resume();
  }
}

async function* limited(chunks: AsyncIterable<Buffer>, maxBytes: number, onBytes = (_: number) => {}) {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new OffgraphError("too-large", `body: expected at most ${maxBytes} bytes`);
    onBytes(chunk.length);
    yield chunk;
  }
}

/** Larger pieces: each at least as long as what is unfinished, or a long record would be copied over and over. */
async function* gathered(chunks: AsyncIterable<Buffer>, unfinishedBytes: () => number) {
  let pieces: Buffer[] = [];
  let bytes = 0;
  let failure: unknown;
  try {
    for await (const chunk of chunks) {
      pieces.push(chunk);
      bytes += chunk.length;
      if (bytes < Math.max(PIECE_BYTES, unfinishedBytes())) continue;
      yield Buffer.concat(pieces);
      [pieces, bytes] = [[], 0];
    }
  } catch (error) {
    failure = error;
  }
  if (bytes > 0) yield Buffer.concat(pieces);
  if (failure !== undefined) throw failure;
}
