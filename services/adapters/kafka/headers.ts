/** Headers of a record, read where they lie: behind its value, in the buffer of its batch. */

/**
 * The value of a header as text, the last one if there are several; undefined if there is none. `at` is where the record's value
 * ends. What is no list of headers (https://kafka.apache.org/documentation/#recordheader) has none.
 */
export function headerAt(bytes: Buffer, at: number, name: string): string | undefined {
  const cursor = new Cursor(bytes, at);
  let found: string | undefined;
  for (let left = cursor.varint(); left > 0 && cursor.isInside; left--) {
    const isWanted = cursor.text(cursor.varint()) === name;
    const value = cursor.text(cursor.varint());
    if (isWanted) found = value;
  }
  return found;
}

class Cursor {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get isInside(): boolean {
    return this.#at < this.#bytes.length;
  }

  /** A number of 7 bits per byte, lowest first, its sign in the lowest bit. */
  varint(): number {
    let sum = 0;
    for (let scale = 1; this.isInside; scale *= 128) {
      const byte = this.#bytes[this.#at++]!;
      sum += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    return sum % 2 === 0 ? sum / 2 : -(sum + 1) / 2;
  }

  /** Nothing where the length is below zero. */
  text(length: number): string | undefined {
    if (length < 0) return undefined;
    const from = this.#at;
    this.#at += length;
    return this.#bytes.toString("utf8", from, this.#at);
  }
}
