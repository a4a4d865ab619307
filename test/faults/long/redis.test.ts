/** Redis that is slow, and that is killed: alone, with a replica that Sentinels promote, and as a Cluster. `FAULT_SEED` repeats the moments of an earlier run. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, it, onTestFinished, vi } from "vitest";
import { ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { startProxy } from "../../servers/proxy.ts";
import { type OwnSentinel, startOwnCluster, startOwnRedis, startOwnSentinel } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import type { RedisServer } from "../../servers/redis-server.ts";
import { expectUnharmed } from "../books.ts";
import { WITH_GROUPS } from "../days.ts";
import { lasting, overDays, quiet, type Step, underLoad } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem, OTHERS, OTHERS_FOR_DAYS } from "../system.ts";

/** A fault comes within this time after its part of the load has begun. */
const MOMENT_MS = 500;

/** As the Sentinels have it. On a busy machine they may go back to the former primary by themselves. */
async function primaryOf({ name, addresses, primary, replica }: OwnSentinel): Promise<RedisServer> {
  const answer = await answerOf(
    Number(addresses[0]?.split(":")[1]),
    "SENTINEL",
    "GET-MASTER-ADDR-BY-NAME",
    name,
  );
  return Array.isArray(answer) && Number(answer[1]) === replica.port ? replica : primary;
}

async function hasReplica(watched: OwnSentinel): Promise<boolean> {
  const { port } = await primaryOf(watched);
  const told = await answerOf(port, "INFO", "replication").catch(() => "");
  return /^slave0:.*state=online/m.test(String(told));
}

async function answerOf(port: number, ...[command, ...args]: [string, ...string[]]): Promise<unknown> {
  const client = new Redis(port, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => {});
  await client.connect();
  return client.call(command, args).finally(() => client.disconnect());
}

describe.runIf(kafkaCanBeStarted() && canBeStarted())("Redis", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startOwnKafka();
  });
  afterAll(() => kafka.stop());

  const own = lots("redis");
  const soon = () => lasting(own.below(MOMENT_MS))();
  /** The system with such a store through these faults. */
  const expectToOutlive = async (redis: object, faults: readonly Step[]) => {
    const settings = { ...WITH_GROUPS, redis: { timeoutMs: 15_000, ...redis } };
    const system = await newSystem({ brokers: kafka.addresses, redis: "", settings });
    await ready(await system.start(OTHERS_FOR_DAYS), await system.start("processor"));
    const accepted = await overDays(system, SEED, [quiet, ...faults, quiet]);
    await expectUnharmed(system, accepted);
  };

  it("takes 200 ms for every answer", async () => {
    const { server, stop } = await startOwnRedis();
    onTestFinished(stop);
    const proxy = await startProxy(server.port);
    onTestFinished(proxy.stop);
    proxy.delay(100);
    // A day without groups: three would take minutes.
    const settings = { redis: { timeoutMs: 15_000, url: `redis://${proxy.address}` } };
    const system = await newSystem({ brokers: kafka.addresses, redis: "", settings });
    const door = await system.start(OTHERS);
    await ready(door, await system.start("processor"));
    const accepted = await underLoad(door.url, { seed: SEED, agents: 12 }, [quiet, quiet, quiet]);
    await expectUnharmed(system, accepted);
  });

  it("is killed five times and comes back with its append-only file", async () => {
    const { server, stop } = await startOwnRedis();
    onTestFinished(stop);
    const kill: Step = async () => {
      await soon();
      await server.kill();
      await soon();
      await server.start();
    };
    await expectToOutlive({ url: `redis://${server.address}` }, [kill, kill, kill, kill, kill]);
  });

  it("fails over to its replica, and back", async () => {
    const watched = await startOwnSentinel();
    onTestFinished(watched.stop);
    const kill: Step = async () => {
      await soon();
      const killed = await primaryOf(watched);
      await killed.kill();
      await vi.waitUntil(async () => (await primaryOf(watched)) !== killed, {
        interval: 50,
        timeout: 60_000,
      });
      await killed.start();
      // Before it has everything it could be promoted empty.
      await vi.waitUntil(() => hasReplica(watched), { interval: 50, timeout: 60_000 });
    };
    const { name, addresses } = watched;
    // Without a number, a killed primary that is back before the Sentinels have told it so acknowledges alone what is then lost.
    await expectToOutlive({ sentinel: { name, nodes: addresses }, replicas: 1 }, [kill, kill]);
  });

  it("is a Cluster that loses two of its masters, one after the other", async () => {
    const { addresses, servers, stop } = await startOwnCluster();
    onTestFinished(stop);
    const killed =
      (at: number): Step =>
      async () => {
        await soon();
        await servers[at]?.kill();
        await servers[at + 3]?.said(/Failover election won/);
        await servers[at]?.start();
      };
    await expectToOutlive({ nodes: addresses }, [killed(0), killed(1)]);
  });
});
