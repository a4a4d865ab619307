/** The learner is killed, and processors with it, while days pass. `FAULT_SEED` repeats the moments of an earlier run. */
import { afterAll, beforeAll, describe, it } from "vitest";
import { ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { WITH_GROUPS } from "../days.ts";
import { lasting, overDays, quiet, type Step } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem } from "../system.ts";

describe.runIf(kafkaCanBeStarted() && canBeStarted())("the learner", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  it("is killed around the moment at which it adds up, and processors with it", async () => {
    const system = await newSystem({
      brokers: kafka.addresses,
      redis: redis.server.address,
      settings: WITH_GROUPS,
    });
    const own = lots("learner");
    const rest = await system.start("responder,egress,gate,api");
    const members = await Promise.all(
      ["learner", "processor", "processor"].map((role) => system.start(role)),
    );
    await ready(rest, ...members);
    const kill =
      (at: number): Step =>
      async () => {
        // It looks five seconds after its start.
        await lasting(4700 + own.below(600))();
        await members[at]?.end("SIGKILL");
        members[at] = await system.start(at === 0 ? "learner" : "processor");
      };
    const both: Step = () => Promise.all([kill(0)(), kill(1 + own.below(2))()]);
    const steps = [quiet, both, kill(0), both, kill(0), both, quiet];
    const accepted = await overDays(system, SEED, steps);
    await expectUnharmed(system, accepted);
  });
});
