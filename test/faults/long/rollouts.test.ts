/** A new version spreads over agents of several partitions while those who respond are killed. `FAULT_SEED` repeats the moments of an earlier run. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { partitionOf } from "../../../services/ports/stream.ts";
import { type Member, ready } from "../../cluster/cluster.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { ROLLED_OUT, WITH_GROUPS } from "../days.ts";
import { lasting, overDays, quiet, type Step } from "../load.ts";
import { lots, SEED } from "../seed.ts";
import { newSystem } from "../system.ts";

/** A kill comes within this time after the one before. */
const MOMENT_MS = 500;
/** In each of so many parts of the load; in the last one, in which the new version comes, as often again. */
const KILLS = 6;

describe.runIf(kafkaCanBeStarted() && canBeStarted())("a roll-out", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  it("is one incident for which nothing is done, while one of two responders is killed again and again", async () => {
    const system = await newSystem({
      brokers: kafka.addresses,
      redis: redis.server.address,
      settings: WITH_GROUPS,
    });
    const own = lots("rollout");
    const rest = await system.start("learner,processor,egress,gate,api");
    const responders = await Promise.all([system.start("responder"), system.start("responder")]);
    await ready(rest, ...responders);
    const kill: Step = async () => {
      await lasting(own.below(MOMENT_MS))();
      const at = own.below(responders.length);
      await (responders[at] as Member).end("SIGKILL");
      responders[at] = await system.start("responder");
    };
    const kills = Array.from({ length: KILLS }, () => kill);
    const all: Step = async () => {
      for (const one of kills) await one();
    };
    const accepted = await overDays(system, SEED, [quiet, ...kills, all]);
    const { findings } = await expectUnharmed(system, accepted);
    const agents = new Set(findings.flatMap(({ agent, newVersion }) => (newVersion ? [agent] : [])));
    const partitions = new Set([...agents].map((agent) => partitionOf(`default/${agent}`, 4)));
    expect([...agents].every((agent) => agent.startsWith(ROLLED_OUT))).toBe(true);
    expect(partitions.size).toBe(agents.size);
    expect(partitions.size).toBeGreaterThan(2);
  });
});
