/**
 * All four codecs that a record batch may be compressed with. kafkajs has gzip alone, and a batch in another codec ends its
 * consumer for good. What a batch unpacks to is bounded before memory is given to it: a few bytes can stand for gigabytes.
 */
import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { lz4Compress, lz4Decompress, snappyCompress, snappyDecompress } from "@platformatic/wasm-utils";
import kafkajs from "kafkajs";

/** Numbers of the codecs in the attributes of a batch. */
export const CODECS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
/** One of them. */
export type CodecName = keyof typeof CODECS;

/** Most bytes that one batch may unpack to: 64 MiB. */
const MAX_UNPACKED_BYTES = 67_108_864;

/** Packs the records of a batch. */
export function compress(codec: number, bytes: Buffer): Buffer {
  if (codec === CODECS.gzip) return gzipSync(bytes);
  if (codec === CODECS.snappy) return snappyCompress(bytes);
  if (codec === CODECS.lz4) return lz4Compress(bytes);
  if (codec === CODECS.zstd) return zstdCompressSync(bytes);
  return bytes;
}

/** Unpacks the records of a batch. Throws when they cannot be unpacked, or to more than `MAX_UNPACKED_BYTES`. */
export function decompress(codec: number, bytes: Buffer): Buffer {
  if (codec === CODECS.none) return bytes;
  if (codec === CODECS.gzip) return gunzipSync(bytes, zlibOptions(bytes));
  if (codec === CODECS.zstd) return zstdDecompressSync(bytes, zlibOptions(bytes));
  if (codec === CODECS.lz4) return lz4Decompress(checked(bytes, lz4Bound(bytes)));
  if (codec === CODECS.snappy) return unpackSnappy(bytes);
  throw new RangeError(`no codec has the number ${codec}`);
}

/** Gives the codecs to kafkajs too, for whoever uses its own clients. */
export function registerCodecs(): void {
  for (const codec of Object.values(CODECS)) {
    if (codec === CODECS.none) continue;
    kafkajs.CompressionCodecs[codec] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => compress(codec, buffer),
      decompress: async (bytes: Buffer) => decompress(codec, bytes),
    });
  }
}

/** Chunks about as large as the result: with zlib's 16 KiB half the time goes into joining them. */
function zlibOptions({ length }: Buffer) {
  return {
    chunkSize: Math.min(1_048_576, Math.max(16_384, length * 8)),
    maxOutputLength: MAX_UNPACKED_BYTES,
  };
}

function checked(bytes: Buffer, bound: number): Buffer {
  if (bound > MAX_UNPACKED_BYTES) throw new RangeError(`unpacks to up to ${bound} bytes`);
  return bytes;
}

/** Largest size by exponent, https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md. */
const LZ4_BLOCK_BYTES = (exponent: number) => 2 ** (2 * exponent + 8);
/** No block of LZ4 grows more than this. */
const LZ4_GROWTH = 255;

/** Most bytes that a frame of LZ4 can unpack to, from the sizes of its blocks. */
function lz4Bound(frame: Buffer): number {
  const flags = frame.readUInt8(4);
  const blockBytes = LZ4_BLOCK_BYTES((frame.readUInt8(5) >> 4) & 7);
  const checksumBytes = flags & 0x10 ? 4 : 0;
  let at = 7 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0);
  let bound = 0;
  for (let size = frame.readUInt32LE(at); size !== 0; size = frame.readUInt32LE(at)) {
    const packed = size & 0x7fff_ffff;
    bound += Math.min(blockBytes, packed * LZ4_GROWTH);
    at += 4 + packed + checksumBytes;
  }
  return bound;
}

/** Java's clients cut what they send into blocks, each with its length: a frame that only they know. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

function unpackSnappy(bytes: Buffer): Buffer {
  if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return unpackBlock(bytes);
  const blocks: Buffer[] = [];
  let total = 0;
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const block = unpackBlock(bytes.subarray(at + 4, at + 4 + size));
    total += block.length;
    blocks.push(checked(block, total));
    at += 4 + size;
  }
  return Buffer.concat(blocks, total);
}

/** A block begins with the length that it unpacks to. */
function unpackBlock(block: Buffer): Buffer {
  let length = 0;
  for (let at = 0, scale = 1; at < 5; at++, scale *= 128) {
    const byte = block.readUInt8(at);
    length += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  return snappyDecompress(checked(block, length));
}
