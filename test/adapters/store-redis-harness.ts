/** Stores on a real Redis, each under a prefix of its own, so that they share a server. */
import { randomUUID } from "node:crypto";
import { openRedisStore, type RedisStoreOptions } from "../../services/adapters/store-redis.ts";
import type { StoreHarness } from "../conformance/store.ts";

/** An empty store; what it leaves behind goes with the server. */
export async function emptyStore(options: RedisStoreOptions): Promise<StoreHarness> {
  const own = { timeoutMs: 10_000, ...options, prefix: `test-${randomUUID()}:` };
  let store = await openRedisStore(own);
  const reopen = async () => {
    await store.close();
    store = await openRedisStore(own);
    return store;
  };
  return { store, reopen, cleanup: () => store.close() };
}
