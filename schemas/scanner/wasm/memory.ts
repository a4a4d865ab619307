/**
 * Where things lie in the scanner's memory, in bytes, and the form of its tables; TypeScript and AssemblyScript read this
 * file alike. What is marked (filled) is put there by tables.ts before the first line.
 */

/** 16 bytes of ones, which end here, and 16 of zeros: a load from n bytes before keeps the first n of 16. (filled) */
export const MASK_END: usize = 1040;
/** Two times four tables of 16 bytes, see secret-pairs.ts. (filled) */
export const PAIR_TABLES: usize = 1088;
/** Two numbers of 16 bits each, up to PAIR_RULES_END: groups of pairs of which one must be hit, and of which another. (filled) */
export const PAIR_RULES: usize = 1216;
export const PAIR_RULES_END: usize = 1236;
/** The key of the hashes, four numbers of 64 bits: where it starts, the factors of even and of odd halves, and of each step. (filled) */
export const KEY: usize = 1280;
/**
 * Sixteen times the same byte: a quote, a backslash; and what is added to a byte, and how large it may then be as a number
 * with a sign, if it is printable ASCII. In memory, because V8 makes a vector out of nothing in three steps. (filled)
 */
export const QUOTES: usize = 1312;
export const BACKSLASHES: usize = 1328;
export const PRINTABLE_SHIFTS: usize = 1344;
export const PRINTABLE_LIMITS: usize = 1360;
/** The fields of the event, then those of the objects in it and the words. (filled) */
export const GRAMMAR: usize = 2048;
/** Hashes of texts that were found to be no secrets: KNOWN_TEXTS places of 8 bytes, chosen by the hash's low bits. */
export const KNOWN: usize = 8192;
export const KNOWN_TEXTS: usize = 16_384;
/** The event's times, its numbers, and room for what is not kept. */
export const TIMES: usize = 139_264;
export const RECORD: usize = 139_328;
export const NOT_KEPT_AT: usize = 140_800;
/** A stretch of lines that was brought near, and zeros. */
export const NEAR: usize = 141_312;
export const NEAR_SIZE: usize = 131_072;
/** A single line, and zeros; behind it, or at the start if the line lies in the stretch, its provenance while it is read. */
export const LINE: usize = 272_512;
/** Zeros behind what is read, so that nothing runs on. */
export const PADDING: usize = 32;

/** A field takes 64 bytes: its name with `":` behind it in the first 16, which of them count in the next. */
export const FIELD_SIZE: usize = 64;
/** Bytes from the name's first quote to behind the colon. */
export const FIELD_LENGTH: usize = 32;
export const FIELD_KIND: usize = 36;
/** Where the value goes. */
export const FIELD_PLACE: usize = 40;
/** Longest text, most texts, or largest number. */
export const FIELD_MOST: usize = 44;
/** Longest text of a list. */
export const FIELD_LONGEST: usize = 48;
/** Where its object's fields or its words begin and end. */
export const FIELD_FIRST: usize = 52;
export const FIELD_LAST: usize = 56;
/** Which fields an object needs, as bits: all of the first 16 bits, and one of those of the last 16 if there are any. */
export const FIELD_NEEDS: usize = 60;

/** A word takes 32 bytes: 16 of text, its length, and its number. */
export const WORD_SIZE: usize = 32;
export const WORD_LENGTH: usize = 16;
export const WORD_NUMBER: usize = 20;

/** Kinds of values. */
export const IS_TEXT = 0;
export const IS_OBJECT = 1;
export const IS_TIME = 2;
export const IS_WORD = 3;
export const IS_INT = 4;
export const IS_BOOLEAN = 5;
/** A list of texts that are not kept. */
export const IS_LIST = 6;
/** Kinds that just one field has. */
export const IS_TENANT = 7;
export const IS_HASH = 8;
export const IS_AUDIENCE = 9;
export const IS_TARGETS = 10;
export const IS_PROVENANCE = 11;
export const IS_TOKEN = 12;
export const IS_OPERATION = 13;
export const IS_EVENT_ID = 14;

/** Among the fields of an event that were seen: its token has a public id or a hash. */
export const TOKEN_IS_NAMED = 1 << 30;
/** Also among them: a text holds escapes or more than printable ASCII. */
export const HAS_ODD_TEXT = 1 << 29;
