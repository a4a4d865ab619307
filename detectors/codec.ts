/** Dense binary for rows: numbers little-endian, texts and lists with their length in front. */

/** Lists up to so many numbers are copied one by one: to make a view of them costs more. */
const MAX_COPIED_SINGLY = 48;

/** Grows as it is written to; one is used again and again. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Forgets what was written; the memory is kept. */
  clear(): this {
    this.#at = 0;
    return this;
  }
  /** Bytes written since it was cleared. */
  get length(): number {
    return this.#at;
  }
  /** A copy of what was written. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }
  /** What was written since it held so many bytes: its own memory, good until it is cleared. */
  since(start: number): Uint8Array {
    return this.#bytes.subarray(start, this.#at);
  }
  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }
  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }
  i32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }
  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }
  /** At most 65,535 bytes of UTF-8. */
  text(value: string): void {
    // Three bytes for each UTF-16 code unit is the most that UTF-8 takes.
    this.#room(2 + value.length * 3);
    const written = this.#plain(value) ? value.length : this.#encoded(value);
    this.#view.setUint16(this.#at, written, true);
    this.#at += 2 + written;
  }
  /** Writes text that is plain ASCII, as most is; false if it is not. */
  #plain(value: string): boolean {
    const bytes = this.#bytes;
    for (let i = 0, to = this.#at + 2; i < value.length; i++, to++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return false;
      bytes[to] = unit;
    }
    return true;
  }
  #encoded(value: string): number {
    return encoder.encodeInto(value, this.#bytes.subarray(this.#at + 2)).written;
  }
  texts(values: readonly string[]): void {
    this.u16(values.length);
    for (const value of values) this.text(value);
  }
  numbers(values: readonly number[]): void {
    this.u16(values.length);
    for (const value of values) this.i32(value);
  }
  /** `length` numbers of `values`, from `from` on; all of them if it is not said. */
  ints(values: Int32Array, from = 0, length = values.length): void {
    this.i32(length);
    this.#room(length * 4);
    if (length > MAX_COPIED_SINGLY)
      this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset + from * 4, length * 4), this.#at);
    else for (let i = 0; i < length; i++) this.#view.setInt32(this.#at + i * 4, values[from + i]!, true);
    this.#at += length * 4;
  }
  /** `length` bytes of `values`, from `from` on. */
  bytes(values: Uint8Array, from: number, length: number): void {
    this.i32(length);
    this.#room(length);
    this.#bytes.set(values.subarray(from, from + length), this.#at);
    this.#at += length;
  }
  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + bytes));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads what a ByteWriter wrote, in the same order. Throws a RangeError beyond the end. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  /** Whether all has been read, and nothing beyond. */
  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }
  u8(): number {
    return this.#view.getUint8(this.#at++);
  }
  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2, true);
  }
  i32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4, true);
  }
  f64(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }
  text(): string {
    const length = this.u16();
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError("a text ends beyond the end");
    return decoder.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }
  texts(): string[] {
    return Array.from({ length: this.u16() }, () => this.text());
  }
  numbers(): number[] {
    return Array.from({ length: this.u16() }, () => this.i32());
  }
  /** How many elements of so many bytes a list holds that `ints` or `bytes` reads next. */
  count(width: 1 | 4): number {
    const length = this.i32();
    // Before any memory is asked for: bytes that are not ours may name any length.
    if (length < 0 || length * width > this.#bytes.length - this.#at)
      throw new RangeError("a list ends beyond the end");
    return length;
  }
  /** Reads `length` numbers into `values`, from `to` on. */
  ints(values: Int32Array, to: number, length: number): void {
    // Copied byte by byte, because the source need not be aligned.
    this.bytes(new Uint8Array(values.buffer), values.byteOffset + to * 4, length * 4);
  }
  /** Reads a list of numbers into an array of its own. */
  list(): Int32Array {
    const values = new Int32Array(this.count(4));
    this.ints(values, 0, values.length);
    return values;
  }
  /** Reads `length` bytes into `values`, from `to` on. */
  bytes(values: Uint8Array, to: number, length: number): void {
    values.set(this.#bytes.subarray(this.#at, this.#at + length), to);
    this.#at += length;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Columns of a detector that keeps nothing there. */
export const nothing = {
  start: () => undefined,
  write: () => undefined,
  read: () => undefined,
};

/** The same for tokens. */
export const nothingOfTokens = { numbers: 0, times: 0, others: 0, write: nothing.write, read: nothing.read };
