/** Writes a record batch, version 2: https://kafka.apache.org/documentation/#recordbatch. */
import { crc32c } from "@platformatic/wasm-utils";
import { CODECS, type CodecName, compress } from "./codecs.ts";
import { traceLength, writeTrace } from "./trace-header.ts";

/** Who appends, and how many records of the partition it has appended: so the broker knows a repeat. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly epoch: number;
  /** Number of the next record. */
  sequence: number;
}

/** Bytes before the records. */
const HEADER_BYTES = 61;
/** Where the part begins that the checksum covers. */
const CHECKED_FROM = 21;
const MAGIC = 2;
/** Below this a codec costs more than it saves. */
const PACK_FROM_BYTES = 512;

/** The records of one batch, already in the form in which they go over the wire. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafe(16_384);
  #length = HEADER_BYTES;
  #count = 0;
  #sealed: { readonly by: ProducerIdentity; readonly batch: Buffer } | undefined;

  get count(): number {
    return this.#count;
  }

  /** Bytes with the header, before packing. */
  get length(): number {
    return this.#length;
  }

  /** Copies a record in, and with it the header of its trace, if it has one. */
  add(key: Buffer | undefined, value: Uint8Array, trace?: string): void {
    const length = bodyLength(this.#count, key, value) + traceLength(trace);
    this.#makeRoom(varintLength(length) + length);
    this.#varint(length);
    this.#bytes[this.#length++] = 0; // attributes: none are defined
    this.#bytes[this.#length++] = 0; // time after the first record's: all have the time of the batch
    this.#varint(this.#count++);
    if (key === undefined)
      this.#bytes[this.#length++] = 1; // -1: no key
    else this.#copy(key);
    this.#copy(value);
    if (trace === undefined)
      this.#bytes[this.#length++] = 0; // headers: none
    else this.#length += writeTrace(this.#bytes, this.#length, trace);
  }

  /** The finished batch, the same bytes for the same producer. Nothing may be added to it any more. */
  seal(identity: ProducerIdentity, codec: CodecName): Buffer {
    if (this.#sealed?.by === identity) return this.#sealed.batch;
    const records = this.#bytes.subarray(HEADER_BYTES, this.#length);
    const number = records.length < PACK_FROM_BYTES ? CODECS.none : CODECS[codec];
    const packed = number === CODECS.none ? undefined : compress(number, records);
    const batch = packed
      ? Buffer.concat([this.#bytes.subarray(0, HEADER_BYTES), packed])
      : this.#bytes.subarray(0, this.#length);
    writeHeader(batch, { ...identity, codec: number, count: this.#count, timeMs: Date.now() });
    this.#sealed = { by: identity, batch };
    return batch;
  }

  #copy(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Numbers that may be negative: twice the number here, because ours are not. */
  #varint(number: number): void {
    let rest = number * 2;
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#length++] = rest;
  }

  #makeRoom(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function bodyLength(delta: number, key: Buffer | undefined, value: Uint8Array): number {
  const keyLength = key === undefined ? 1 : varintLength(key.length) + key.length;
  return 2 + varintLength(delta) + keyLength + varintLength(value.length) + value.length;
}

function varintLength(number: number): number {
  let length = 1;
  for (let rest = number * 2; rest > 0x7f; rest = Math.floor(rest / 128)) length++;
  return length;
}

interface Header extends ProducerIdentity {
  readonly codec: number;
  readonly count: number;
  readonly timeMs: number;
}

function writeHeader(batch: Buffer, { producerId, epoch, sequence, codec, count, timeMs }: Header): void {
  batch.writeBigInt64BE(0n, 0); // first position: the broker gives it out
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(-1, 12); // epoch of the leader: the broker's
  batch.writeInt8(MAGIC, 16);
  batch.writeInt16BE(codec, CHECKED_FROM);
  batch.writeInt32BE(count - 1, 23);
  batch.writeBigInt64BE(BigInt(timeMs), 27);
  batch.writeBigInt64BE(BigInt(timeMs), 35);
  batch.writeBigInt64BE(producerId, 43);
  batch.writeInt16BE(epoch, 51);
  batch.writeInt32BE(sequence, 53);
  batch.writeInt32BE(count, 57);
  batch.writeUInt32BE(crc32c(batch.subarray(CHECKED_FROM)), 17);
}
