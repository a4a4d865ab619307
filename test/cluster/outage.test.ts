/** What a running installation does when its servers do not answer, or hold what nobody of ours has written. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectIntact } from "../kill/expectations.ts";
import { metricOf } from "../kill/service.ts";
import { story } from "../kill/story.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { type Cluster, degraded, type Member, newCluster, ready, sendAll, until } from "./cluster.ts";

describe.runIf(kafkaCanBeStarted() && canBeStarted())("an installation", () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis()]);
  }, 60_000);
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  const begin = async (): Promise<[Cluster, Member, Member]> => {
    const cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    const door = await cluster.start("ingest,gate,api");
    const work = await cluster.start("processor,responder,egress");
    await ready(door, work);
    return [cluster, door, work];
  };
  const halves = (seed: number) => {
    const batches = story({ seed, agents: 4, days: 1 }, Date.now());
    const middle = batches.length >> 1;
    return [batches.slice(0, middle), batches.slice(middle)] as const;
  };
  const expectWhole = async (cluster: Cluster, accepted: Iterable<string>) => {
    await cluster.settled();
    expectIntact(await cluster.books(), new Set(accepted));
    await cluster.remove();
  };

  it("reads no more while Redis is silent, says so in health, and goes on when it is back", async () => {
    const [cluster, door, work] = await begin();
    const [first, second] = halves(21);
    const accepted = await sendAll(door.url, first);
    redis.server.pause();
    const sending = sendAll(door.url, second);
    await until(async () =>
      (await degraded(work)).some((what) => /the store has not answered for/.test(what)),
    );
    expect(work.child.exitCode).toBeNull();
    redis.server.resume();
    const others = await sending;
    await until(async () => (await degraded(work)).length === 0);
    await expectWhole(cluster, [...accepted, ...others]);
  }, 120_000);

  it("loses nothing when Redis is killed and comes back with its append-only file", async () => {
    const [cluster, door] = await begin();
    const [first, second] = halves(22);
    const accepted = await sendAll(door.url, first);
    const sending = sendAll(door.url, second);
    await redis.server.restart();
    await expectWhole(cluster, [...accepted, ...(await sending)]);
  }, 120_000);

  it("loses nothing when the only broker is killed and comes back", async () => {
    const [cluster, door] = await begin();
    const [first, second] = halves(23);
    const accepted = await sendAll(door.url, first);
    const sending = sendAll(door.url, second);
    await kafka.brokers[0]?.restart();
    await expectWhole(cluster, [...accepted, ...(await sending)]);
  }, 120_000);

  it("sets aside what nobody of ours has written, in every stream, and goes on behind it", async () => {
    const [cluster, door, work] = await begin();
    const reader = await cluster.open();
    const names = ["events", "findings", "decisions", "actions", "outcomes", "denials"] as const;
    const value = Buffer.from('{"origin":{"stage":"processor"},"value":"nonsense"}');
    const odd = names.map((stream) => ({ stream, partition: 1, value, key: "odd" }));
    await (reader.stream as typeof reader.stream & { append(records: object[]): Promise<void> }).append(odd);
    await sendAll(door.url, halves(24).flat());
    await cluster.settled();
    const letters = async () => {
      const answer = await fetch(`${door.url}/v1/dead-letters?limit=100`);
      const { deadLetters } = (await answer.json()) as { deadLetters: { place: string }[] };
      return deadLetters.map(({ place }) => place.split("/")[0]).toSorted();
    };
    await until(async () => (await letters()).length >= 5);
    expect(await letters()).toEqual(["actions", "decisions", "events", "findings", "outcomes"]);
    // The deny list is nobody's in particular: gates leave out what they cannot read.
    expect(await metricOf(door, "offgraph_stream_unreadable_total")).toBeGreaterThanOrEqual(2);
    expect([door.child.exitCode, work.child.exitCode]).toEqual([null, null]);
    expect((await (await fetch(`${door.url}/v1/incidents?limit=5`)).json()) as object).toMatchObject({
      incidents: expect.arrayContaining([expect.objectContaining({ status: "contained" })]),
    });
    await Promise.all([reader.close(), cluster.remove()]);
  }, 120_000);
});
