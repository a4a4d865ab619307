/**
 * The row of a token. Tokens are most of what is kept in memory, and as objects each would take a kilobyte and half of
 * the garbage collector's time; so they are packed in pages of whole numbers, of times and of whatever else there is,
 * the shared columns in front and those of each detector behind them.
 */

/** How many columns of each sort. */
export interface Widths {
  readonly numbers: number;
  readonly times: number;
  readonly others: number;
}

/**
 * Records side by side; numbers begin as 0, times as NaN, others as undefined. Numbers and times are two views of the
 * same bytes, so that all of a record lies together.
 */
export interface Page {
  readonly numbers: Int32Array;
  readonly times: Float64Array;
  readonly others: unknown[];
}

/** How far records lie apart, in numbers and in others, and where times begin within one, in numbers. Numbers are even. */
export interface Stride {
  readonly numbers: number;
  readonly times: number;
  readonly others: number;
}

/** One token's columns of one detector: the page of the token in hand, and where each sort begins in there. */
export interface Cells {
  page: Page;
  number: number;
  time: number;
  other: number;
}

const LOW = 0;
const HIGH = 1;
const GRANT_LOW = 2;
const GRANT_HIGH = 3;
const FAMILY_LOW = 4;
const FAMILY_HIGH = 5;
/** Its neighbours in the list of its agent's tokens; -1 if there is none. */
export const OLDER_TOKEN = 6;
export const NEWER_TOKEN = 7;

const ISSUED = 0;
const EXPIRES = 1;
const REVOKED = 2;
const KEEP_UNTIL = 3;

const FAMILY = 0;
const HASH = 1;
const AUDIENCE = 2;

/** The shared columns. */
export const OF_EVERY_TOKEN: Widths = { numbers: 8, times: 4, others: 3 };

/** Of a row before its first token. */
const NO_PAGE: Page = {
  numbers: new Int32Array(OF_EVERY_TOKEN.numbers),
  times: new Float64Array(OF_EVERY_TOKEN.times),
  others: [],
};

/**
 * One token in hand. The same view is moved from token to token: keep nothing of it. Where its columns begin stands in plain
 * fields, because that makes its functions so short that V8 puts them wherever they are called (see EventView).
 */
export class TokenRow {
  /** The columns of the detectors, in the order of the catalogue. */
  readonly own: readonly Cells[];
  /** The token's number in its table. */
  slot = -1;
  page: Page = NO_PAGE;
  number = 0;
  time = 0;
  other = 0;
  readonly #widths: readonly Widths[];

  constructor(widths: readonly Widths[]) {
    this.#widths = widths;
    this.own = widths.map(() => ({ page: NO_PAGE, number: 0, time: 0, other: 0 }));
  }

  /** Points the view at the record that is the `at`-th of a page. */
  move(slot: number, page: Page, at: number, stride: Stride): this {
    this.slot = slot;
    this.page = page;
    this.number = at * stride.numbers;
    this.time = (at * stride.numbers + stride.times) >> 1;
    this.other = at * stride.others;
    this.#moveOwn(page);
    return this;
  }

  #moveOwn(page: Page): void {
    let number = this.number + OF_EVERY_TOKEN.numbers;
    let time = this.time + OF_EVERY_TOKEN.times;
    let other = this.other + OF_EVERY_TOKEN.others;
    for (let i = 0; i < this.own.length; i++) {
      const widths = this.#widths[i]!;
      if (widths === NO_CELLS) continue;
      const cells = this.own[i]!;
      cells.page = page;
      cells.number = number;
      cells.time = time;
      cells.other = other;
      number += widths.numbers;
      time += widths.times;
      other += widths.others;
    }
  }

  /** Makes the columns of a detector like new. */
  clearOwn(at: number): void {
    const { page, number, time, other } = this.own[at]!;
    const widths = this.#widths[at]!;
    page.numbers.fill(0, number, number + widths.numbers);
    page.times.fill(Number.NaN, time, time + widths.times);
    page.others.fill(undefined, other, other + widths.others);
  }

  /** Keyed hash of the token's name and its agent. */
  get low(): number {
    return this.page.numbers[this.number + LOW]!;
  }
  get high(): number {
    return this.page.numbers[this.number + HIGH]!;
  }
  identify(low: number, high: number): void {
    this.page.numbers[this.number + LOW] = low;
    this.page.numbers[this.number + HIGH] = high;
  }

  /** Keyed hash of the family; zeros while unknown. */
  get familyLow(): number {
    return this.page.numbers[this.number + FAMILY_LOW]!;
  }
  get familyHigh(): number {
    return this.page.numbers[this.number + FAMILY_HIGH]!;
  }
  /** The family's name; empty while unknown. */
  get family(): string {
    return (this.page.others[this.other + FAMILY] as string | undefined) ?? "";
  }
  setFamily(name: string, low: number, high: number): void {
    this.page.others[this.other + FAMILY] = name;
    this.page.numbers[this.number + FAMILY_LOW] = low;
    this.page.numbers[this.number + FAMILY_HIGH] = high;
  }

  /** Keyed hash of the grant at the root; zeros while unknown. */
  get grantLow(): number {
    return this.page.numbers[this.number + GRANT_LOW]!;
  }
  get grantHigh(): number {
    return this.page.numbers[this.number + GRANT_HIGH]!;
  }
  setGrant(low: number, high: number): void {
    this.page.numbers[this.number + GRANT_LOW] = low;
    this.page.numbers[this.number + GRANT_HIGH] = high;
  }

  /** The token's hash, if it is known by a public id and some event named both; else empty. */
  get hash(): string {
    return (this.page.others[this.other + HASH] as string | undefined) ?? "";
  }
  set hash(text: string) {
    this.page.others[this.other + HASH] = text;
  }
  /** Undefined while unknown. */
  get audience(): readonly string[] | undefined {
    return this.page.others[this.other + AUDIENCE] as readonly string[] | undefined;
  }
  set audience(names: readonly string[] | undefined) {
    this.page.others[this.other + AUDIENCE] = names;
  }

  /** ms since 1970; NaN while unknown. So are the next two. */
  get issuedAt(): number {
    return this.page.times[this.time + ISSUED]!;
  }
  set issuedAt(timeMs: number) {
    this.page.times[this.time + ISSUED] = timeMs;
  }
  get expiresAt(): number {
    return this.page.times[this.time + EXPIRES]!;
  }
  set expiresAt(timeMs: number) {
    this.page.times[this.time + EXPIRES] = timeMs;
  }
  get revokedAt(): number {
    return this.page.times[this.time + REVOKED]!;
  }
  set revokedAt(timeMs: number) {
    this.page.times[this.time + REVOKED] = timeMs;
  }
  /** Event time after which the row is no longer needed. */
  get keepUntil(): number {
    return this.page.times[this.time + KEEP_UNTIL]!;
  }
  set keepUntil(timeMs: number) {
    this.page.times[this.time + KEEP_UNTIL] = timeMs;
  }
}

/** Widths of a detector that keeps nothing of a token. */
export const NO_CELLS: Widths = { numbers: 0, times: 0, others: 0 };
