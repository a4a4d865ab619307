/** Bytes of JSON and of names, and what a stretch of them may hold. */

/** Punctuation of JSON. */
export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const OPEN = 123;
export const CLOSE = 125;
export const OPEN_LIST = 91;
export const CLOSE_LIST = 93;
export const BACKSLASH = 92;
export const DOT = 46;

const byteTable = (test: (byte: number) => boolean) =>
  Uint8Array.from({ length: 256 }, (_, byte) => (test(byte) ? 1 : 0));
/** White space within a line: space, tab, carriage return. */
export const WHITE_BYTE = byteTable((byte) => byte === 32 || byte === 9 || byte === 13);
/** What names of fields, tenants and keys are made of. */
export const NAME_BYTE = byteTable((byte) => /[A-Za-z0-9_.-]/.test(String.fromCharCode(byte)));
const HEX_BYTE = byteTable((byte) => /[0-9a-f]/.test(String.fromCharCode(byte)));

/** Whether a stretch holds only letters, digits and `_ . -`. */
export function isWord(bytes: Buffer, from: number, to: number): boolean {
  for (let pos = from; pos < to; pos++) if (NAME_BYTE[bytes[pos]!] === 0) return false;
  return true;
}

/** Whether a stretch is `<key name>:<hex digits>`, as token.ts describes a token's hash. */
export function isTokenHash(bytes: Buffer, from: number, to: number): boolean {
  let colon = from;
  while (colon < to && NAME_BYTE[bytes[colon]!] === 1) colon++;
  if (bytes[colon] !== COLON || colon === from || colon - from > 32) return false;
  const digits = to - colon - 1;
  if (digits < 16 || digits > 128) return false;
  for (let pos = colon + 1; pos < to; pos++) if (HEX_BYTE[bytes[pos]!] === 0) return false;
  return true;
}
