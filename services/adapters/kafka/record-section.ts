/** The layout of a record batch, version 2, and the steps from one of its records to the next. */
import { CODECS, decompress } from "./codecs.ts";

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

/**
 * The records of the batch between `at` and `end`, unpacked. Those that are not packed stay where they are, so that batches side
 * by side can be handed out as one. Throws when they cannot be unpacked.
 */
export function openBatch(chunk: Buffer, at: number, end: number): BatchSection {
  const attributes = chunk.readInt16BE(at + 21);
  const last = lastPosition(chunk, at);
  if (chunk.readInt8(at + 16) !== MAGIC) throw new RangeError("the batch has a format older than Kafka 0.11");
  if (attributes & CONTROL_MASK) return new BatchSection(EMPTY, 0, 0, { base: last, last, count: 0 });
  const numbers = { base: Number(chunk.readBigInt64BE(at)), last, count: chunk.readInt32BE(at + 57) };
  const codec = attributes & CODEC_MASK;
  if (codec === CODECS.none) return new BatchSection(chunk, at + HEADER_BYTES, end, numbers);
  const records = decompress(codec, chunk.subarray(at + HEADER_BYTES, end));
  return new BatchSection(records, 0, records.length, numbers);
}

const EMPTY = Buffer.alloc(0);
/** Their number. */
const NO_HEADERS = Buffer.alloc(1);

/** Numbers of a batch: position of its first record, of its last, and how many are left of them. */
interface BatchNumbers {
  readonly base: number;
  readonly last: number;
  readonly count: number;
}

/** A cursor over the records of one batch. */
export class BatchSection {
  readonly bytes: Buffer;
  /** Position of the last record, whether or not it is still there. */
  readonly last: number;
  /** Whether the cursor is at a record. */
  hasRecord = true;
  position = -1;
  /** Where the value begins; -1: the record has none. */
  start = 0;
  end = 0;
  /** Where the whole record ends: between here and `end` lie its headers. */
  recordEnd = 0;
  readonly #limit: number;
  readonly #base: number;
  #left: number;
  #at: number;

  /** Throws when the first record cannot be told from the bytes. */
  constructor(bytes: Buffer, at: number, limit: number, { base, last, count }: BatchNumbers) {
    this.bytes = bytes;
    this.last = last;
    this.#at = at;
    this.#limit = limit;
    this.#base = base;
    this.#left = count;
    this.advance();
  }

  /** A section that is one value as a whole. */
  static ofOne(value: Buffer, position: number): BatchSection {
    const bytes = Buffer.concat([value, NO_HEADERS]);
    const section = new BatchSection(bytes, 0, 0, { base: position, last: position, count: 0 });
    section.hasRecord = true;
    section.position = position;
    section.end = value.length;
    section.recordEnd = bytes.length;
    return section;
  }

  /** Moves to the next record. Throws when it is not whole. */
  advance(): void {
    this.hasRecord = this.#left-- > 0;
    if (!this.hasRecord) return;
    const length = this.#varint();
    const end = this.#at + length;
    this.#at++; // attributes
    this.#varint(); // time after the first record's
    const position = this.#base + this.#varint();
    const keyLength = this.#varint(); // moves the cursor, so it comes before the sum
    this.#at += Math.max(0, keyLength);
    const valueLength = this.#varint();
    this.start = valueLength < 0 ? -1 : this.#at;
    this.end = this.#at + Math.max(0, valueLength);
    const isInOrder = position > this.position && position <= this.last;
    if (!isInOrder || this.end > end || end > this.#limit) throw new RangeError("a record is not whole");
    this.position = position;
    this.recordEnd = end;
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
    throw new RangeError("a record is not whole");
  }
}
