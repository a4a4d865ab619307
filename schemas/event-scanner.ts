/**
 * Reads an event's fields where they lie in the bytes, without making objects or strings.
 *
 * Two ways to call it. `strict`: the line comes from outside. The scanner then accepts only what the schema in
 * event.ts certainly accepts, unchanged: known fields, plain ASCII text without escapes, whole numbers, times in the
 * forms that we write. Everything else it leaves to `JSON.parse` and zod, by answering false. `trusted`: the line was
 * written by us after that check; text may then hold UTF-8 and escapes, and unknown fields are skipped, so that an
 * older reader survives a newer writer. A differential test holds both to the schema. (This file is long because one
 * grammar stands in one place; nothing else needs to know it.)
 */
import type { EventColumns } from "./event-view.ts";
import * as view from "./event-view.ts";
import { MAX_TARGETS, ORIGINS, TARGET_LENGTH } from "./operation.ts";
import * as characters from "./scanner/bytes.ts";
import { isComplete, isUnusual } from "./scanner/completeness.ts";
import type { Field } from "./scanner/grammar.ts";
import * as grammar from "./scanner/grammar.ts";
import type { HashKey } from "./scanner/hash-key.ts";
import * as pairs from "./scanner/secret-pairs.ts";
import { readTime } from "./scanner/times.ts";
import type { Word } from "./scanner/words.ts";
import * as words from "./scanner/words.ts";

export { type HashKey, hashKey } from "./scanner/hash-key.ts";

// Bound to names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { STRIDE, TIMES, KIND, STATUS, GENERATION } = view;
const { AUDIENCES, AUDIENCE_AT, MAX_AUDIENCES, TARGETS, TARGET_AT } = view;
const { TARGET_ORIGINS, SOURCED, FROM_OUTPUT } = view;
const { QUOTE, COMMA, COLON, OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, BACKSLASH, DOT } = characters;
const { NAME_BYTE, WHITE_BYTE, isTokenHash, isWord } = characters;
const { FIRST_OF_PAIR, SECOND_OF_PAIR, LONG_TEXT } = pairs;
const { ROOT, TOKEN_FIELD, OPERATION_FIELD, OWN_NAMES, NOT_KEPT } = grammar;
const { IS_TEXT, IS_OBJECT, IS_TIME, IS_WORD, IS_INT, IS_BOOLEAN, IS_LIST } = grammar;
const { IS_TENANT, IS_HASH, IS_AUDIENCE, IS_TARGETS } = grammar;
const { TRUE, FALSE } = words;

const SPACE = 32;
/** Texts that are remembered as plain, less one. */
const KNOWN_MASK = 0x3fff;
/** Bytes that must be readable behind a line, because words are compared four bytes at a time. */
const PADDING = 32;

/** Numbers that a scan leaves behind for fields that may be missing. */
const BLANK = new Int32Array(AUDIENCE_AT);
BLANK[GENERATION] = -1;
BLANK[STATUS] = -1;
const NO_TIMES = new Float64Array(TIMES).fill(Number.NaN);

/** One scanner reads one line at a time; it keeps nothing of it but what it writes into the slot. */
export class EventScanner {
  readonly #key: HashKey;
  readonly #looksSecret: (text: string) => boolean;
  #bytes: Buffer = Buffer.alloc(0);
  #four: DataView = new DataView(new ArrayBuffer(0));
  #pos = 0;
  #end = 0;
  #strict = true;
  /** Hashes of texts that were found to be no secrets, low and high side by side, at places given by the low half. */
  readonly #known = new Int32Array((KNOWN_MASK + 1) * 2);
  /** Where the name in hand lies, of an object whose names are free; and whether the object ended in good order. */
  #nameFrom = 0;
  #nameTo = 0;
  #isOver = false;
  /** The token in hand has a public id or a hash. */
  #tokenIsNamed = false;
  /** What is told of the operation's arguments: where a name begins and ends, and 1 + index in ORIGINS. */
  readonly #origins: number[] = [];
  #numbers: Int32Array = BLANK;
  #times: Float64Array = NO_TIMES;
  /** Where the record in hand begins in `#numbers` and `#times`. */
  #at = 0;
  #timesAt = 0;

