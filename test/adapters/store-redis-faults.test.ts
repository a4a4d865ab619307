/** One Redis that is killed, cut off, slow, full or read-only. */
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRedisStore } from "../../services/adapters/store-redis.ts";
import type { Store } from "../../services/ports/store.ts";
import { change, contents } from "../conformance/store-groups.ts";
import { startProxy, type TcpProxy } from "../servers/proxy.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { chunksOf, commitAll, expectWhole, upTo } from "./store-redis-story.ts";

describe.runIf(canBeStarted())("the store on Redis", () => {
  let redis: OwnRedis;
  let proxy: TcpProxy;
  let store: Store;
  let admin: Redis;
  const open = (timeoutMs: number, address = proxy.address) =>
    openRedisStore({ url: `redis://${address}`, timeoutMs });
  beforeEach(async () => {
    redis = await startOwnRedis();
    proxy = await startProxy(redis.server.port);
    store = await open(10_000);
    admin = new Redis(redis.server.port);
    admin.on("error", () => {});
  });
  afterEach(async () => {
    await store.close();
    admin.disconnect();
    await proxy.stop();
    await redis.stop();
  });

  it("keeps what it acknowledged when the server is killed and started again, and goes on by itself", async () => {
    const lease = await store.acquire("processor", 0);
    let acknowledged = 0;
    const commits = commitAll(store, lease, upTo(1, 300), (number) => {
      acknowledged = number;
    });
    for (const count of [40, 120, 200]) {
      await vi.waitUntil(() => acknowledged >= count, { interval: 1, timeout: 10_000 });
      await redis.server.kill();
      // Whoever writes would go on while it is looked at.
      proxy.cut();
      await redis.server.start();
      const other = await open(10_000, redis.server.address);
      await expectWhole(other, 0, acknowledged);
      await other.close();
      proxy.open();
    }
    await commits;
    await expectWhole(store, 0, 300);
  });

  it("waits out a short cut of the network", async () => {
    const lease = await store.acquire("processor", 0);
    proxy.cut();
    const committed = commitAll(store, lease, upTo(1, 20));
    const other = await open(10_000, redis.server.address);
    await other.position("processor", 0);
    proxy.open();
    await committed;
    await expectWhole(other, 0, 20);
    await other.close();
  });

  it("says that it cannot be reached when a cut lasts, and goes on afterwards under the same lease", async () => {
    const impatient = await open(600);
    const lease = await impatient.acquire("processor", 0);
    proxy.cut();
    await expect(impatient.commit(lease, chunksOf(1), 1)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^redis at 127\.0\.0\.1:\d+ cannot be reached \(.+\): see that it runs/),
    });
    await expect(impatient.load("processor", 0, ["first"])).rejects.toMatchObject({ code: "unavailable" });
    proxy.open();
    await impatient.commit(lease, chunksOf(2), 2);
    await expectWhole(impatient, 0, 2);
    await impatient.close();
  });

  it("refuses a commit that was given up and arrives after a later one", async () => {
    const impatient = await open(600);
    const lease = await impatient.acquire("processor", 0);
    await impatient.commit(lease, chunksOf(1), 1);
    proxy.hold();
    await expect(impatient.commit(lease, chunksOf(2), 2)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("has not answered within 600 ms"),
    });
    const direct = await open(10_000, redis.server.address);
    await direct.commit(lease, chunksOf(7), 7);
    proxy.open();
    await vi.waitUntil(async () => (await admin.info("errorstats")).includes("errorstat_STALE"));
    await expectWhole(direct, 0, 7);
    expect(await direct.position("processor", 0)).toBe(7);
    await direct.close();
    await impatient.close();
  });

  it("says so when a write is gone before its commit, and takes both again", async () => {
    const lease = await store.acquire("processor", 0);
    await store.commit(lease, [[change("a", { n: "1" })]], 1);
    const meta = (await admin.keys("*processor/0}:meta"))[0]!;
    const older = (await admin.hget(meta, "head"))!;
    await store.write(lease, [change("a", { n: "2" })]);
    // As on a replica that had not yet been sent the write when it took over.
    await admin.hset(meta, "head", older);
    const lost = expect.objectContaining({ code: "interrupted" });
    await expect(store.commit(lease, [], 2)).rejects.toEqual(lost);
    expect(await store.position("processor", 0)).toBe(1);
    await store.write(lease, [change("a", { n: "3" })]);
    await store.commit(lease, [], 2);
    expect(await contents(store)).toEqual({ a: { n: "3" } });
    expect(await store.position("processor", 0)).toBe(2);
  });

  it("loses no write when the server is killed between it and its commit", async () => {
    const lease = await store.acquire("processor", 0);
    await store.write(lease, [change("a", { n: "1" })]);
    await redis.server.kill();
    const committed = store.commit(lease, [[change("b", { n: "1" })]], 1);
    await redis.server.start();
    await committed;
    expect(await contents(store)).toEqual({ a: { n: "1" }, b: { n: "1" } });
  });

  it("takes its time when each answer takes 400 ms, and asks for nothing twice", async () => {
    const lease = await store.acquire("processor", 0);
    await store.commit(lease, chunksOf(1), 1);
    const evalsBefore = await calls(admin, "eval");
    proxy.delay(200);
    await store.commit(lease, chunksOf(2), 2);
    expect((await store.load("processor", 0, ["first", "second", "third"])).size).toBe(3);
    expect((await calls(admin, "eval")) - evalsBefore).toBe(3);
    await expectWhole(store, 0, 2);
  });

  it("says that the server is full, has written nothing of that chunk, and goes on when there is room", async () => {
    const lease = await store.acquire("processor", 0);
    await store.commit(lease, chunksOf(1), 1);
    await admin.config("SET", "maxmemory", "1mb");
    const large = change("large", { bytes: "x".repeat(4_000_000) });
    const commit = store.commit(lease, [[change("small", { n: "1" }), large], ...chunksOf(2)], 2);
    await commit.catch(() => undefined);
    const refused = store.commit(lease, [[change("a", { n: "1" }), change("b", { n: "1" })]], 3);
    await expect(refused).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/is full \(OOM .*\): raise its maxmemory/),
    });
    expect(Object.keys(await contents(store))).not.toContain("a");
    expect(await store.position("processor", 0)).toBeLessThan(3);
    await admin.config("SET", "maxmemory", "0");
    await store.commit(lease, [[change("a", { n: "1" }), change("b", { n: "1" })]], 3);
    expect(await contents(store)).toMatchObject({ a: { n: "1" }, b: { n: "1" } });
  });

  it("says that the server is a read-only replica, and goes on when it takes writes again", async () => {
    const impatient = await open(600);
    const lease = await impatient.acquire("processor", 0);
    await admin.replicaof("127.0.0.1", 1);
    await expect(impatient.commit(lease, chunksOf(1), 1)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("is a read-only replica: name the primary"),
    });
    await admin.replicaof("NO", "ONE");
    await impatient.commit(lease, chunksOf(1), 1);
    await expectWhole(impatient, 0, 1);
    await impatient.close();
  });

  it("does not acknowledge without the replicas that were asked for", async () => {
    const careful = await openRedisStore({ url: `redis://${proxy.address}`, replicas: 1, timeoutMs: 1500 });
    await expect(careful.acquire("processor", 0)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("has too few replicas (0 of 1 have the last commit)"),
    });
    await careful.close();
  });

  it("waits for a replica that has come since it looked for one", async () => {
    const lease = await store.acquire("processor", 0);
    const second = await startOwnRedis();
    const replica = new Redis(second.server.port);
    await replica.replicaof("127.0.0.1", redis.server.port);
    await vi.waitUntil(async () => ((await admin.role()) as unknown[][])[2]?.length === 1, { interval: 5 });
    const waitsBefore = await calls(admin, "wait");
    await store.commit(lease, [[change("a", { n: "1" })]], 1);
    expect(await calls(admin, "wait")).toBe(waitsBefore + 1);
    replica.disconnect();
    await second.stop();
  });

  it("tells a server that is not there when it is opened", async () => {
    await redis.server.kill();
    await expect(open(300)).rejects.toMatchObject({ code: "unavailable" });
  });

  it("gives up at once what waits for an answer when it is closed", async () => {
    const patient = await open(600_000);
    const lease = await patient.acquire("processor", 0);
    proxy.cut();
    const commit = patient.commit(lease, chunksOf(1), 1);
    await patient.close();
    await expect(commit).rejects.toMatchObject({ code: "unavailable" });
    proxy.open();
  });

  it("refuses a layout that it does not know, and its own again not", async () => {
    await (await open(1000)).close();
    await admin.set("offgraph:format", "2");
    await expect(open(1000)).rejects.toMatchObject({
      code: "data-too-new",
      message: expect.stringContaining("layout 2 under offgraph:format; this version reads layout 1"),
    });
  });

  it("keeps what a commit does not name, whoever wrote it", async () => {
    const lease = await store.acquire("processor", 0);
    await store.commit(lease, [[change("a", { one: "1", two: "2" })]], 1);
    const other = await open(10_000);
    const next = await other.acquire("processor", 0);
    await other.commit(next, [[change("a", { two: undefined, three: "3" })]], 2);
    await other.commit(next, [[change("a", { three: "4" }), change("a", { four: "4" })]], 3);
    expect(await contents(store)).toEqual({ a: { one: "1", three: "4", four: "4" } });
    await other.close();
  });

  it("lets tokens go from the server when they expire", async () => {
    const expiresAtMs = Date.now() + 100;
    await store.indexTokens([{ tenant: "acme", token: "t1", agent: "agent-1", expiresAtMs }]);
    await vi.waitUntil(async () => (await admin.dbsize()) === 1);
    expect(await admin.keys("*")).toEqual(["offgraph:format"]);
  });
});

/** How often the server ran a command. */
async function calls(redis: Redis, command: string): Promise<number> {
  const stats = await redis.info("commandstats");
  return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}
