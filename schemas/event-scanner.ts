/**
 * Reads an event's fields where they lie in the bytes, without making objects or strings.
 *
 * Two ways to call it. `strict`: the line comes from outside. The scanner then accepts only what the schema in
 * event.ts certainly accepts, unchanged: known fields, plain ASCII text without escapes, whole numbers, times in the
 * forms that we write. Everything else it leaves to `JSON.parse` and zod, by answering false. `trusted`: the line was
 * written by us after that check; text may then hold UTF-8 and escapes, and unknown fields are skipped, so that an
 * older reader survives a newer writer. A differential test holds both to the schema.
 *
 * The reading itself is done in WebAssembly (scanner/wasm/), 16 bytes at a time; it reads its own memory alone, so a line
 * is copied there, and what was found in it is copied out.
 */
import type { EventColumns } from "./event-view.ts";
import * as view from "./event-view.ts";
import { isComplete, isUnusual } from "./scanner/completeness.ts";
import type { HashKey } from "./scanner/hash-key.ts";
import { openReader, type Reader } from "./scanner/reader.ts";
import * as memory from "./scanner/wasm/memory.ts";

export { type HashKey, hashKey } from "./scanner/hash-key.ts";

// Bound to names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { STRIDE, TIMES, KIND, AUDIENCES, AUDIENCE_AT, TARGETS, TARGET_AT, TIME, OBSERVED, ISSUED, EXPIRES } =
  view;
const { LINE, NEAR, NEAR_SIZE, PADDING, RECORD, TOKEN_IS_NAMED, HAS_ODD_TEXT } = memory;

const NOTHING = Buffer.alloc(0);

/** One scanner reads one line at a time; it keeps nothing of it but what it writes into the slot. */
export class EventScanner {
  readonly #reader: Reader;
  /** The scanner's memory, and in it the record that was read last: the numbers that are always there, all, and the times. */
  #memory: Buffer = NOTHING;
  #head = new Int32Array();
  #numbers = new Int32Array();
  #times = new Float64Array();
  /** The stretch of lines that was brought near. */
  #near: Buffer = NOTHING;
  #nearFrom = 0;
  #nearTo = 0;

  /** `looksSecret` judges text from outside that could be one; what it finds is left to the door. */
  constructor(key: HashKey, looksSecret: (text: string) => boolean = () => false) {
    this.#reader = openReader(key, (from, to) => looksSecret(this.#memory.toString("latin1", from, to)));
    this.#look();
  }

  /**
   * Says that the lines in `bytes[start, end)` are scanned next: copied once, they need not be one by one. They must not
   * change before the next stretch is brought.
   */
  bring(bytes: Buffer, start: number, end: number): void {
    // A longer stretch than there is room for is left where it is.
    const to = end - start > NEAR_SIZE ? start : end;
    const length = bytes.copy(this.#memory, NEAR, start, to);
    this.#memory.fill(0, NEAR + length, NEAR + length + PADDING);
    this.#near = bytes;
    this.#nearFrom = start;
    this.#nearTo = to;
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
    const isNear = bytes === this.#near && start >= this.#nearFrom && end <= this.#nearTo;
    const shift = isNear ? NEAR - this.#nearFrom : this.#take(bytes, start, end) - start;
    const seen = this.#reader.scan(start + shift, end + shift, shift, strict ? 1 : 0);
    if (seen < 0) return false;
    const kind = this.#numbers[KIND]!;
    if (!isComplete(kind, seen, (seen & TOKEN_IS_NAMED) !== 0)) return false;
    if (strict && isUnusual(kind, seen)) return false;
    into.bytes[slot] = bytes;
    into.lines[slot * 2] = start;
    into.lines[slot * 2 + 1] = end;
    into.plain[slot] = (seen & HAS_ODD_TEXT) === 0 ? 1 : 0;
    this.#giveNumbers(into.numbers, slot * STRIDE);
    this.#giveTimes(into.times, slot * TIMES);
    return true;
  }

  /** The keyed hash of a text, low word; `high` gives the other. The same as a scan of that text gives. */
  hash(text: string): { low: number; high: number } {
    const json = Buffer.from(JSON.stringify(text));
    const at = this.#take(json, 1, json.length - 1);
    this.#reader.hash(at, at + json.length - 2);
    return { low: this.#numbers[0]!, high: this.#numbers[1]! };
  }

  /** Copies a line to where lines lie alone, and answers where that is. */
  #take(bytes: Buffer, start: number, end: number): number {
    // What is told of arguments lies behind the line and takes up to three times as much.
    const lacking = LINE + (end - start) * 4 + 256 - this.#memory.length;
    if (lacking > 0) {
      this.#reader.memory.grow(Math.ceil(lacking / 65_536));
      this.#look();
    }
    bytes.copy(this.#memory, LINE, start, end);
    return LINE;
  }

  /** Looks at the memory, which is another object after it has grown. */
  #look(): void {
    const { buffer } = this.#reader.memory;
    this.#memory = Buffer.from(buffer);
    this.#head = new Int32Array(buffer, RECORD, AUDIENCE_AT);
    this.#numbers = new Int32Array(buffer, RECORD, STRIDE);
    this.#times = new Float64Array(buffer, memory.TIMES, TIMES);
  }

  #giveNumbers(into: Int32Array, at: number): void {
    const numbers = this.#numbers;
    into.set(this.#head, at);
    const audiencesEnd = AUDIENCE_AT + numbers[AUDIENCES]! * 4;
    for (let number = AUDIENCE_AT; number < audiencesEnd; number++) into[at + number] = numbers[number]!;
    const targetsEnd = TARGET_AT + numbers[TARGETS]! * 8;
    for (let number = TARGET_AT; number < targetsEnd; number++) into[at + number] = numbers[number]!;
  }

  #giveTimes(into: Float64Array, at: number): void {
    const times = this.#times;
    into[at + TIME] = times[TIME]!;
    into[at + OBSERVED] = times[OBSERVED]!;
    into[at + ISSUED] = times[ISSUED]!;
    into[at + EXPIRES] = times[EXPIRES]!;
  }
}
