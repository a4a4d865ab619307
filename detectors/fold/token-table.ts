/** The tokens of a working set: found by their keys, and in a list for each agent, least recently used first. */
import type { AgentRow } from "../rows.ts";
import type { Page, Stride, Widths } from "../token-row.ts";
import * as tokens from "../token-row.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { NEWER_TOKEN, OLDER_TOKEN, NO_CELLS, OF_EVERY_TOKEN, TokenRow } = tokens;

/** Records of one page. Pages are added one by one: nothing is copied as tokens become more. */
const PAGE_BITS = 11;
const PAGE_RECORDS = 1 << PAGE_BITS;

/** A token is known by a number, from 0; numbers of tokens that have gone are used again. */
export class TokenTable {
  /** Tokens that are known. */
  size = 0;
  /** The token in hand. */
  readonly row: tokens.TokenRow;
  readonly #stride: Stride;
  readonly #pages: Page[] = [];
  readonly #free: number[] = [];
  #made = 0;
  /** Numbers of tokens plus one, in open addressing; 0 is a free place. At most half of the places are taken. */
  #index = new Int32Array(16);

  /** `own` are the columns of the detectors, in the order of the catalogue. */
  constructor(own: readonly Widths[]) {
    const widths = own.map((one) => (one.numbers + one.times + one.others === 0 ? NO_CELLS : one));
    const sum = (name: keyof Widths) => widths.reduce((all, one) => all + one[name], OF_EVERY_TOKEN[name]);
    const times = (sum("numbers") + 1) & ~1;
    this.#stride = { numbers: times + 2 * sum("times"), times, others: sum("others") };
    this.row = new TokenRow(widths);
  }

  /** Points the row at a token. */
  move(slot: number): tokens.TokenRow {
    return this.row.move(slot, this.#pages[slot >> PAGE_BITS]!, slot & (PAGE_RECORDS - 1), this.#stride);
  }

  /** Points the row at the token with this key; undefined if it is not known. */
  find(low: number, high: number): tokens.TokenRow | undefined {
    const mask = this.#index.length - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const slot = this.#index[at]! - 1;
      if (slot < 0) return undefined;
      if (this.#is(slot, low, high)) return this.move(slot);
    }
  }

  /** A token of which nothing is known yet, as the newest of its agent. */
  add(agent: AgentRow, low: number, high: number): tokens.TokenRow {
    if (this.size * 2 >= this.#index.length) this.#grow();
    const slot = this.#free.pop() ?? this.#make();
    const row = this.move(slot);
    row.identify(low, high);
    row.keepUntil = 0;
    this.#enter(slot, low);
    this.size++;
    this.#append(agent, slot);
    return row;
  }

  /** Makes a token the newest of its agent. */
  use(agent: AgentRow, slot: number): void {
    if (agent.newestToken === slot) return;
    this.#unlink(agent, slot);
    this.#append(agent, slot);
  }

  /** The token that was used just after this one; -1 if this is the newest. */
  newer(slot: number): number {
    return this.#link(slot, NEWER_TOKEN);
  }

  /** Lets a token go. */
  remove(agent: AgentRow, slot: number): void {
    const page = this.#pages[slot >> PAGE_BITS]!;
    this.#leave(slot);
    this.#unlink(agent, slot);
    // Its number will be another token's.
    if (agent.watchedToken === slot) agent.watchedToken = -1;
    const at = slot & (PAGE_RECORDS - 1);
    clear(page, at, this.#stride);
    this.#free.push(slot);
    this.size--;
  }

  #make(): number {
    if (this.#made === this.#pages.length << PAGE_BITS) {
      this.#pages.push(newPage(this.#stride));
    }
    return this.#made++;
  }

  #is(slot: number, low: number, high: number): boolean {
    const { numbers } = this.#pages[slot >> PAGE_BITS]!;
    const at = (slot & (PAGE_RECORDS - 1)) * this.#stride.numbers;
    return numbers[at] === low && numbers[at + 1] === high;
  }

  /** Low half of a token's key: where it belongs in the index. */
  #home(slot: number): number {
    return this.#pages[slot >> PAGE_BITS]!.numbers[(slot & (PAGE_RECORDS - 1)) * this.#stride.numbers]!;
  }

  #enter(slot: number, low: number): void {
    const mask = this.#index.length - 1;
    let at = low & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    this.#index[at] = slot + 1;
  }

  /** Takes a token out of the index; later ones of its run move up, so that each stays reachable from its home. */
  #leave(slot: number): void {
    const index = this.#index;
    const mask = index.length - 1;
    let hole = this.#home(slot) & mask;
    while (index[hole] !== slot + 1) hole = (hole + 1) & mask;
    for (let at = (hole + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = this.#home(index[at]! - 1) & mask;
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      index[hole] = index[at]!;
      hole = at;
    }
    index[hole] = 0;
  }

  #grow(): void {
    const old = this.#index;
    this.#index = new Int32Array(old.length * 2);
    for (const entry of old) if (entry !== 0) this.#enter(entry - 1, this.#home(entry - 1));
  }

  #link(slot: number, which: typeof OLDER_TOKEN | typeof NEWER_TOKEN): number {
    const { numbers } = this.#pages[slot >> PAGE_BITS]!;
    return numbers[(slot & (PAGE_RECORDS - 1)) * this.#stride.numbers + which]!;
  }

  #setLink(slot: number, which: typeof OLDER_TOKEN | typeof NEWER_TOKEN, other: number): void {
    const { numbers } = this.#pages[slot >> PAGE_BITS]!;
    numbers[(slot & (PAGE_RECORDS - 1)) * this.#stride.numbers + which] = other;
  }

  #append(agent: AgentRow, slot: number): void {
    const newest = agent.newestToken;
    this.#setLink(slot, OLDER_TOKEN, newest);
    this.#setLink(slot, NEWER_TOKEN, -1);
    if (newest < 0) agent.oldestToken = slot;
    else this.#setLink(newest, NEWER_TOKEN, slot);
    agent.newestToken = slot;
    agent.tokenCount++;
  }

  #unlink(agent: AgentRow, slot: number): void {
    const older = this.#link(slot, OLDER_TOKEN);
    const newer = this.#link(slot, NEWER_TOKEN);
    if (older < 0) agent.oldestToken = newer;
    else this.#setLink(older, NEWER_TOKEN, newer);
    if (newer < 0) agent.newestToken = older;
    else this.#setLink(newer, OLDER_TOKEN, older);
    agent.tokenCount--;
  }
}

/** Makes a record like new. So few elements are written faster one by one than by the platform. */
function clear(page: Page, at: number, { numbers, times, others }: Stride): void {
  const first = at * numbers;
  for (let i = first; i < first + times; i++) page.numbers[i] = 0;
  for (let i = (first + times) >> 1; i < (first + numbers) >> 1; i++) page.times[i] = Number.NaN;
  for (let i = at * others; i < (at + 1) * others; i++) page.others[i] = undefined;
}

function newPage({ numbers, times, others }: Stride): Page {
  const bytes = new ArrayBuffer(PAGE_RECORDS * numbers * 4);
  const page = {
    numbers: new Int32Array(bytes),
    times: new Float64Array(bytes).fill(Number.NaN),
    others: new Array(PAGE_RECORDS * others).fill(undefined),
  };
  for (let at = 0; at < page.numbers.length; at += numbers) page.numbers.fill(0, at, at + times);
  return page;
}
