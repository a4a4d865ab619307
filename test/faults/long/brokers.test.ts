/** Brokers that are killed and come back: the only one, and each of three. `FAULT_SEED` repeats the moments of an earlier run. */
import { afterAll, beforeAll, describe, it, onTestFinished } from "vitest";
import { ready } from "../../cluster/cluster.ts";
import { startOwnKafka } from "../../servers/kafka.ts";
import type { KafkaBroker } from "../../servers/kafka-broker.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { WITH_GROUPS } from "../days.ts";
import { lasting, overDays, quiet, type Step } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem, OTHERS_FOR_DAYS } from "../system.ts";

/** A kill comes within this time after its part of the load has begun. */
const MOMENT_MS = 500;
/** For so long the broker is not there. */
const AWAY_MS = 3000;

describe.runIf(kafkaCanBeStarted() && canBeStarted())("Kafka", () => {
  let redis: OwnRedis;
  beforeAll(async () => {
    redis = await startOwnRedis();
  });
  afterAll(() => redis.stop());

  const own = lots("brokers");
  const killed = (broker: KafkaBroker): Step => {
    return async () => {
      await lasting(own.below(MOMENT_MS))();
      await broker.kill();
      await lasting(AWAY_MS)();
      await broker.start();
    };
  };
  /** The system on so many brokers, each of which is killed `times` in turn. */
  const expectToOutlive = async (count: number, times: number) => {
    const { addresses, brokers, stop } = await startOwnKafka({ brokers: count });
    onTestFinished(stop);
    const faults = Array.from({ length: times }, () => brokers.map(killed)).flat();
    const settings = {
      ...WITH_GROUPS,
      kafka: { brokers: addresses, partitions: 4, replication: count, sessionTimeoutMs: 3000 },
      redis: { url: `redis://${redis.server.address}`, prefix: `brokers-${count}:` },
    };
    const system = await newSystem({ brokers: [], redis: "", settings });
    await ready(await system.start(OTHERS_FOR_DAYS), await system.start("processor"));
    const accepted = await overDays(system, SEED, [quiet, ...faults, quiet]);
    await expectUnharmed(system, accepted);
  };

  it("loses its only broker three times", () => expectToOutlive(1, 3));

  it("loses each of three brokers, the leaders among them", () => expectToOutlive(3, 1));
});
