import { afterAll, beforeAll, describe } from "vitest";
import { storeSuite } from "../conformance/store.ts";
import { type Redis, startCluster, startOwnRedis, startRedis, startSentinel } from "../servers/redis.ts";
import { CLUSTER, canBeStarted, isHere, SENTINEL, SINGLE, VALKEY } from "../servers/redis-presence.ts";
import { emptyStore } from "./store-redis-harness.ts";

describe.runIf(isHere(SINGLE))("Redis", () => {
  let redis: Redis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  storeSuite("the store on one Redis", () => emptyStore({ url: `redis://${redis.addresses[0]}` }));
});

describe.runIf(isHere(CLUSTER))("Redis Cluster", () => {
  let cluster: Redis;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());
  storeSuite("the store on a Redis Cluster", () => emptyStore({ nodes: cluster.addresses }));
});

describe.runIf(isHere(SENTINEL))("Redis with Sentinels", () => {
  let watched: Awaited<ReturnType<typeof startSentinel>>;
  beforeAll(async () => {
    watched = await startSentinel();
  });
  afterAll(() => watched.stop());
  storeSuite("the store on a Redis that Sentinels watch", () =>
    emptyStore({ sentinel: { name: watched.name, nodes: watched.addresses } }),
  );
});

describe.runIf(canBeStarted(VALKEY))("Valkey", () => {
  let valkey: Redis;
  beforeAll(async () => {
    valkey = await startOwnRedis({ program: VALKEY });
  });
  afterAll(() => valkey.stop());
  storeSuite("the store on one Valkey", () => emptyStore({ url: `redis://${valkey.addresses[0]}` }));
});
