/**
 * The event on the hot path: columns of numbers in one large array, filled by the scanner (event-scanner.ts) and
 * reused. A string is there as a keyed 64-bit hash, good for look-ups and comparison, and as a range of bytes that is
 * decoded only when someone asks for the text. The zod schema in event.ts stays the definition; a property test holds
 * the two together.
 *
 * Hashes are keyed with the installation's key, so that nobody who does not know it can make two names collide, and
 * are stable from run to run, because state holds them.
 */
import { EVENT_KINDS, type EventKind } from "./event.ts";
import { MAX_TARGETS } from "./operation.ts";

/** Columns of whole numbers. */
export const KIND = 0;
export const TIER = 1;
/** 0 none, else 1 + index in OUTCOMES. */
export const RESULT = 2;
export const STATUS = 3;
/** 1 if the call was made by a provider by itself. */
export const PROVIDER = 4;
export const ASN = 5;
/** -1 if absent. */
export const GENERATION = 6;
export const AUDIENCES = 7;
export const TARGETS = 8;
/** Where each target came from, two bits a target from the lowest: 0 not told, else 1 + index in ORIGINS. */
export const TARGET_ORIGINS = 9;
/** Arguments of which it is told where they came from, and those of them that came from an earlier output. */
export const SOURCED = 10;
export const FROM_OUTPUT = 11;
const SCALARS = 12;

/** Columns of text: four numbers each (hash low, hash high, offset, length); length 0 is absent. */
export const TEXT = {
  id: 0,
  tenant: 1,
  agent: 2,
  version: 3,
  instance: 4,
  trustUnit: 5,
  workflow: 6,
  session: 7,
  trace: 8,
  publicId: 9,
  hash: 10,
  family: 11,
  rootGrant: 12,
  binding: 13,
  proof: 14,
  service: 15,
  operation: 16,
  ip: 17,
  node: 18,
  source: 19,
  group: 20,
} as const;
export type TextColumn = (typeof TEXT)[keyof typeof TEXT];
const TEXTS = Object.keys(TEXT).length;
/** Where the numbers of text column 0 begin within a record. */
export const TEXT_AT = SCALARS;
export const MAX_AUDIENCES = 16;
/** Audience i: four numbers. */
export const AUDIENCE_AT = TEXT_AT + TEXTS * 4;
/** Target i: eight numbers, field then value. */
export const TARGET_AT = AUDIENCE_AT + MAX_AUDIENCES * 4;
export const STRIDE = TARGET_AT + MAX_TARGETS * 8;

/** Columns of times, ms since 1970; NaN if absent. */
export const TIME = 0;
export const OBSERVED = 1;
export const ISSUED = 2;
export const EXPIRES = 3;
export const TIMES = 4;

/** Storage for events; a slot holds one. */
export interface EventColumns {
  readonly capacity: number;
  readonly numbers: Int32Array;
  readonly times: Float64Array;
  /** The bytes that a slot's ranges point into. */
  readonly bytes: (Buffer | undefined)[];
  /** Start and end of each slot's line within its bytes. */
  readonly lines: Int32Array;
  /** 1 where all texts of the slot are printable ASCII without escapes. */
  readonly plain: Uint8Array;
}

/** Room for so many events. */
export function eventColumns(capacity: number): EventColumns {
  return {
    capacity,
    numbers: new Int32Array(capacity * STRIDE),
    times: new Float64Array(capacity * TIMES),
    bytes: new Array(capacity).fill(undefined),
    lines: new Int32Array(capacity * 2),
    plain: new Uint8Array(capacity),
  };
}

/**
 * One event in a slot. The same view is moved from slot to slot: keep nothing of it but numbers and texts.
 *
 * Its functions are called a hundred times an event. V8 puts a function of at most 27 bytes of bytecode wherever it is
 * called, and longer ones only until a budget is used up: hence the fields that say where things begin, and why they are
 * no private ones, which take more bytes. They are for this class alone.
 */
