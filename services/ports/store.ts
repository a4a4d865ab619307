/**
 * What we ask of a store of state. Promises, each of them a test in test/conformance/store.ts:
 *
 * - State belongs to a space (`processor`, `responder` ...) and partition, in groups (one per agent, say) of named entries.
 * - A partition of a space has one owner. `acquire` takes it over; from then on every commit under an older lease
 *   fails with `fenced` and writes nothing.
 * - `commit` writes the chunks in order, each chunk whole or not at all, a group never split between chunks, and the
 *   position last. A crash in between leaves a prefix of the chunks and the old position. It resolves when durable.
 * - `write` is a chunk ahead of the commit that it belongs to, which is the next one: what was written by then is as durable as the
 *   commit, or the next write or commit says `interrupted`. Then all of it is to be written again.
 * - What was committed survives kill -9 of any process.
 */

/** A group's entries by name. */
export type Entries = ReadonlyMap<string, Uint8Array>;

/** What changed in one group; `undefined` removes an entry. */
export interface GroupChange {
  readonly group: string;
  readonly entries: ReadonlyMap<string, Uint8Array | undefined>;
}

/** The right to write one partition of one space, until someone else acquires it. */
export interface Lease {
  readonly space: string;
  readonly partition: number;
  /** Unique to this acquisition. */
  readonly token: string;
}

/** Which agent a token was issued to. */
export interface IndexEntry {
  readonly tenant: string;
  /** `publicId` or `hash` of the token. */
  readonly token: string;
  readonly agent: string;
  /** Wall clock, ms since 1970; the entry is gone after it. */
  readonly expiresAtMs: number;
}

export interface Store {
  acquire(space: string, partition: number): Promise<Lease>;
  /** Position of the last commit; 0 before the first. */
  position(space: string, partition: number): Promise<number>;
  /** The named groups, all entries of each; a group without entries is left out. */
  load(space: string, partition: number, groups: readonly string[]): Promise<ReadonlyMap<string, Entries>>;
  /** Every group of a partition, in no particular order. */
  scan(space: string, partition: number): AsyncIterable<readonly [group: string, entries: Entries]>;
  write(lease: Lease, chunk: readonly GroupChange[]): Promise<void>;
  commit(lease: Lease, chunks: readonly (readonly GroupChange[])[], position: number): Promise<void>;

  /** The token index: which agent a token was issued to. A cache with expiry, rebuilt from `token.issued`. */
  indexTokens(entries: readonly IndexEntry[]): Promise<void>;
  /** Agents of the tokens that are known and not expired at `nowMs`. */
  agentsOf(tenant: string, tokens: readonly string[], nowMs: number): Promise<ReadonlyMap<string, string>>;
  /** Tokens of an agent that are not expired at `nowMs`, with their expiry; the newest `limit`. */
  tokensOf(tenant: string, agent: string, nowMs: number, limit: number): Promise<readonly IndexEntry[]>;
  close(): Promise<void>;
}
