/** Words that the scanner compares in the bytes: names of fields, and the values of enumerations. */

/** A word as little-endian numbers of four bytes, so that it is compared in two or three steps. */
export interface Word {
  readonly length: number;
  readonly first: number;
  readonly last: number;
  /** The numbers between the first and the last four bytes. */
  readonly middle: readonly number[];
}

/** The word of a text. */
export function word(text: string): Word {
  const bytes = Buffer.from(text, "latin1");
  const middle: number[] = [];
  for (let at = 4; at < bytes.length - 4; at += 4) middle.push(bytes.readInt32LE(at));
  return {
    length: bytes.length,
    first: bytes.readInt32LE(0),
    last: bytes.readInt32LE(bytes.length - 4),
    middle,
  };
}

/** The values of a boolean. */
export const TRUE = word("true");
export const FALSE = word("false");
