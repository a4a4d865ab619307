/** Redis that is full or read-only for a while. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it } from "vitest";
import { degraded, type Member, ready, until } from "../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { expectUnharmed } from "./books.ts";
import { quiet, type Step, underLoad } from "./load.ts";
import { SEED } from "./seed.ts";
import { newSystem } from "./system.ts";

describe.runIf(kafkaCanBeStarted() && canBeStarted())("Redis", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  let admin: Redis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
    admin = new Redis(redis.server.port);
  }, 60_000);
  afterAll(async () => {
    admin.disconnect();
    await Promise.all([kafka.stop(), redis.stop()]);
  });

  /** The system through the fault, which is over when health has told of it. */
  const expectToOutlive = async (fault: (work: Member) => Step) => {
    const system = await newSystem({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    const door = await system.start("ingest,gate,api");
    const work = await system.start("processor,responder,egress");
    await ready(door, work);
    const accepted = await underLoad(door.url, { seed: SEED, agents: 3 }, [quiet, fault(work), quiet]);
    await until(async () => (await degraded(work)).length === 0);
    await expectUnharmed(system, accepted);
  };
  const tells = async (work: Member, what: RegExp) =>
    until(async () => (await degraded(work)).some((said) => what.test(said)));

  it("may be full", async () => {
    await expectToOutlive((work) => async () => {
      await admin.config("SET", "maxmemory", "1mb");
      await tells(work, /is full/);
      await admin.config("SET", "maxmemory", "0");
    });
  }, 120_000);

  it("may be read-only", async () => {
    await expectToOutlive((work) => async () => {
      await admin.replicaof("127.0.0.1", 1);
      await tells(work, /is a read-only replica/);
      await admin.replicaof("NO", "ONE");
    });
  }, 120_000);
});
