/** Bytes of a file or of standard input, decompressed; what is compressed is told by its first bytes, not by its name. */
import { type FileHandle, open } from "node:fs/promises";
import { fileFault } from "../file-fault.ts";
import { decompressed, engineFor, MAGIC_BYTES, nameFault } from "./file-compression.ts";

/** Bytes in order. */
export interface ByteInput {
  /** For messages: the path, or `standard input`. */
  readonly name: string;
  /** Writes into `into` from `offset` on. @returns the number of bytes, at least 1; 0 at the end. */
  read(into: Buffer, offset: number): Promise<number>;
  close(): Promise<void>;
}

/** How far a file has been read, in bytes as they are stored. `bytesTotal` is undefined for a pipe. */
export interface FileProgress {
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
}

/** Compressed bytes read at a time. One step of a decompressor makes at most about a thousand times as much. */
const CHUNK_BYTES = 16_384;

/** Reads in pieces of any size what comes in pieces of another. */
function inputFrom(name: string, pieces: AsyncGenerator<Buffer>, close: () => Promise<void>): ByteInput {
  let left: Buffer = Buffer.alloc(0);
  return {
    name,
    async read(into, offset) {
      while (left.length === 0) {
        const next = await pieces.next();
        if (next.done) return 0;
        left = next.value;
      }
      const copied = left.copy(into, offset);
      left = left.subarray(copied);
      return copied;
    },
    async close() {
      await pieces.return(undefined);
      await close();
    },
  };
}

async function* standardInput(onProgress?: (progress: FileProgress) => void): AsyncGenerator<Buffer> {
  let bytesRead = 0;
  for await (const piece of process.stdin) {
    bytesRead += piece.length;
    onProgress?.({ bytesRead, bytesTotal: undefined });
    yield piece;
  }
}

async function openHandle(path: string): Promise<{ handle: FileHandle; bytesTotal: number | undefined }> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new Error("it is a folder");
    return { handle, bytesTotal: stat.isFile() ? stat.size : undefined };
  } catch (error) {
    await handle?.close();
    throw fileFault(path, "read", error);
  }
}

/** The bytes as they are stored. @throws OffgraphError file-unreadable */
async function openStored(path: string, onProgress?: (progress: FileProgress) => void): Promise<ByteInput> {
  if (path === "-") return inputFrom("standard input", standardInput(onProgress), async () => {});
  const { handle, bytesTotal } = await openHandle(path);
  let bytesRead = 0;
  return {
    name: path,
    async read(into, offset) {
      const { bytesRead: got } = await handle
        .read(into, offset)
        .catch((error) => Promise.reject(fileFault(path, "read", error)));
      bytesRead += got;
      onProgress?.({ bytesRead, bytesTotal });
      return got;
    },
    close: () => handle.close(),
  };
}

async function* chunksOf(input: ByteInput): AsyncGenerator<Buffer> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    const length = await input.read(chunk, 0);
    if (length === 0) return;
    yield chunk.subarray(0, length);
  }
}

/** The first bytes again, then the rest. */
function withHead(head: Buffer, input: ByteInput): ByteInput {
  let given = 0;
  return {
    ...input,
    async read(into, offset) {
      if (given === head.length) return input.read(into, offset);
      const copied = head.copy(into, offset, given);
      given += copied;
      return copied;
    },
  };
}

/**
 * Opens a file, or standard input for `-`. gzip (also of several members) and zstd (also of several frames) are read
 * as what they hold.
 * @throws OffgraphError file-unreadable; reading throws it too, and file-truncated after the last good byte
 */
export async function openInput(
  path: string,
  onProgress?: (progress: FileProgress) => void,
): Promise<ByteInput> {
  const stored = await openStored(path, onProgress);
  const head = Buffer.alloc(CHUNK_BYTES);
  let length = 0;
  for (let got = 1; got > 0 && length < MAGIC_BYTES; length += got) got = await stored.read(head, length);
  const whole = withHead(head.subarray(0, length), stored);
  const engine = engineFor(head);
  const fault = engine === undefined ? nameFault(path, head.subarray(0, length)) : undefined;
  if (fault !== undefined) {
    await stored.close();
    throw fault;
  }
  return engine
    ? inputFrom(whole.name, decompressed(whole.name, chunksOf(whole), engine), () => whole.close())
    : whole;
}
