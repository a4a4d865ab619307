/** The layout of a record batch, version 2, and the steps from one of its records to the next. */
import { decompress } from "./codecs.ts";

const HEADER_BYTES = 61;
/** Bytes before the part that the batch's length counts. */
const LENGTH_END = 12;
const MAGIC = 2;
const CODEC_MASK = 0x07;
const CONTROL_MASK = 0x20;

/** Where the batch that begins at `at` ends, or undefined when it is not whole: a fetch may end in the middle of one. */
export function batchEnd(chunk: Buffer, at: number): number | undefined {
  if (at + HEADER_BYTES > chunk.length) return undefined;
  const end = at + LENGTH_END + chunk.readInt32BE(at + 8);
  return end > at + HEADER_BYTES - 1 && end <= chunk.length ? end : undefined;
}

/** Position of the last record of the batch that begins at `at`, whether or not it is still there. */
export function lastPosition(chunk: Buffer, at: number): number {
  return Number(chunk.readBigInt64BE(at)) + chunk.readInt32BE(at + 23);
}

/** The records of a whole batch, unpacked. Throws when they cannot be unpacked. */
export function openBatch(batch: Buffer): BatchSection {
  const attributes = batch.readInt16BE(21);
  const last = lastPosition(batch, 0);
  if (batch.readInt8(16) !== MAGIC) throw new RangeError("the batch has a format older than Kafka 0.11");
  if (attributes & CONTROL_MASK) return new BatchSection(Buffer.alloc(0), last, last, 0);
  const records = decompress(attributes & CODEC_MASK, batch.subarray(HEADER_BYTES));
  return new BatchSection(records, Number(batch.readBigInt64BE(0)), last, batch.readInt32BE(57));
}

/** A cursor over the records of one batch. */
export class BatchSection {
  readonly bytes: Buffer;
  /** Position of the last record, whether or not it is still there. */
  readonly last: number;
  /** Whether the cursor is at a record. */
  hasRecord = true;
  position = 0;
  /** Where the value begins; -1: the record has none. */
  start = 0;
  end = 0;
  readonly #base: number;
  #left: number;
  #at = 0;

  /** Throws when the first record cannot be told from the bytes. */
  constructor(bytes: Buffer, base: number, last: number, count: number) {
    this.bytes = bytes;
    this.last = last;
    this.#base = base;
    this.#left = count;
    this.advance();
  }

  /** A section that is one value as a whole. */
  static ofOne(value: Buffer, position: number): BatchSection {
    const section = new BatchSection(value, position, position, 0);
    section.hasRecord = true;
    section.position = position;
    section.end = value.length;
    return section;
  }

  /** Moves to the next record. Throws when it is cut short. */
  advance(): void {
    this.hasRecord = this.#left-- > 0;
    if (!this.hasRecord) return;
    const length = this.#varint();
    const end = this.#at + length;
    this.#at++; // attributes
    this.#varint(); // time after the first record's
    this.position = this.#base + this.#varint();
    const keyLength = this.#varint(); // moves the cursor, so it comes before the sum
    this.#at += Math.max(0, keyLength);
    const valueLength = this.#varint();
    this.start = valueLength < 0 ? -1 : this.#at;
    this.end = this.#at + Math.max(0, valueLength);
    if (this.end > end || end > this.bytes.length) throw new RangeError("a record is cut short");
    this.#at = end;
  }

  /** A number of 7 bits per byte, lowest first, its sign in the lowest bit. */
  #varint(): number {
    let sum = 0;
    for (let scale = 1; scale <= 2 ** 63; scale *= 128) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) break;
      sum += (byte & 0x7f) * scale;
      if (byte < 0x80) return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
    }
    throw new RangeError("a record is cut short");
  }
}
