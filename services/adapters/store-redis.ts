/**
 * The store of state on Redis or Valkey: a single server, a Cluster, or a primary that Sentinels watch. What lies in which
 * key: redis/partition.ts and redis/token-index.ts. Layout 1, kept under `<prefix>format`.
 *
 * Durable means: in the append-only file, which kill -9 of the server does not harm, and with as many replicas as `replicas`
 * says. _The hole:_ `appendfsync everysec`; a power cut can take the last second along, position and state together, so that
 * the processor reads that second of the log again. `appendfsync always` closes it.
 */
import { randomUUID } from "node:crypto";
import { OffgraphError } from "../../schemas/errors.ts";
import type { GroupChange, IndexEntry, Lease, Store } from "../ports/store.ts";
import { attempts, type RunRequest } from "./redis/attempts.ts";
import { openRedisClient, type RedisClient } from "./redis/client.ts";
import { KnownNames } from "./redis/known-names.ts";
import { PREFIX, type RedisStoreOptions } from "./redis/options.ts";
import { RedisPartition, type Surroundings } from "./redis/partition.ts";
import { RedisTokenIndex } from "./redis/token-index.ts";

export type { RedisSentinels, RedisStoreOptions, RedisTls } from "./redis/options.ts";

const FORMAT = 1;

/**
 * Connects, and sees that what lies there is ours. Errors: `bad-settings` (also: user or password refused), `unavailable` (no
 * answer within `timeoutMs`), `data-too-new`.
 *
 * The store's own errors: `fenced`; `unavailable` with what is the matter and what to do: cannot be reached, slow, read-only,
 * full, disk, too few replicas. Whether a commit that fails so was written is not known: acquire again, or commit again.
 */
export async function openRedisStore(options: RedisStoreOptions): Promise<Store> {
  const client = openRedisClient(options);
  const attempt = attempts(client, options.timeoutMs);
  const { replicas, prefix = PREFIX } = options;
  try {
    await checkFormat(client, attempt, `${prefix}format`);
  } catch (error) {
    client.close();
    throw error;
  }
  return new RedisStore({ client, attempt, names: new KnownNames(), replicas, prefix });
}

async function checkFormat(client: RedisClient, attempt: RunRequest, key: string): Promise<void> {
  await attempt(() => client.send(["set", key, FORMAT, "NX"]));
  const stored = String(await attempt(() => client.send(["get", key])));
  if (stored === String(FORMAT)) return;
  const found = `${client.place} has layout ${stored} under ${key}`;
  throw new OffgraphError("data-too-new", `${found}; this version reads layout ${FORMAT}`);
}

class RedisStore implements Store {
  readonly #surroundings: Surroundings;
  readonly #partitions = new Map<string, RedisPartition>();
  readonly #tokens: RedisTokenIndex;

  constructor(surroundings: Surroundings) {
    const { client, attempt, prefix } = surroundings;
    this.#surroundings = surroundings;
    this.#tokens = new RedisTokenIndex(client, attempt, prefix);
  }

  async acquire(space: string, partition: number): Promise<Lease> {
    const token = randomUUID();
    await this.#partition(space, partition).acquire(token);
    return { space, partition, token };
  }

  position(space: string, partition: number) {
    return this.#partition(space, partition).position();
  }

  load(space: string, partition: number, groups: readonly string[]) {
    return this.#partition(space, partition).load(groups);
  }

  scan(space: string, partition: number) {
    return this.#partition(space, partition).scan();
  }

  write(lease: Lease, chunk: readonly GroupChange[]) {
    return this.#partition(lease.space, lease.partition).write(lease, chunk);
  }

  commit(lease: Lease, chunks: readonly (readonly GroupChange[])[], position: number) {
    return this.#partition(lease.space, lease.partition).commit(lease, chunks, position);
  }

  indexTokens(entries: readonly IndexEntry[]) {
    return this.#tokens.put(entries);
  }

  agentsOf(tenant: string, tokens: readonly string[], nowMs: number) {
    return this.#tokens.agentsOf(tenant, tokens, nowMs);
  }

  tokensOf(tenant: string, agent: string, nowMs: number, limit: number) {
    return this.#tokens.tokensOf(tenant, agent, nowMs, limit);
  }

  async close(): Promise<void> {
    this.#surroundings.client.close();
  }

  #partition(space: string, partition: number): RedisPartition {
    const name = `${space}/${partition}`;
    const known = this.#partitions.get(name) ?? new RedisPartition(this.#surroundings, space, partition);
    this.#partitions.set(name, known);
    return known;
  }
}
