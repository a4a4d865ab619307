/** Coming in by TLS and as an ACL user, and what the doctor finds. */
import { mkdirSync } from "node:fs";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examineRedis, RIGHTS } from "../../services/adapters/redis/doctor.ts";
import { openRedisStore, type RedisStoreOptions } from "../../services/adapters/store-redis.ts";
import { makeCertificates } from "../servers/kafka-security.ts";
import { type OwnRedis, startOwnCluster, startOwnRedis, startOwnSentinel } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { temporaryFolder } from "./folder.ts";
import { chunksOf, expectWhole } from "./store-redis-story.ts";

const PASSWORD = "a-password-for-tests";

/** Everything once. */
async function useOnce(options: RedisStoreOptions): Promise<void> {
  const store = await openRedisStore({ timeoutMs: 3000, ...options });
  try {
    const lease = await store.acquire("processor", 0);
    await store.commit(lease, chunksOf(1), 1);
    await expectWhole(store, 0, 1);
  } finally {
    await store.close();
  }
}

describe.runIf(canBeStarted())("TLS to Redis", () => {
  const place = temporaryFolder();
  let files: { caFile: string; keyFile: string };
  let redis: OwnRedis;
  beforeAll(async () => {
    mkdirSync(place.folder, { recursive: true });
    const { caFile, certFile, keyFile } = makeCertificates(place.folder).secured([]);
    files = { caFile, keyFile };
    redis = await startOwnRedis({ tls: { certFile, keyFile } });
  });
  afterAll(async () => {
    await redis.stop();
    place.remove();
  });

  it("is used for rediss:// and when tls is set", async () => {
    await useOnce({ url: `rediss://${redis.addresses[0]}`, tls: { caFile: files.caFile } });
    await useOnce({ url: `redis://${redis.addresses[0]}`, tls: { caFile: files.caFile } });
  });

  it("is refused when nobody that we know has signed the certificate, and says so", async () => {
    await expect(useOnce({ url: `rediss://${redis.addresses[0]}`, timeoutMs: 300 })).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("self-signed certificate"),
    });
  });

  it("names a file that cannot be read", async () => {
    const tls = { caFile: "/nowhere/ca.pem" };
    await expect(useOnce({ url: "rediss://127.0.0.1:1", tls })).rejects.toMatchObject({
      code: "bad-settings",
      message: "redis.tls.caFile: expected a readable file, got /nowhere/ca.pem (ENOENT)",
    });
  });
});

describe.runIf(canBeStarted())("an ACL user of Redis", () => {
  let redis: OwnRedis;
  let url: string;
  beforeAll(async () => {
    const user = (name: string, rights: string) => {
      return ["--user", name, "on", `>${PASSWORD}`, "~offgraph:*", ...rights.split(" ")];
    };
    const reader = user("reader", "+@read +@connection +info +role");
    const users = [...user("offgraph", RIGHTS), ...reader, "--user", "default", "off"];
    redis = await startOwnRedis({ args: users });
    url = `redis://${redis.addresses[0]}`;
  });
  afterAll(() => redis.stop());

  it("may do all that the doctor lists, and finds nothing wrong", async () => {
    await useOnce({ url, username: "offgraph", password: PASSWORD });
    const checks = await examineRedis({ url, username: "offgraph", password: PASSWORD });
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  });

  it("is refused with another password, which is not shown", async () => {
    const refused = useOnce({ url, username: "offgraph", password: "another-password" });
    const error = await refused.catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: "bad-settings", message: expect.stringContaining("WRONGPASS") });
    expect(String(error)).not.toContain("another-password");
  });

  it("is refused without a user", async () => {
    await expect(useOnce({ url })).rejects.toMatchObject({
      code: "bad-settings",
      message: expect.stringContaining("NOAUTH"),
    });
  });

  it("is told which right is missing", async () => {
    const options = { url, username: "reader", password: PASSWORD };
    await expect(useOnce(options)).rejects.toMatchObject({
      code: "bad-settings",
      message: expect.stringMatching(/NOPERM.*'set'/),
    });
    const checks = await examineRedis(options);
    expect(checks.find(({ ok }) => !ok)).toMatchObject({ found: expect.stringMatching(/NOPERM.*'time'/) });
  });
});

