/** What the scanner's memory holds before the first line: its grammar, and tables to look bytes up in. */
import { STRIDE } from "../event-view.ts";
import { type Field, NOT_KEPT, ROOT } from "./grammar.ts";
import { PAIR_RULES, PAIR_TABLES } from "./secret-pairs.ts";
import * as memory from "./wasm/memory.ts";

/** The beginning of the memory, up to the place for texts that are known. */
export const TABLES: Uint8Array = new Uint8Array(memory.KNOWN);

const numbers = new DataView(TABLES.buffer);
const write = (at: number, number: number) => numbers.setUint32(at, number, true);

/** Writes a name or a word, which are compared 16 bytes at once. Answers its length. */
function writeText(at: number, text: string): number {
  if (text.length > 16) throw new RangeError(`${text} is too long to be compared at once`);
  return Buffer.from(TABLES.buffer).write(text, at, "latin1");
}

if (memory.RECORD + STRIDE * 4 > memory.NOT_KEPT_AT) throw new RangeError("a record has outgrown its place");
TABLES.fill(255, memory.MASK_END - 16, memory.MASK_END);
const fill = (at: number, byte: number) => TABLES.fill(byte, at, at + 16);
fill(memory.QUOTES, 34);
fill(memory.BACKSLASHES, 92);
// From -128 on for the space, up to -34 for `~`; everything else is larger.
fill(memory.PRINTABLE_SHIFTS, 128 - 32);
fill(memory.PRINTABLE_LIMITS, -34);
TABLES.set(PAIR_TABLES, memory.PAIR_TABLES);
new Uint16Array(TABLES.buffer).set(PAIR_RULES, memory.PAIR_RULES / 2);

/** Words that come often, the most often last: they are looked for first. */
const OFTEN = ["token.issued", "api.called"];

let used: number = memory.GRAMMAR;

/** Room for so many bytes of grammar. */
function room(size: number): number {
  used += size;
  return used - size;
}

/** Where the event's own fields end. */
export const ROOT_END: number = writeFields(ROOT).last;

function writeFields(fields: readonly Field[]): { first: number; last: number } {
  const first = room(fields.length * memory.FIELD_SIZE);
  for (const [at, field] of fields.entries()) writeField(first + at * memory.FIELD_SIZE, field);
  return { first, last: first + fields.length * memory.FIELD_SIZE };
}

function writeField(at: number, field: Field): void {
  const { first, last } = field.words.length > 0 ? writeWords(field) : writeFields(field.fields);
  const length = writeText(at, `${field.name}":`);
  TABLES.fill(255, at + 16, at + 16 + length);
  write(at + memory.FIELD_LENGTH, length + 1);
  write(at + memory.FIELD_KIND, field.kind);
  write(at + memory.FIELD_PLACE, placeOf(field));
  write(at + memory.FIELD_MOST, field.most);
  write(at + memory.FIELD_LONGEST, field.longest);
  write(at + memory.FIELD_FIRST, first);
  write(at + memory.FIELD_LAST, last);
  write(at + memory.FIELD_NEEDS, field.needs | (field.needsOneOf << 16));
}

function placeOf({ kind, place }: Field): number {
  if (place === NOT_KEPT) return memory.NOT_KEPT_AT;
  return kind === memory.IS_TIME ? memory.TIMES + place * 8 : memory.RECORD + place * 4;
}

function writeWords({ words, add }: Field): { first: number; last: number } {
  const first = room(words.length * memory.WORD_SIZE);
  const inTurn = [...words].sort((one, other) => OFTEN.indexOf(other) - OFTEN.indexOf(one));
  for (const [index, word] of inTurn.entries()) {
    const at = first + index * memory.WORD_SIZE;
    write(at + memory.WORD_LENGTH, writeText(at, word));
    write(at + memory.WORD_NUMBER, words.indexOf(word) + add);
  }
  return { first, last: first + words.length * memory.WORD_SIZE };
}
