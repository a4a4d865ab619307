/** Processors that are killed, paused beyond their session, and come and go. `FAULT_SEED` repeats the moments of an earlier run. */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { heldBy, type Member, ready, until } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { WITH_GROUPS } from "../days.ts";
import { lasting, overDays, quiet, type Step } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem, OTHERS_FOR_DAYS } from "../system.ts";

/** A kill comes within this time after its part of the load has begun: before it is read, while it is folded, or long after. */
const MOMENTS_MS = [50, 300, 2000];
const times = (count: number, step: Step): Step[] => Array.from({ length: count }, () => step);

describe.runIf(kafkaCanBeStarted() && canBeStarted())("processors", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));
  const begin = async (settings = {}) => {
    const system = await newSystem({
      brokers: kafka.addresses,
      redis: redis.addresses[0] ?? "",
      settings: { ...WITH_GROUPS, ...settings },
    });
    await ready(await system.start(OTHERS_FOR_DAYS));
    return system;
  };

  /** Writes of former owners that Redis has refused. */
  const refused = async () => {
    const admin = new Redis(redis.server.port);
    const stats = await admin.info("errorstats").finally(() => admin.disconnect());
    return Number(/errorstat_STALE:count=(\d+)/.exec(stats)?.[1] ?? 0);
  };

  it("are killed twenty times under load, one with a name that it keeps and one without", async () => {
    const system = await begin();
    const own = lots("kill");
    const names = [["--instance", "first"], []];
    const processors = await Promise.all(names.map((name) => system.start("processor", name)));
    await ready(...processors);
    const kill: Step = async () => {
      await lasting(own.below(own.pick(MOMENTS_MS)))();
      const at = own.below(names.length);
      await processors[at]?.end("SIGKILL");
      processors[at] = await system.start("processor", names[at]);
    };
    const accepted = await overDays(system, SEED, [quiet, ...times(20, kill), quiet]);
    expect(accepted.size).toBeGreaterThan(5000);
    await expectUnharmed(system, accepted);
  });

  it("are paused beyond their session, one after the other, and fenced when they go on", async () => {
    // Long enough for a pause to come between what was folded and its commit.
    const system = await begin({ processor: { commitIntervalMs: 2000 } });
    const processors = await Promise.all([system.start("processor"), system.start("processor")]);
    await ready(...processors);
    const { partitions } = system.settings.kafka ?? { partitions: 0 };
    const isShared = async () => {
      const held = await Promise.all(processors.map(heldBy));
      return held.every((count) => count === partitions / 2);
    };
    const own = lots("pause");
    const pause =
      (one: Member, other: Member): Step =>
      async () => {
        await lasting(own.below(own.pick(MOMENTS_MS)))();
        await until(isShared);
        one.child.kill("SIGSTOP");
        await until(async () => (await heldBy(other)) === partitions);
        one.child.kill("SIGCONT");
        // It takes its share again, which the other one lets go.
        await until(isShared);
      };
    const [one, two] = processors as [Member, Member];
    const steps = [quiet, pause(one, two), pause(two, one), pause(one, two), quiet];
    const refusedBefore = await refused();
    const accepted = await overDays(system, SEED, steps);
    expect(await refused()).toBeGreaterThan(refusedBefore);
    await expectUnharmed(system, accepted);
  });

  it("come and go every few seconds for a minute", async () => {
    const system = await begin();
    const own = lots("churn");
    await ready(await system.start("processor"));
    const guests: Member[] = [];
    const churn: Step = async () => {
      const guest = guests.length < 3 && (guests.length === 0 || own.chance(0.6));
      if (guest) guests.push(await system.start("processor"));
      else expect(await guests.splice(own.below(guests.length), 1)[0]?.end("SIGTERM")).toBe(0);
      await lasting(1000 + own.below(3000))();
    };
    const accepted = await overDays(system, SEED, [quiet, ...times(18, churn)]);
    await expectUnharmed(system, accepted);
  });
});
