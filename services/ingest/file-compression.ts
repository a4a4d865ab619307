/** gzip and zstd, told by their first bytes. What was good before damage comes out first; then it throws. */
import { createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from "node:zlib";
import { OffgraphError } from "../../schemas/errors.ts";

/** Bytes that `engineFor` needs to see. */
export const MAGIC_BYTES = 4;

type Engine = Gunzip | ZstdDecompress;
type Member = ReturnType<typeof openMember>;

/** One run of a decompressor, from the first byte of a member to where it stops. */
function openMember(engine: Engine) {
  const output: Buffer[] = [];
  let isOver = false;
  let failure: Error | undefined;
  let wake = () => {};
  const stop = (cause?: Error) => {
    isOver = true;
    failure ??= cause;
    wake();
  };
  engine.on("data", (piece: Buffer) => output.push(piece));
  engine
    .on("error", stop)
    .on("end", () => stop())
    .on("close", () => stop());
  const step = (act: (done: () => void) => void) =>
    new Promise<void>((resolve) => {
      wake = resolve;
      act(resolve);
    });
  return {
    failure: () => failure,
    /** What has come out since it was last asked. */
    take: () => output.splice(0),
    /** @returns the bytes that the engine did not take, because its member ended before them. */
    async feed(chunk: Buffer): Promise<Buffer> {
      const before = engine.bytesWritten;
      await step((done) => engine.write(chunk, () => done()));
      return chunk.subarray(isOver ? engine.bytesWritten - before : chunk.length);
    },
    finish: () => (isOver ? Promise.resolve() : step(() => engine.end())),
    close: () => engine.destroy(),
  };
}

/** Padding with zeros after the last member is customary on tapes and allowed by gzip(1). */
function withoutPadding(chunk: Buffer): Buffer {
  const start = chunk.findIndex((byte) => byte !== 0);
  return start === -1 ? chunk.subarray(chunk.length) : chunk.subarray(start);
}

function failureOf(name: string, failure: (Error & { code?: string }) | undefined): OffgraphError {
  if (failure?.code !== "Z_BUF_ERROR")
    return new OffgraphError(
      "file-unreadable",
      `${name}: the compressed bytes are damaged (${failure?.message})`,
      {
        cause: failure,
      },
    );
  return new OffgraphError("file-truncated", `${name}: the compressed bytes end too early`, {
    cause: failure,
  });
}

/** Everything that comes out of one member (gzip) or frame (zstd) after the other. @throws OffgraphError file-truncated, file-unreadable */
export async function* decompressed(
  name: string,
  chunks: AsyncGenerator<Buffer>,
  newEngine: () => Engine,
): AsyncGenerator<Buffer> {
  let member: Member | undefined;
  try {
    for await (const chunk of chunks) {
      let rest = member ? chunk : withoutPadding(chunk);
      while (rest.length > 0) {
        member ??= openMember(newEngine());
        const left = await member.feed(rest);
        yield* member.take();
        if (member.failure()) throw failureOf(name, member.failure());
        // Bytes are left over where a member ends and the next one begins.
        if (left.length > 0) member = undefined;
        rest = member ? left : withoutPadding(left);
      }
    }
    await member?.finish();
    yield* member?.take() ?? [];
    if (member?.failure()) throw failureOf(name, member.failure());
  } finally {
    member?.close();
  }
}

/** What decompresses a file that begins with these bytes; undefined if it is not compressed. */
export function engineFor(magic: Buffer): (() => Engine) | undefined {
  if (magic.readUInt16BE(0) === 0x1f8b) return () => createGunzip({ chunkSize: 65_536 });
  if (magic.readUInt32LE(0) === 0xfd2fb528) return () => createZstdDecompress({ chunkSize: 65_536 });
  return undefined;
}

/**
 * What is wrong with a file whose name promises compression, if its first bytes are neither that nor JSON. Programs that unpack on
 * the way leave such names on good files.
 */
export function nameFault(name: string, head: Buffer): OffgraphError | undefined {
  const [, packing] = /\.(gz|zst)$/i.exec(name) ?? [];
  if (packing === undefined || head.length === 0 || /^(\xef\xbb\xbf)?\s*[[{]/.test(head.toString("latin1")))
    return undefined;
  const expected = packing.toLowerCase() === "gz" ? "gzip" : "zstd";
  return new OffgraphError(
    "file-unreadable",
    `${name}: expected ${expected}, as its name says, and it is not`,
  );
}
