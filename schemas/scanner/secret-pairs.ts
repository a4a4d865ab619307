/**
 * Pairs of bytes that every secret shows, so that text without them need not be judged by regular expressions. What
 * services/ingest/secrets.ts knows as a secret shows one pair of the first list, or all of one line of the second.
 * Written `<first bytes, or * for any>:<second bytes>`. A pair is there when the bit of its first byte is among those
 * of its second.
 */
import { BACKSLASH, QUOTE } from "./bytes.ts";

const ONE_PAIR = ["sbr:.", "h:v", "I:Q", "F:wQ", "A:Q", "-:-", "%:3", "*:="];
const PAIRS_TOGETHER = [
  ["e:y", "y:J"],
  ["g:hil", "oprsubkm:_"],
  ["g:hil", "tsk:-"],
  ["x:oa", "o:x"],
  ["x:oa", "a:p2"],
  ["s:k", "oprsubkm:_"],
  ["s:k", "tsk:-"],
  ["r:k", "oprsubkm:_"],
  ["A:I", "I:z"],
  ["y:a", "a:p2"],
  ["w:h", "h:s"],
  ["n:p", "oprsubkm:_"],
  ["::/", "*:@"],
  ["bB:eEaA", "rRpPcC: "],
  ["dD:pP", "rRpPcC: "],
  ["aA:uU", "nN:: '"],
];

/** By byte, the bits of the pairs that it begins and of those that it ends. The sign of the second: no plain text. */
export const FIRST_OF_PAIR = new Int32Array(256);
export const SECOND_OF_PAIR = new Int32Array(256);

const BIT_OF_PAIR = new Map<string, number>();

/** Enters a pair once and answers its bit; there are 31, and the sign is taken. */
function bitOf(pair: string): number {
  const known = BIT_OF_PAIR.get(pair);
  if (known !== undefined) return known;
  const bit = 1 << BIT_OF_PAIR.size;
  BIT_OF_PAIR.set(pair, bit);
  const colon = pair.indexOf(":", 1);
  for (let byte = 0; byte < 256; byte++) {
    const character = String.fromCharCode(byte);
    if (pair.startsWith("*") || pair.slice(0, colon).includes(character)) FIRST_OF_PAIR[byte]! |= bit;
    if (pair.slice(colon + 1).includes(character)) SECOND_OF_PAIR[byte]! |= bit;
  }
  return bit;
}

const bitsOf = (pairs: readonly string[]) => pairs.map(bitOf).reduce((all, bit) => all | bit, 0);
const ONE_SUFFICES = bitsOf(ONE_PAIR);
const ALL_NEEDED = Int32Array.from(PAIRS_TOGETHER, bitsOf);
// Not plain: a quote, a backslash, a control character, part of a longer one.
for (let byte = 0; byte < 256; byte++)
  if (byte < 32 || byte > 126 || byte === QUOTE || byte === BACKSLASH) SECOND_OF_PAIR[byte]! |= 1 << 31;

/** Text so long is judged whatever it holds. */
export const LONG_TEXT = 200;

/** Whether the pairs that were hit, in a text of `length` bytes, leave room for a secret. */
export function mayBeSecret(hit: number, length: number): boolean {
  if ((hit & ONE_SUFFICES) !== 0 || length >= LONG_TEXT) return true;
  for (let i = 0; i < ALL_NEEDED.length; i++) if ((hit & ALL_NEEDED[i]!) === ALL_NEEDED[i]) return true;
  return false;
}