export class EventView {
  columns: EventColumns;
  slot = 0;
  /** Numbers and times of the columns, and where in them the record and its parts begin. */
  numbers: Int32Array;
  times: Float64Array;
  at = 0;
  lows = TEXT_AT;
  highs = TEXT_AT + 1;
  lengths = TEXT_AT + 3;
  timesAt = 0;
  /** The id's text, once it was asked for. */
  #id: string | undefined;

  constructor(columns: EventColumns) {
    this.columns = columns;
    this.numbers = columns.numbers;
    this.times = columns.times;
  }

  /** Points the view at a slot; to be called again when another event was read into it, or `columns` are other ones. */
  move(slot: number): this {
    const { numbers, times } = this.columns;
    this.numbers = numbers;
    this.times = times;
    this.slot = slot;
    this.at = slot * STRIDE;
    this.lows = this.at + TEXT_AT;
    this.highs = this.lows + 1;
    this.lengths = this.lows + 3;
    this.timesAt = slot * TIMES;
    this.#id = undefined;
    return this;
  }

  get id(): string {
    this.#id ??= this.text(TEXT.id);
    return this.#id;
  }
  number(column: number): number {
    return this.numbers[this.at + column]!;
  }
  get kind(): EventKind {
    return EVENT_KINDS[this.numbers[this.at + KIND]!]!;
  }
  get kindIndex(): number {
    return this.numbers[this.at + KIND]!;
  }
  get tier(): number {
    return this.numbers[this.at + TIER]!;
  }
  /** Whether the outcome is known to be `ok`, `denied` or `error`. */
  get accepted(): boolean {
    return this.numbers[this.at + RESULT]! === 1;
  }
  get denied(): boolean {
    return this.numbers[this.at + RESULT]! === 2;
  }
  /** Where target `index` came from: 0 not told, else 1 + index in ORIGINS. */
  origin(index: number): number {
    return (this.numbers[this.at + TARGET_ORIGINS]! >>> (index * 2)) & 3;
  }
  get time(): number {
    return this.times[this.timesAt + TIME]!;
  }
  get observedAt(): number {
    return this.times[this.timesAt + OBSERVED]!;
  }
  get issuedAt(): number {
    return this.times[this.timesAt + ISSUED]!;
  }
  get expiresAt(): number {
    return this.times[this.timesAt + EXPIRES]!;
  }
  has(column: TextColumn): boolean {
    return this.numbers[this.lengths + column * 4]! > 0;
  }
  low(column: TextColumn): number {
    return this.numbers[this.lows + column * 4]!;
  }
  high(column: TextColumn): number {
    return this.numbers[this.highs + column * 4]!;
  }
  /** The text of a column; empty if absent. */
  text(column: TextColumn): string {
    return this.textAt(TEXT_AT + column * 4);
  }
  /** The text whose four numbers begin at `offset` of the record. */
  textAt(offset: number): string {
    const { numbers } = this;
    const from = numbers[this.at + offset + 2]!;
    const to = from + numbers[this.at + offset + 3]!;
    const { bytes, plain } = this.columns;
    return decode(bytes[this.slot], from, to, plain[this.slot] === 1);
  }
  /** Copies the first bytes of a text, as they stand in the JSON, at most `most`; answers how many. */
  copyText(offset: number, to: Uint8Array, at: number, most: number): number {
    const { numbers } = this;
    const from = numbers[this.at + offset + 2]!;
    const length = Math.min(most, numbers[this.at + offset + 3]!);
    const bytes = this.columns.bytes[this.slot]!;
    for (let i = 0; i < length; i++) to[at + i] = bytes[from + i]!;
    return length;
  }
  /** The whole event as one line of JSON. */
  line(): string {
    const { lines, bytes } = this.columns;
    return bytes[this.slot]?.toString("utf8", lines[this.slot * 2], lines[this.slot * 2 + 1]) ?? "";
  }
}

/** Text between two offsets of JSON bytes. */
function decode(bytes: Buffer | undefined, from: number, to: number, isPlain: boolean): string {
  if (bytes === undefined || to === from) return "";
  if (isPlain) return bytes.toString("latin1", from, to);
  const raw = bytes.toString("utf8", from, to);
  return raw.includes("\\") ? JSON.parse(`"${raw}"`) : raw;
}
