/** Reads the wire format of Protocol Buffers by field numbers: https://protobuf.dev/programming-guides/encoding/. */

/** A message: the values of each field in their order. Numbers of 64 bits stay as they are, because only the reader knows their type. */
export class Message {
  readonly #fields = new Map<number, (Buffer | number)[]>();

  constructor(bytes: Buffer) {
    for (let at = 0; at < bytes.length; ) {
      const tag = varint(bytes, at);
      const value = valueAt(bytes, tag.next, tag.value & 7);
      const field = tag.value >>> 3;
      this.#fields.set(field, [...(this.#fields.get(field) ?? []), value.value]);
      at = value.next;
    }
  }

  all(field: number): Message[] {
    return this.#bytes(field).map((bytes) => new Message(bytes));
  }

  text(field: number): string {
    return this.#bytes(field).at(-1)?.toString() ?? "";
  }

  /** Bytes in hexadecimal digits. */
  hex(field: number): string {
    return this.#bytes(field).at(-1)?.toString("hex") ?? "";
  }

  /** Eight bytes as a whole number. */
  fixed(field: number): bigint {
    return this.#bytes(field).at(-1)?.readBigUInt64LE() ?? 0n;
  }

  double(field: number): number {
    return this.#bytes(field).at(-1)?.readDoubleLE() ?? 0;
  }

  number(field: number): number {
    return (this.#fields.get(field) ?? []).filter((value) => typeof value === "number").at(-1) ?? 0;
  }

  has(field: number): boolean {
    return this.#fields.has(field);
  }

  #bytes(field: number): Buffer[] {
    return (this.#fields.get(field) ?? []).filter((value) => typeof value !== "number");
  }
}

function valueAt(bytes: Buffer, at: number, type: number): { value: Buffer | number; next: number } {
  if (type === 0) return varint(bytes, at);
  const { value: length, next: from } =
    type === 2 ? varint(bytes, at) : { value: type === 1 ? 8 : 4, next: at };
  return { value: bytes.subarray(from, from + length), next: from + length };
}

function varint(bytes: Buffer, at: number): { value: number; next: number } {
  let value = 0;
  for (let scale = 1, next = at; ; scale *= 128) {
    const byte = bytes[next++] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next };
  }
}
