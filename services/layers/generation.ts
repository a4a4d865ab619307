/**
 * Log and store after the number of partitions was changed: everything was written anew beside the old, under names that say how
 * often that has happened. The token index has no partitions and stays where it is.
 */
import type { Store } from "../ports/store.ts";

/** Before the name of each topic and group of this generation. */
export const topicPrefixOf = (prefix: string, generation: number): string =>
  generation === 0 ? prefix : `${prefix}g${generation}.`;

/** The store of this generation. Leases name spaces as their holders do. */
export function storeOfGeneration(store: Store, generation: number): Store {
  if (generation === 0) return store;
  const named = (space: string) => `g${generation}-${space}`;
  return {
    acquire: async (space, partition) => ({ ...(await store.acquire(named(space), partition)), space }),
    position: (space, partition) => store.position(named(space), partition),
    load: (space, partition, groups) => store.load(named(space), partition, groups),
    scan: (space, partition) => store.scan(named(space), partition),
    write: (lease, chunk) => store.write({ ...lease, space: named(lease.space) }, chunk),
    commit: (lease, chunks, position) =>
      store.commit({ ...lease, space: named(lease.space) }, chunks, position),
    indexTokens: (entries) => store.indexTokens(entries),
    agentsOf: (tenant, tokens, nowMs) => store.agentsOf(tenant, tokens, nowMs),
    tokensOf: (tenant, agent, nowMs, limit) => store.tokensOf(tenant, agent, nowMs, limit),
    close: () => store.close(),
  };
}
