/** Telemetry that others write to Kafka, read by processes of ingest that are killed, join and leave: every record is there, and the findings are those of the log. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import kafkajs, { type Message, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { CODECS, registerCodecs } from "../../services/adapters/kafka/codecs.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { linesOf } from "../ingest/world.ts";
import { isSettled, readBooks } from "../kill/books.ts";
import { expectIntact } from "../kill/expectations.ts";
import { metricOf, type ServiceProcess, startService, untilReady } from "../kill/service.ts";
import { ENFORCING } from "../kill/settings.ts";
import { type Batch, story } from "../kill/story.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type Redis, startRedis } from "../servers/redis.ts";
import { isHere, SINGLE } from "../servers/redis-presence.ts";
import { type Cluster, degraded, newCluster, ready, until } from "./cluster.ts";

const OTHERS = "processor,responder,egress,gate,api";
const PARTITIONS = 3;
const PACKED = [CODECS.gzip, CODECS.snappy, CODECS.lz4, CODECS.zstd];
const isKafkaHere = kafkaIsHere();
const taken = (member: Pick<ServiceProcess, "url">) => metricOf(member, "offgraph_ingest_events_total");

describe.runIf(isKafkaHere)("a source in Kafka", { timeout: 120_000 }, () => {
  let kafka: Kafka;
  let producer: Producer;
  let client: kafkajs.Kafka;
  beforeAll(async () => {
    registerCodecs();
    kafka = await startKafka();
    client = new kafkajs.Kafka({ brokers: [...kafka.addresses], logLevel: 0 });
    producer = client.producer();
    await producer.connect();
  }, 60_000);
  afterAll(async () => {
    await producer.disconnect();
    await kafka.stop();
  });

  const newTopic = async () => {
    const topic = `raw-${randomUUID()}`;
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
    await admin.disconnect();
    return topic;
  };
  const own = (topic: string) => ({ name: "own", format: "offgraph", topics: [topic], latenessMs: 500 });
  /** By agent, as a vendor would, each batch packed in another way. */
  const produce = async (topic: string, batches: readonly Batch[]) => {
    for (const [at, { body }] of batches.entries()) {
      const lines = body.trimEnd().split("\n");
      const messages = lines.map((value) => ({ value, partition: partitionOf(agentOf(value), PARTITIONS) }));
      await producer.send({ topic, messages, compression: PACKED[at % PACKED.length] ?? 0 });
    }
  };

  it("is there as a whole in the data folder, when the one process is killed in the middle of it", async () => {
    const topic = await newTopic();
    const folder = join(mkdtempSync(join(tmpdir(), "offgraph-source-")), "data");
    const settings = { ...ENFORCING, sources: [{ ...own(topic), kafka: { brokers: kafka.addresses } }] };
    const batches = story({ seed: 23, agents: 3, days: 1 }, Date.now());
    const first = await startService({ folder, settings });
    const producing = produce(topic, batches);
    await until(async () => (await taken(first)) > 200);
    await first.stop("SIGKILL");
    await producing;
    const second = await startService({ folder, settings });
    await untilReady(second);
    const ids = idsIn(batches);
    const books = () => readBooks(folder, Settings.parse(settings));
    // At once: it need not wait until the group takes the killed one for dead, which is half a minute.
    await expect.poll(async () => isIn(ids, (await books()).eventIds), { timeout: 15_000 }).toBe(true);
    await until(() => isSettled(folder));
    expect(await second.stop("SIGTERM")).toBe(0);
    expectIntact(await books(), ids);
    rmSync(join(folder, ".."), { recursive: true });
  });

  describe.runIf(isHere(SINGLE))("on servers", () => {
    let redis: Redis;
    beforeAll(async () => {
      redis = await startRedis();
    }, 60_000);
    afterAll(() => redis.stop());

    const begin = async (...sources: readonly object[]) => {
      const address = redis.addresses[0] ?? "";
      const cluster = newCluster({ brokers: kafka.addresses, redis: address, settings: { sources } });
      return { cluster, others: await cluster.start(OTHERS) };
    };
    const untilThere = async (cluster: Cluster, ids: ReadonlySet<string>) => {
      const reader = await cluster.open();
      const found = async () => (await eventsIn(reader.stream as Stream)).map(({ id }) => id);
      await until(async () => isIn(ids, await found()));
      await reader.close();
      await cluster.settled();
    };

    it("is there as a whole, whatever it is packed with, when ingest is killed again and again", async () => {
      const topic = await newTopic();
      const batches = story({ seed: 21, agents: 6, days: 1 }, Date.now());
      const { cluster } = await begin(own(topic));
      const producing = produce(topic, batches);
      for (const least of [100, 200, 300]) {
        const victim = await cluster.start("ingest");
        await until(async () => (await taken(victim)) > least);
        await victim.end("SIGKILL");
      }
      await producing;
      await cluster.start("ingest");
      await untilThere(cluster, idsIn(batches));
      expectIntact(await cluster.books(), idsIn(batches));
      await cluster.remove();
    });

    it("changes hands in peace without a record twice, and each agent's events stay in their order", async () => {
      const topic = await newTopic();
      const batches = story({ seed: 22, agents: 6, days: 1 }, Date.now());
      const third = Math.floor(batches.length / 3);
      const { cluster } = await begin(own(topic));
      const first = await cluster.start("ingest");
      await produce(topic, batches.slice(0, third));
      const second = await cluster.start("ingest");
      await until(async () => (await metricOf(second, "offgraph_stream_handovers_total")) > 0);
      await produce(topic, batches.slice(third, 2 * third));
      await until(async () => (await taken(second)) > 0);
      expect(await first.end("SIGTERM")).toBe(0);
      await produce(topic, batches.slice(2 * third));
      await untilThere(cluster, idsIn(batches));
      const { eventIds, ...books } = await cluster.books();
      expect(eventIds.filter((id) => idsIn(batches).has(id))).toHaveLength(idsIn(batches).size);
      expectIntact({ eventIds, ...books }, idsIn(batches));
      const reader = await cluster.open();
      const byAgent = Map.groupBy(await eventsIn(reader.stream as Stream), (event) => event.agent?.id);
      byAgent.delete(undefined); // ticks
      for (const events of byAgent.values())
        expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).toSorted());
      await reader.close();
      await cluster.remove();
    });

    it("is there as a whole when one that was paused for longer than its session goes on", async () => {
      const topic = await newTopic();
      const batches = story({ seed: 24, agents: 6, days: 1 }, Date.now());
      const { cluster } = await begin(own(topic));
      const paused = await cluster.start("ingest");
      await produce(topic, batches.slice(0, batches.length >> 1));
      await until(async () => (await taken(paused)) > 100);
      paused.child.kill("SIGSTOP");
      const other = await cluster.start("ingest");
      await until(async () => (await metricOf(other, "offgraph_stream_handovers_total")) >= PARTITIONS);
      await produce(topic, batches.slice(batches.length >> 1));
      await untilThere(cluster, idsIn(batches));
      paused.child.kill("SIGCONT");
      // It takes a share again.
      await until(async () => (await metricOf(other, "offgraph_stream_handovers_total")) > PARTITIONS);
      await untilThere(cluster, idsIn(batches));
      expectIntact(await cluster.books(), idsIn(batches));
      await cluster.remove();
    });

    it("of another format, with tenants in a header and records that nobody can read, beside a topic that is not there", async () => {
      const topic = await newTopic();
      const aws = { name: "aws", format: "cloudtrail", topics: [topic], tenantHeader: "tenant" };
      const { cluster, others } = await begin(aws, { ...own("not-there"), silentAfterMs: 1000 });
      const ingest = await cluster.start("ingest");
      const trails = [0, 1, 2, 3].map(
        (at): Message => ({
          ...{ key: `${at}`, headers: { tenant: at % 2 ? "acme" : "globex", traceparent: TRACEPARENT } },
          value: JSON.stringify(trailOf(`trail-${at}`)),
        }),
      );
      await producer.send({ topic, messages: [...trails, { partition: 1, value: "<xml/>" }] });
      await untilThere(cluster, new Set(trails.map((_, at) => `trail-${at}`)));
      const reader = await cluster.open();
      const events = (await eventsIn(reader.stream as Stream)).filter(({ source }) => source === "aws");
      expect(events).toHaveLength(4);
      for (const { id, tenant, trace } of events)
        expect([id, tenant, trace?.id]).toEqual([id, Number(id.at(-1)) % 2 ? "acme" : "globex", TRACE]);
      const letters = await readAll<{ place: string }>(reader.stream as Stream, "dead-letters");
      expect(letters).toMatchObject([
        { code: "invalid-event", source: "aws", place: `${topic}/1`, line: expect.any(Number) },
      ]);
      await until(async () => (await degraded(ingest)).length > 0);
      expect(await degraded(ingest)).toEqual([
        "source own: kafka: topic not-there is not there; it is tried again",
      ]);
      expect(await metricOf(ingest, "offgraph_source_silent_seconds")).toBeGreaterThan(0);
      await ready(ingest, others);
      await reader.close();
      await cluster.remove();
    });
  });
});

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

interface LoggedEvent {
  readonly id: string;
  readonly time: string;
  readonly tenant: string;
  readonly source: string;
  readonly agent?: { readonly id: string };
  readonly trace?: { readonly id: string };
}

const readAll = async <Value>(stream: Stream, name: StreamName) =>
  (await linesOf(stream, name)).map((line) => JSON.parse(line) as Value);
const eventsIn = (stream: Stream) => readAll<LoggedEvent>(stream, "events");
const idsIn = (batches: readonly Batch[]) => new Set(batches.flatMap(({ ids }) => ids));
const agentOf = (line: string) => (JSON.parse(line) as { agent: { id: string } }).agent.id;

function isIn(ids: ReadonlySet<string>, found: readonly string[]): boolean {
  const all = new Set(found);
  return [...ids].every((id) => all.has(id));
}

const trailOf = (eventID: string) => ({
  eventID,
  eventTime: new Date().toISOString(),
  eventSource: "s3.amazonaws.com",
  eventName: "GetObject",
  userIdentity: {
    type: "IAMUser",
    arn: "arn:aws:iam::111122223333:user/alice",
    accessKeyId: "AKIAEXAMPLE000000001",
  },
  sourceIPAddress: "192.0.2.7",
  readOnly: true,
});
