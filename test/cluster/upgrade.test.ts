/** A processor that finds state of another version: what cannot be read is learned anew and shown, and nothing that was accepted is lost. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServerStore } from "../../services/adapters/servers.ts";
import { population } from "../../services/simulator/agents.ts";
import { expectIntact } from "../kill/expectations.ts";
import { story } from "../kill/story.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type Redis, startRedis } from "../servers/redis.ts";
import { isHere, SINGLE } from "../servers/redis-presence.ts";
import { type Cluster, degraded, newCluster, ready, sendAll, until } from "./cluster.ts";

describe.runIf(kafkaIsHere() && isHere(SINGLE))("state of another version", () => {
  let kafka: Kafka;
  let redis: Redis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  }, 60_000);
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  /** Writes the version of every agent's row anew, as if another release had written it; answers how many there are. */
  async function rewrite({ settings }: Cluster, version: (now: number) => number): Promise<number> {
    const store = await openServerStore(settings.redis as NonNullable<typeof settings.redis>, {});
    let count = 0;
    for (let partition = 0; partition < (settings.kafka?.partitions ?? 0); partition++) {
      const position = await store.position("processor", partition);
      const lease = await store.acquire("processor", partition);
      for await (const [group, entries] of store.scan("processor", partition)) {
        const row = Buffer.from(entries.get("row") ?? []);
        row.writeUInt8(version(row.readUInt8()));
        await store.commit(lease, [[{ group, entries: new Map([["row", row]]) }]], position);
        count++;
      }
    }
    await store.close();
    return count;
  }

  const begin = async (seed: number) => {
    const cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    const others = await cluster.start("ingest,responder,egress,gate,api");
    const processor = await cluster.start("processor");
    await ready(others, processor);
    const batches = story({ seed, agents: 6, days: 1 }, Date.now());
    const half = batches.length >> 1;
    const accepted = await sendAll(others.url, batches.slice(0, half));
    await cluster.settled();
    expect(await processor.end("SIGTERM")).toBe(0);
    return { cluster, others, accepted, rest: batches.slice(half) };
  };

  it("that can be read is nothing to tell, and the findings are those of one that never stopped", async () => {
    const { cluster, others, accepted, rest } = await begin(51);
    expect(await rewrite(cluster, (now) => now)).toBeGreaterThan(0);
    const processor = await cluster.start("processor");
    for (const id of await sendAll(others.url, rest)) accepted.add(id);
    await cluster.settled();
    expect(await degraded(processor)).toEqual([]);
    expectIntact(await cluster.books(), accepted);
    await cluster.remove();
  }, 120_000);

  it("that cannot be read is told in health, and the processor goes on with every event", async () => {
    const { cluster, others, accepted, rest } = await begin(52);
    expect(await rewrite(cluster, (now) => now + 1)).toBeGreaterThan(0);
    const processor = await cluster.start("processor");
    for (const id of await sendAll(others.url, rest)) accepted.add(id);
    await until(async () => (await degraded(processor)).some((what) => /could not be read/.test(what)));
    await cluster.settled();
    const { eventIds, findings } = await cluster.books();
    expect([...accepted].filter((id) => !eventIds.includes(id))).toEqual([]);
    // Facts about tokens need no learning.
    const last = population(52, 6).at(-1)?.id;
    expect(findings).toContainEqual(expect.objectContaining({ agent: last, detector: "token-reuse" }));
    await cluster.remove();
  }, 120_000);
});
