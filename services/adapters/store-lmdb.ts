/**
 * The embedded store of state. One LMDB entry per named entry of a group, under
 * digest(space, partition) + digest(group) + digest(name): keys of fixed size, a group's entries side by side. The value begins
 * with the two names, so that a scan gives them back. Format 1.
 */
import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import type { Database, RootDatabase } from "lmdb";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Entries, GroupChange, IndexEntry, Lease, Store } from "../ports/store.ts";
import { DIGEST_BYTES, digest, openEnvironment, under, untilWritten } from "./lmdb-environment.ts";
import { LmdbTokenIndex } from "./token-index-lmdb.ts";

const FORMAT = 1;
/** A scan lets the rest of this process run after so many groups. */
const GROUPS_PER_TURN = 256;

/** Opens the store in `folder`, or makes it. One process at a time may write: see `openEmbedded`. Errors: `data-too-new`. */
export async function openLmdbStore(options: { folder: string; readOnly?: boolean }): Promise<Store> {
  const path = `${options.folder}/store.mdb`;
  return new LmdbStore(
    await openEnvironment({ path, format: FORMAT, readOnly: options.readOnly ?? false }),
    path,
  );
}

class LmdbStore implements Store {
  readonly #environment: RootDatabase;
  readonly #path: string;
  readonly #owners: Database<string, Buffer>;
  readonly #positions: Database<number, Buffer>;
  readonly #entries: Database<Buffer, Buffer>;
  readonly #tokens: LmdbTokenIndex;

  constructor(environment: RootDatabase, path: string) {
    this.#environment = environment;
    this.#path = path;
    this.#owners = environment.openDB("owners", { keyEncoding: "binary", encoding: "string" });
    this.#positions = environment.openDB("positions", { keyEncoding: "binary", encoding: "json" });
    this.#entries = environment.openDB("entries", { keyEncoding: "binary", encoding: "binary" });
    this.#tokens = new LmdbTokenIndex(environment);
  }

  async acquire(space: string, partition: number): Promise<Lease> {
    const token = randomUUID();
    await untilWritten(this.#owners.put(digest(space, partition), token), this.#path);
    return { space, partition, token };
  }

  async position(space: string, partition: number): Promise<number> {
    return this.#positions.get(digest(space, partition)) ?? 0;
  }

  async load(space: string, partition: number, groups: readonly string[]) {
    const scope = digest(space, partition);
    const found = new Map<string, Entries>();
    for (const group of groups) {
      const { entries } = this.#readGroup(Buffer.concat([scope, digest(group)]));
      if (entries.size > 0) found.set(group, entries);
    }
    return found;
  }

  /** Each group is read at one moment; groups committed meanwhile may be seen or not. */
  async *scan(space: string, partition: number): AsyncGenerator<readonly [string, Entries]> {
    const { start, end } = under(digest(space, partition));
    let groupsThisTurn = 0;
    let groupKey = this.#nextGroup(start, end);
    while (groupKey) {
      const { group, entries } = this.#readGroup(groupKey);
      yield [group, entries];
      if (++groupsThisTurn % GROUPS_PER_TURN === 0) await setImmediate();
      groupKey = this.#nextGroup(under(groupKey).end, end);
    }
  }

  write(lease: Lease, chunk: readonly GroupChange[]): Promise<void> {
    const scope = digest(lease.space, lease.partition);
    return this.#write(lease, scope, encodeChunk(scope, chunk));
  }

  /** One transaction per chunk, the position in the last; each checks the lease before it writes. */
  async commit(lease: Lease, chunks: readonly (readonly GroupChange[])[], position: number): Promise<void> {
    const scope = digest(lease.space, lease.partition);
    const writes = chunks.map((chunk) => encodeChunk(scope, chunk)); // copies: the caller goes on with its buffers
    const last = writes.pop() ?? [];
    for (const write of writes) await this.#write(lease, scope, write);
    await this.#write(lease, scope, last, position);
  }

  async indexTokens(entries: readonly IndexEntry[]): Promise<void> {
    await untilWritten(
      this.#environment.transaction(() => this.#tokens.put(entries)),
      this.#path,
    );
  }

  async agentsOf(tenant: string, tokens: readonly string[], nowMs: number) {
    return this.#tokens.agentsOf(tenant, tokens, nowMs);
  }

  async tokensOf(tenant: string, agent: string, nowMs: number, limit: number) {
    return this.#tokens.tokensOf(tenant, agent, nowMs, limit);
  }

  async close(): Promise<void> {
    await this.#environment.close();
  }

  async #write(lease: Lease, scope: Buffer, write: readonly Write[], position?: number): Promise<void> {
    const transaction = this.#environment.transaction(() => {
      if (this.#owners.get(scope) !== lease.token) {
        throw new OffgraphError(
          "fenced",
          `${lease.space}/${lease.partition} has been acquired by another owner`,
        );
      }
      for (const { key, value } of write) {
        if (value) this.#entries.put(key, value);
        else this.#entries.remove(key);
      }
      if (position !== undefined) this.#positions.put(scope, position);
    });
    await untilWritten(transaction, this.#path);
  }

  /** Key of the first group at or after `start`. */
  #nextGroup(start: Buffer, end: Buffer): Buffer | undefined {
    for (const key of this.#entries.getKeys({ start, end, limit: 1 }))
      return Buffer.from(key.subarray(0, 2 * DIGEST_BYTES));
    return undefined;
  }

  #readGroup(groupKey: Buffer): { group: string; entries: Entries } {
    const entries = new Map<string, Uint8Array>();
    let group = "";
    for (const { value } of this.#entries.getRange(under(groupKey))) {
      const entry = decode(value);
      group = entry.group;
      entries.set(entry.name, entry.bytes);
    }
    return { group, entries };
  }
}

/** One LMDB entry to put, or to remove when there is no value. */
interface Write {
  readonly key: Buffer;
  readonly value: Buffer | undefined;
}

function encodeChunk(scope: Buffer, changes: readonly GroupChange[]): Write[] {
  return changes.flatMap(({ group, entries }) => {
    const groupKey = Buffer.concat([scope, digest(group)]);
    return Array.from(entries, ([name, bytes]) => ({
      key: Buffer.concat([groupKey, digest(name)]),
      value: bytes && encode(group, name, bytes),
    }));
  });
}

/** Length of the names, the names as JSON (which keeps lone surrogates, as UTF-8 does not), the bytes. */
function encode(group: string, name: string, bytes: Uint8Array): Buffer {
  const names = Buffer.from(JSON.stringify([group, name]));
  const value = Buffer.allocUnsafe(4 + names.length + bytes.length);
  value.writeUInt32BE(names.length);
  value.set(names, 4);
  value.set(bytes, 4 + names.length);
  return value;
}

function decode(value: Uint8Array): { group: string; name: string; bytes: Uint8Array } {
  const buffer = Buffer.from(value.buffer, value.byteOffset, value.length);
  const bytesStart = 4 + buffer.readUInt32BE();
  const [group, name] = JSON.parse(buffer.toString("utf8", 4, bytesStart));
  return { group, name, bytes: buffer.subarray(bytesStart) };
}
