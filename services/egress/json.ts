/** Values as one line of JSON in UTF-8, which is how streams and the store hold them. */

export const toBytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

/** What was written by `toBytes`; undefined for what is not there. The writer is us, so its shape is not checked again. */
export function fromBytes<Value>(bytes: Uint8Array | undefined): Value | undefined {
  if (bytes === undefined) return undefined;
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()) as Value;
}
