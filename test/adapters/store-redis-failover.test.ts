/** Failovers in the middle of commits: what was acknowledged stays, and who was fenced stays fenced. */
import { once } from "node:events";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRedisStore, type RedisStoreOptions } from "../../services/adapters/store-redis.ts";
import type { Store } from "../../services/ports/store.ts";
import { startProxy } from "../servers/proxy.ts";
import { type OwnCluster, type OwnSentinel, startOwnCluster, startOwnSentinel } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { chunksOf, commitAll, expectWhole, upTo } from "./store-redis-story.ts";

/** On a Cluster they lie on all three masters. */
const PARTITIONS = [0, 1, 2, 3, 4, 5];

describe.runIf(canBeStarted())("a failover by Sentinels", () => {
  let watched: OwnSentinel;
  let options: RedisStoreOptions;
  let store: Store;
  beforeEach(async () => {
    watched = await startOwnSentinel();
    options = { sentinel: { name: watched.name, nodes: watched.addresses }, timeoutMs: 15_000 };
    store = await openRedisStore(options);
  });
  afterEach(async () => {
    await store.close();
    await watched.stop();
  });

  it("loses nothing that was acknowledged when the primary is killed, and keeps the former owner fenced", async () => {
    await commitThrough(store, () => watched.primary.kill());
    await expectEverywhere(options);
  });

  it("loses nothing when the primary is paused and goes on", async () => {
    await commitThrough(store, async () => watched.primary.pause());
    watched.primary.resume();
    await expectEverywhere(options);
  });

  it("goes on when the Sentinels tell of it just while they are asked who is primary", async () => {
    const [sentinel = ""] = watched.addresses;
    const proxy = await startProxy(Number(sentinel.split(":")[1]));
    const behind = await openRedisStore({
      ...options,
      sentinel: { name: watched.name, nodes: [proxy.address] },
    });
    await behind.acquire("processor", 0);
    const listener = new Redis(`redis://${sentinel}`);
    await listener.subscribe("+switch-master");
    // The news waits in the proxy, and so does the question that comes after the primary's end: the news arrives first.
    proxy.hold();
    await Promise.all([once(listener, "message"), watched.primary.kill()]);
    proxy.open();
    await behind.acquire("processor", 1);
    listener.disconnect();
    await behind.close();
    await proxy.stop();
  });
});

describe.runIf(canBeStarted())("a failover of a Cluster", () => {
  let cluster: OwnCluster;
  let options: RedisStoreOptions;
  let store: Store;
  beforeEach(async () => {
    cluster = await startOwnCluster();
    options = { nodes: cluster.addresses, timeoutMs: 15_000 };
    store = await openRedisStore(options);
  });
  afterEach(async () => {
    await store.close();
    await cluster.stop();
  });

  it("loses nothing that was acknowledged when a master is killed, and keeps the former owner fenced", async () => {
    await commitThrough(store, () => cluster.servers[0]!.kill());
    await expectEverywhere(options);
  });

  it("loses nothing when a master is paused", async () => {
    await commitThrough(store, async () => cluster.servers[1]!.pause());
    cluster.servers[1]!.resume();
    await expectEverywhere(options);
  });
});

/** Forty commits to each partition; the fault comes amid them. Who owned the partitions before is refused afterwards. */
async function commitThrough(store: Store, fault: () => Promise<unknown>): Promise<void> {
  const acquired = () => Promise.all(PARTITIONS.map((partition) => store.acquire("processor", partition)));
  const former = await acquired();
  const leases = await acquired();
  let committed = 0;
  const all = leases.map((lease) => commitAll(store, lease, upTo(1, 40), () => committed++));
  await vi.waitUntil(() => committed > 10 * PARTITIONS.length, { interval: 1, timeout: 10_000 });
  await fault();
  expect(committed).toBeLessThan(40 * PARTITIONS.length);
  await Promise.all(all);
  for (const lease of former)
    await expect(store.commit(lease, chunksOf(99), 99)).rejects.toMatchObject({ code: "fenced" });
}

/** As somebody sees it who connects now. */
async function expectEverywhere(options: RedisStoreOptions): Promise<void> {
  const store = await openRedisStore(options);
  for (const partition of PARTITIONS) {
    await expectWhole(store, partition, 40);
    expect(await store.position("processor", partition)).toBe(40);
  }
  await store.close();
}
