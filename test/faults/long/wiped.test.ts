/**
 * Redis has lost everything, and the log has it all. What must hold is another thing than after other faults: the state is rebuilt,
 * and nobody is told or acted on again because of what lay in the log before.
 */
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ready } from "../../cluster/cluster.ts";
import { expectIntact } from "../../kill/expectations.ts";
import { type Kafka, startOwnKafka } from "../../servers/kafka.ts";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../../servers/redis.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { expectUnharmed } from "../books.ts";
import { quiet, underLoad } from "../load.ts";
import { SEED } from "../seed.ts";
import { newSystem, OTHERS, type System } from "../system.ts";

describe.runIf(kafkaCanBeStarted() && canBeStarted())("a system whose Redis is wiped", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  });
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  const start = async (system: System) => {
    const door = await system.start(OTHERS);
    await ready(door, await system.start("processor"));
    return door;
  };
  const wipe = async () => {
    const admin = new Redis(redis.server.port);
    await admin.flushall().finally(() => admin.disconnect());
  };
  /** What the processors have stored of each agent, as bytes. */
  const agentsOf = async (system: System) => {
    const { store, stream, close } = await system.open();
    const agents = new Map<string, string>();
    for (let partition = 0; partition < stream.partitions; partition++)
      for await (const [group, entries] of store.scan("processor", partition))
        for (const [name, bytes] of entries)
          agents.set(`${group} ${name}`, Buffer.from(bytes).toString("hex"));
    await close();
    return agents;
  };
  /** What was said in all streams, and to the webhook's endpoint: it only ever grows. */
  const saidBy = async (system: System) => {
    const { findings, actions, outcomes, denials } = await system.books();
    return { findings, actions, outcomes, denials, told: system.receiver.received.length };
  };
  const settledAgain = async (system: System) => {
    await system.settled();
    for (const member of system.running()) expect(await member.end("SIGTERM")).toBe(0);
    await system.settled();
  };

  it("learns everything again from the log, tells and does nothing meanwhile, and goes on", async () => {
    const system = await newSystem({ brokers: kafka.addresses, redis: redis.server.address });
    const first = await start(system);
    const accepted = new Set(await underLoad(first.url, { seed: SEED }, [quiet]));
    await settledAgain(system);
    const [said, agents] = [await saidBy(system), await agentsOf(system)];
    expect(said.actions.length).toBeGreaterThan(0);
    await wipe();

    await start(system);
    await settledAgain(system);
    expect(await agentsOf(system)).toEqual(agents);
    expect(await saidBy(system)).toEqual(said);

    const second = await start(system);
    for (const id of await underLoad(second.url, { seed: SEED + 1 }, [quiet])) accepted.add(id);
    const { actions } = await expectUnharmed(system, accepted);
    expect(actions.length).toBeGreaterThan(said.actions.length);
  });

  it("stops where it runs, rather than learn with its voice raised", async () => {
    const system = await newSystem({ brokers: kafka.addresses, redis: redis.server.address });
    const door = await start(system);
    const accepted = new Set(await underLoad(door.url, { seed: SEED }, [quiet]));
    await system.settled();
    const [said, running] = [await saidBy(system), system.running()];
    await wipe();
    const codes = await Promise.all(running.map(({ ended }) => ended));
    expect(codes).toEqual([70, 70]);
    for (const member of running) await member.end("SIGTERM");

    await start(system);
    await settledAgain(system);
    expect(await saidBy(system)).toEqual(said);
    expectIntact(await system.books(), accepted);
  });
});