describe("settings of Redis", () => {
  it.each([
    [{}, "redis: expected one of url, nodes and sentinel"],
    [
      { url: "redis://127.0.0.1:1", nodes: ["127.0.0.1:1"] },
      "redis: expected one of url, nodes and sentinel",
    ],
    [
      { url: "http://127.0.0.1:1" },
      "redis.url: expected redis://host:port or rediss://host:port, got http://127.0.0.1:1",
    ],
    [
      { url: "redis://a:hidden@127.0.0.1:1" },
      "redis.url: expected no user and no password in it: they have settings of their own",
    ],
    [{ nodes: ["a b"] }, "redis: expected host:port, got a b"],
    [
      { url: "redis://127.0.0.1:1", prefix: "{a}" },
      "redis.prefix: expected letters, digits and :_.-, got {a}",
    ],
  ])("refuses %j", async (options, message) => {
    await expect(openRedisStore(options)).rejects.toMatchObject({ code: "bad-settings", message });
  });
});

describe.runIf(canBeStarted())("the doctor of Redis", () => {
  it("says what is wrong with a server, and what to do", async () => {
    const args = ["--appendonly", "no", "--maxmemory", "1mb", "--maxmemory-policy", "allkeys-lru"];
    const redis = await startOwnRedis({ args });
    const url = `redis://${redis.addresses[0]}`;
    const checks = await examineRedis({ url, replicas: 1, timeoutMs: 1000 }, () => Date.now() - 5000);
    const wrong = checks
      .filter(({ ok }) => !ok)
      .map(({ check, found }) => [check.replace(/^.*: /, ""), found]);
    expect(Object.fromEntries(wrong)).toMatchObject({
      persistence: expect.stringMatching(/^append-only file off/),
      eviction: "allkeys-lru",
      memory: expect.stringMatching(/^\d+ % of 1 MiB$/),
      clock: expect.stringMatching(/^(49|50)\d\d ms ahead of ours$/),
      replicas: "0",
    });
    expect(checks.filter(({ check }) => /version|role|reachable/.test(check)).every(({ ok }) => ok)).toBe(
      true,
    );
    expect(checks.every(({ whatToDo, wanted }) => whatToDo !== "" && wanted !== "")).toBe(true);
    await redis.stop();
  });

  it("tells a replica, and a server that is not there", async () => {
    const redis = await startOwnRedis();
    const url = `redis://${redis.addresses[0]}`;
    const admin = new Redis(redis.server.port);
    await admin.replicaof("127.0.0.1", 1);
    admin.disconnect();
    const checks = await examineRedis({ url, timeoutMs: 300 });
    expect(checks.find(({ check }) => check.endsWith("role"))).toMatchObject({ ok: false, found: "slave" });
    await redis.stop();
    expect(await examineRedis({ url, timeoutMs: 300 })).toMatchObject([
      { check: "redis: reachable", ok: false, found: expect.stringContaining("cannot be reached") },
    ]);
  });

  it("looks at every master of a Cluster, and at the primary of Sentinels", async () => {
    const [cluster, watched] = await Promise.all([startOwnCluster(), startOwnSentinel()]);
    const ofCluster = await examineRedis({ nodes: cluster.addresses });
    expect(ofCluster.filter(({ check }) => check.endsWith("persistence"))).toHaveLength(3);
    const sentinel = { name: watched.name, nodes: watched.addresses };
    const ofSentinel = await examineRedis({ sentinel });
    expect([...ofCluster, ...ofSentinel].filter(({ ok }) => !ok)).toEqual([]);
    await Promise.all([cluster.stop(), watched.stop()]);
  });
});