  /** `looksSecret` judges text from outside that could be one; what it finds is left to the door. */
  constructor(key: HashKey, looksSecret: (text: string) => boolean = () => false) {
    this.#key = key;
    this.#looksSecret = looksSecret;
  }

  /** Reads the line `bytes[start, end)` into a slot. False: not certain, ask the schema; the slot is then undefined. */
  scan(
    bytes: Buffer,
    start: number,
    end: number,
    into: EventColumns,
    slot: number,
    strict: boolean,
  ): boolean {
    if (end + PADDING > bytes.length) {
      const padded = Buffer.alloc(end - start + PADDING);
      bytes.copy(padded, 0, start, end);
      return this.scan(padded, 0, end - start, into, slot, strict);
    }
    if (this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#four = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.#pos = start;
    this.#end = end;
    this.#strict = strict;
    this.#numbers = into.numbers;
    this.#times = into.times;
    this.#at = slot * STRIDE;
    this.#timesAt = slot * TIMES;
    this.#origins.length = 0;
    this.#numbers.set(BLANK, this.#at);
    for (let time = this.#timesAt; time < this.#timesAt + TIMES; time++) this.#times[time] = Number.NaN;
    into.bytes[slot] = bytes;
    into.lines[slot * 2] = start;
    into.lines[slot * 2 + 1] = end;
    const seen = this.#object(ROOT);
    if (seen < 0) return false;
    // Not beyond the line: what follows it may be white space too.
    while (this.#pos < end && WHITE_BYTE[bytes[this.#pos]!] === 1) this.#pos++;
    const kind = this.#numbers[this.#at + KIND]!;
    if (this.#pos !== end || !isComplete(kind, seen, this.#tokenIsNamed)) return false;
    return !strict || !isUnusual(kind, seen);
  }

  /** The keyed hash of a text, low word; `high` gives the other. The same as a scan of that text gives. */
  hash(text: string): { low: number; high: number } {
    const json = Buffer.from(JSON.stringify(text));
    const scratch = new Int32Array(4);
    this.#bytes = json;
    this.#four = new DataView(json.buffer, json.byteOffset, json.length);
    this.#numbers = scratch;
    this.#write(0, 1, json.length - 1);
    return { low: scratch[0]!, high: scratch[1]! };
  }

  // ---- objects ----

  /** An object with known fields. Answers the set of fields seen, as bits; -1 if it cannot be accepted. */
  #object(fields: readonly Field[]): number {
    const bytes = this.#bytes;
    if (bytes[this.#pos++] !== OPEN) return -1;
    let seen = 0;
    let next = 0;
    for (;;) {
      if (bytes[this.#pos]! <= SPACE) this.#space();
      const at = this.#field(fields, next);
      if (at >= 0) {
        const bit = 1 << at;
        // JSON.parse keeps the last of two equal names; that is not ours to decide here.
        if ((seen & bit) !== 0) return -1;
        if (bytes[this.#pos]! <= SPACE) this.#space();
        if (!this.#value(fields[at]!)) return -1;
        seen |= bit;
        next = at + 1;
      } else if (!this.#unknown(seen)) return bytes[this.#pos - 1] === CLOSE && seen === 0 ? seen : -1;
      const then = this.#separator();
      if (then === CLOSE) return seen;
      if (then !== COMMA) return -1;
    }
  }

  /** Which of the fields stands here, trying `next` first, and passes over its name and colon; -1 if none. */
  #field(fields: readonly Field[], next: number): number {
    const { length } = fields;
    for (let tried = 0, at = next; tried < length; tried++, at++) {
      if (at >= length) at = 0;
      if (this.#matches(fields[at]!.name)) return at;
    }
    return -1;
  }

  /** Reads the value of a field. */
  #value(field: Field): boolean {
    switch (field.kind) {
      case IS_TEXT:
        return this.#text(field.place, field.most);
      case IS_OBJECT:
        return this.#inner(field);
      case IS_TIME:
        return this.#time(field.place);
      case IS_WORD:
        return this.#word(field.words, field.place, field.add);
      case IS_INT:
        return this.#int(field.most, field.place);
      case IS_BOOLEAN:
        return this.#boolean(field.place);
      case IS_LIST:
        return this.#texts(field.most, field.place, NOT_KEPT, 0) >= 0;
      default:
        return this.#ownKind(field);
    }
  }

  #inner(field: Field): boolean {
    const seen = this.#object(field.fields);
    if (field === TOKEN_FIELD) this.#tokenIsNamed = (seen & OWN_NAMES) !== 0;
    if (field === OPERATION_FIELD && this.#origins.length > 0) this.#giveOrigins();
    if (seen < 0 || (seen & field.needs) !== field.needs) return false;
    return field.needsOneOf === 0 || (seen & field.needsOneOf) !== 0;
  }

  /** Values of a kind that just one field has. */
  #ownKind({ kind, place, most, words }: Field): boolean {
    switch (kind) {
      case IS_TENANT:
        return (
          this.#text(place, most) && (!this.#strict || isWord(this.#bytes, this.#from(place), this.#pos - 1))
        );
      case IS_HASH:
        return (
          this.#text(place, most) &&
          (!this.#strict || isTokenHash(this.#bytes, this.#from(place), this.#pos - 1))
        );
      case IS_AUDIENCE:
        return this.#audience(place, most);
      case IS_TARGETS:
        return this.#targets();
      default:
        return this.#provenance(words);
    }
  }

  #audience(place: number, longest: number): boolean {
    const count = this.#texts(MAX_AUDIENCES, longest, place, 4);
    if (count < 0) return false;
    this.#numbers[this.#at + AUDIENCES] = count;
    return true;
  }

  /** `{"field": ["value", ...], ...}` with at most MAX_TARGETS values in all. */
  #targets(): boolean {
    const numbers = this.#numbers;
    const first = this.#at + TARGET_AT;
    let count = 0;
    for (let name = this.#firstName(); name > 0; name = this.#nextName(first, count)) {
      const at = first + count * 8;
      this.#write(at, this.#nameFrom, this.#nameTo);
      const added = this.#texts(MAX_TARGETS - count, TARGET_LENGTH, TARGET_AT + count * 8 + 4, 8);
      // In the schema a list must not be empty.
      if (added <= 0) return false;
      for (let next = at + 8; next < at + added * 8; next += 8) numbers.copyWithin(next, at, at + 4);
      count += added;
    }
    numbers[this.#at + TARGETS] = count;
    return this.#isOver;
  }

  /** `{"field": "word", ...}` */
  #provenance(words: readonly Word[]): boolean {
    const first = this.#at + TARGET_AT + MAX_TARGETS * 8;
    const origins = this.#origins;
    for (let name = this.#firstName(); name > 0; name = this.#nextName(first, 0)) {
      // JSON.parse keeps the last of two equal names; that is not ours to decide here.
      if (this.#strict && this.#isTold()) return false;
      const [from, to] = [this.#nameFrom, this.#nameTo];
      const origin = this.#wordIndex(words) + 1;
      if (origin === 0) return false;
      origins.push(from, to, origin);
    }
    return this.#isOver;
  }

  /** Whether the name in hand was there before. */
  #isTold(): boolean {
    const origins = this.#origins;
    for (let at = 0; at < origins.length; at += 3)
      if (this.#same(origins[at]!, origins[at + 1]!)) return true;
    return false;
  }

  /** Gives the operation's targets the origin of their argument. */
  #giveOrigins(): void {
    const numbers = this.#numbers;
    const origins = this.#origins;
    let given = 0;
    for (let target = numbers[this.#at + TARGETS]! - 1; target >= 0; target--)
      given |= this.#originOf(target) << (target * 2);
    let fromOutput = 0;
    for (let at = 2; at < origins.length; at += 3) if (ORIGINS[origins[at]! - 1] === "output") fromOutput++;
    numbers[this.#at + TARGET_ORIGINS] = given;
    numbers[this.#at + SOURCED] = origins.length / 3;
    numbers[this.#at + FROM_OUTPUT] = fromOutput;
    origins.length = 0;
  }

  /** The origin of a target's field, or of the longest argument that it is a part of: `argument.part`. */
  #originOf(target: number): number {
    const origins = this.#origins;
    let origin = 0;
    let longest = 0;
    for (let at = 0; at < origins.length; at += 3) {
      const length = origins[at + 1]! - origins[at]!;
      if (length <= longest || !this.#isOf(target, origins[at]!, origins[at + 1]!)) continue;
      origin = origins[at + 2]!;
      longest = length;
    }
    return origin;
  }

  /** Whether a target's field is the argument whose name lies between these places, or a part of it. */
  #isOf(target: number, from: number, to: number): boolean {
    const at = this.#at + TARGET_AT + target * 8;
    const field = this.#numbers[at + 2]!;
    const length = to - from;
    const rest = this.#numbers[at + 3]! - length;
    if (rest !== 0 && (rest < 0 || this.#bytes[field + length] !== DOT)) return false;
    return this.#bytes.compare(this.#bytes, from, to, field, field + length) === 0;
  }

  /** The byte that follows a value, which is passed over. */
  #separator(): number {
    if (this.#bytes[this.#pos]! <= SPACE) this.#space();
    return this.#bytes[this.#pos++]!;
  }

  /** Skips a member that is not known, in lines that we wrote. An empty object ends here too. */
  #unknown(seen: number): boolean {
    if (seen === 0 && this.#bytes[this.#pos] === CLOSE) {
      this.#pos++;
      return false;
    }
    if (this.#strict || this.#bytes[this.#pos] !== QUOTE) return false;
    return this.#skip() && this.#separator() === COLON && this.#skip();
  }

  #matches(word: Word): boolean {
    const four = this.#four;
    const pos = this.#pos;
    if (four.getInt32(pos, true) !== word.first) return false;
    const { length, middle } = word;
    if (four.getInt32(pos + length - 4, true) !== word.last) return false;
    for (let i = 0; i < middle.length; i++)
      if (four.getInt32(pos + 4 + i * 4, true) !== middle[i]) return false;
    this.#pos = pos + length;
    return true;
  }

  /**
   * Goes to the value of an object's first member, whatever its name; `#nameFrom` and `#nameTo` tell where that lies. 0
   * at the end of the object, `#isOver` tells whether in good order.
   */
  #firstName(): number {
    this.#isOver = false;
    if (this.#bytes[this.#pos++] !== OPEN) return 0;
    if (this.#bytes[this.#pos]! <= SPACE) this.#space();
    if (this.#bytes[this.#pos] !== CLOSE) return this.#name() ? 1 : 0;
    this.#pos++;
    this.#isOver = true;
    return 0;
  }

  /** The same for the member after this one. Its name must differ from those of the `count` targets before it. */
  #nextName(first: number, count: number): number {
    const then = this.#separator();
    this.#isOver = then === CLOSE;
    if (then !== COMMA) return 0;
    if (this.#bytes[this.#pos]! <= SPACE) this.#space();
    if (!this.#name()) return 0;
    if (!this.#strict) return 1;
    for (let at = first; at < first + count * 8; at += 8) {
      const from = this.#numbers[at + 2]!;
      if (this.#same(from, from + this.#numbers[at + 3]!)) return 0;
    }
    return 1;
  }

  /** Whether the name in hand equals the bytes between these places. */
  #same(from: number, to: number): boolean {
    return this.#bytes.compare(this.#bytes, from, to, this.#nameFrom, this.#nameTo) === 0;
  }

  /** A quoted name as FieldName in event.ts describes it, and its colon. */
  #name(): boolean {
    const bytes = this.#bytes;
    if (bytes[this.#pos] !== QUOTE) return false;
    const from = this.#pos + 1;
    const first = bytes[from]! | 32;
    if (first < 97 || first > 122) return false;
    let hit = 0;
    let pos = from;
    for (; bytes[pos] !== QUOTE; pos++) {
      if (NAME_BYTE[bytes[pos]!] === 0 || pos === from + 64) return false;
      hit |= FIRST_OF_PAIR[bytes[pos]!]! & SECOND_OF_PAIR[bytes[pos + 1]!]!;
    }
    if (pos >= this.#end || (this.#strict && hit !== 0 && this.#isSecret(from, pos, hit))) return false;
    this.#nameFrom = from;
    this.#nameTo = pos;
    this.#pos = pos + 1;
    if (this.#separator() !== COLON) return false;
    if (bytes[this.#pos]! <= SPACE) this.#space();
    return true;
  }

  /** A list of texts; each is written `step` numbers after the one before. Answers how many, -1 if refused. */
  #texts(most: number, longest: number, place: number, step: number): number {
    const bytes = this.#bytes;
    if (bytes[this.#pos++] !== OPEN_LIST) return -1;
    if (bytes[this.#pos]! <= SPACE) this.#space();
    if (bytes[this.#pos] === CLOSE_LIST) {
      this.#pos++;
      return 0;
    }
    for (let count = 0; count < most; ) {
      if (bytes[this.#pos]! <= SPACE) this.#space();
      if (!this.#text(place < 0 ? NOT_KEPT : place + count * step, longest)) return -1;
      count++;
      const then = this.#separator();
      if (then === CLOSE_LIST) return count;
      if (then !== COMMA) return -1;
    }
    return -1;
  }

  /** A text of 1 to `longest` characters; its hash and range are written to four numbers from `place` on. */
  #text(place: number, longest: number): boolean {
    const four = this.#four;
    const end = this.#end;
    if (this.#bytes[this.#pos] !== QUOTE) return false;
    const from = this.#pos + 1;
    const { lowFactor, highFactor } = this.#key;
    let { low, high } = this.#key;
    let pos = from;
    let word = 0;
    let stops = 0;
    // Four bytes at a time up to the first that is no plain text; of the signs that tell so, the lowest is true.
    for (; pos < end; pos += 4) {
      word = four.getInt32(pos, true);
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      stops =
        ((((quote - 0x01010101) & ~quote) |
          ((backslash - 0x01010101) & ~backslash) |
          (word - 0x20202020) |
          (word + 0x01010101) |
          word) &
          0x80808080) |
        0;
      if (stops !== 0) break;
      low = Math.imul(low ^ word, lowFactor);
      low ^= low >>> 15;
      high = Math.imul(high ^ word, highFactor);
      high ^= high >>> 13;
    }
    const rest = 31 - Math.clz32(stops & -stops) - 7;
    pos += rest >> 3;
    if (stops === 0 || pos >= end) return false;
    const length = pos - from;
    if (this.#bytes[pos] !== QUOTE || length > longest) return !this.#strict && this.#anyText(place, from);
    if (length === 0) return false;
    const tail = word & ((1 << rest) - 1);
    low = lastOf(Math.imul(low ^ tail, lowFactor) + length, 0x85ebca6b, 13);
    high = lastOf(Math.imul(high ^ tail, highFactor) + length, 0xc2b2ae35, 16);
    if (this.#strict && !this.#isPlain(low, high, from, pos)) return false;
    this.#pos = pos + 1;
    if (place < 0) return true;
    const index = this.#at + place;
    const numbers = this.#numbers;
    numbers[index] = low;
    numbers[index + 1] = high;
    numbers[index + 2] = from;
    numbers[index + 3] = length;
    return true;
  }

  /** Text of a line that we wrote: it may be long, hold escapes and any UTF-8. */
  #anyText(place: number, from: number): boolean {
    const bytes = this.#bytes;
    let pos = from;
    for (; pos < this.#end && bytes[pos] !== QUOTE; pos++) if (bytes[pos] === BACKSLASH) pos++;
    if (pos >= this.#end) return false;
    this.#pos = pos + 1;
    if (place >= 0) this.#write(this.#at + place, from, pos);
    return true;
  }

  /** Whether a text is none that could be a secret. Most texts come again and again: those are known by their hash. */
  #isPlain(low: number, high: number, from: number, to: number): boolean {
    const at = (low & KNOWN_MASK) * 2;
    const known = this.#known;
    if (known[at] === low && known[at + 1] === high) return true;
    const bytes = this.#bytes;
    let hit = 0;
    for (let pos = from, first = 0; pos < to; pos++) {
      hit |= first & SECOND_OF_PAIR[bytes[pos]!]!;
      first = FIRST_OF_PAIR[bytes[pos]!]!;
    }
    if ((hit !== 0 || to - from >= LONG_TEXT) && this.#isSecret(from, to, hit)) return false;
    known[at] = low;
    known[at + 1] = high;
    return true;
  }

  /** Only text with pairs that a secret could begin with is decoded and judged. */
  #isSecret(from: number, to: number, hit: number): boolean {
    return pairs.mayBeSecret(hit, to - from) && this.#looksSecret(this.#bytes.toString("latin1", from, to));
  }

  /** Writes hash and range of `bytes[from, to)`: what `#text` gives, for any bytes. */
  #write(index: number, from: number, to: number): void {
    const bytes = this.#bytes;
    const four = this.#four;
    const { lowFactor, highFactor } = this.#key;
    const length = to - from;
    let { low, high } = this.#key;
    let pos = from;
    // The shifts keep low bits from staying linear.
    for (const words = to - 3; pos < words; pos += 4) {
      const word = four.getInt32(pos, true);
      low = Math.imul(low ^ word, lowFactor);
      low ^= low >>> 15;
      high = Math.imul(high ^ word, highFactor);
      high ^= high >>> 13;
    }
    let tail = 0;
    for (let shift = 0; pos < to; pos++, shift += 8) tail |= bytes[pos]! << shift;
    const numbers = this.#numbers;
    numbers[index] = lastOf(Math.imul(low ^ tail, lowFactor) + length, 0x85ebca6b, 13);
    numbers[index + 1] = lastOf(Math.imul(high ^ tail, highFactor) + length, 0xc2b2ae35, 16);
    numbers[index + 2] = from;
    numbers[index + 3] = length;
  }

  /** Where a text's bytes begin; just after it was read they end before the quote in front of the position. */
  #from(place: number): number {
    return this.#numbers[this.#at + place + 2]!;
  }

  #word(words: readonly Word[], column: number, add: number): boolean {
    const index = this.#wordIndex(words);
    if (index >= 0 && column >= 0) this.#numbers[this.#at + column] = index + add;
    return index >= 0;
  }

  /** Which of the words stands here, which is passed over; -1 if none. */
  #wordIndex(words: readonly Word[]): number {
    for (let index = 0; index < words.length; index++) if (this.#matches(words[index]!)) return index;
    return -1;
  }

  /** A whole number from 0 to `most`, plain digits. */
  #int(most: number, column: number): boolean {
    const bytes = this.#bytes;
    const from = this.#pos;
    let pos = from;
    let value = 0;
    for (; pos - from < 11; pos++) {
      const digit = bytes[pos]! - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (pos === from || value > most || (bytes[from] === 48 && pos - from > 1)) return false;
    this.#numbers[this.#at + column] = value;
    this.#pos = pos;
    return true;
  }

  #boolean(column: number): boolean {
    if (this.#matches(TRUE)) this.#numbers[this.#at + column] = 1;
    else if (!this.#matches(FALSE)) return false;
    return true;
  }

  #time(column: number): boolean {
    if (this.#bytes[this.#pos] !== QUOTE) return false;
    if (!readTime(this.#bytes, this.#pos + 1, this.#times, this.#timesAt + column)) return false;
    this.#pos += this.#bytes[this.#pos + 20] === DOT ? 26 : 22;
    return true;
  }

  /** Skips any JSON value in a line that we wrote, without recursion. */
  #skip(): boolean {
    const bytes = this.#bytes;
    let depth = 0;
    do {
      this.#space();
      const byte = bytes[this.#pos];
      if (byte === QUOTE) {
        let pos = this.#pos + 1;
        for (; pos < this.#end && bytes[pos] !== QUOTE; pos++) if (bytes[pos] === BACKSLASH) pos++;
        this.#pos = pos + 1;
      } else if (byte === OPEN || byte === OPEN_LIST) {
        depth++;
        this.#pos++;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        if (depth === 0) return false;
        depth--;
        this.#pos++;
      } else this.#pos++;
      if (depth === 0 && byte !== QUOTE && byte !== CLOSE && byte !== CLOSE_LIST) {
        // A number or a word: up to what ends it.
        while (
          this.#pos < this.#end &&
          bytes[this.#pos] !== COMMA &&
          bytes[this.#pos] !== CLOSE &&
          bytes[this.#pos] !== CLOSE_LIST
        )
          this.#pos++;
      }
    } while (depth > 0 && this.#pos < this.#end);
    return depth === 0 && this.#pos <= this.#end;
  }

  #space(): void {
    const bytes = this.#bytes;
    for (let byte = bytes[this.#pos]; byte === 32 || byte === 9 || byte === 13; byte = bytes[++this.#pos]);
  }
}

/** The last step of a hash, after which each bit depends on all. */
function lastOf(hash: number, factor: number, shift: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 16), factor);
  return mixed ^ (mixed >>> shift);
}
