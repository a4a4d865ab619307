/** Topics that others write, on a real broker: whatever their codecs, partitions and headers, and while they come, grow and go. */
import { randomUUID } from "node:crypto";
import kafkajs, { type Admin, type Producer } from "kafkajs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { CODECS, registerCodecs } from "../../services/adapters/kafka/codecs.ts";
import { type KafkaSourceOptions, openKafkaSource } from "../../services/adapters/kafka-source.ts";
import type { RawBatch, RawConsumer, RawSource } from "../../services/ports/source.ts";
import type { Subscription } from "../../services/ports/stream.ts";
import { linesOf, numbered } from "../conformance/stream-records.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { USER } from "../servers/kafka-security.ts";

describe.runIf(kafkaCanBeStarted())("topics of others", { timeout: 30_000 }, () => {
  let kafka: Kafka;
  let admin: Admin;
  let producer: Producer;
  const running: Subscription[] = [];
  beforeAll(async () => {
    registerCodecs();
    kafka = await startOwnKafka({ secured: true });
    const client = new kafkajs.Kafka({ brokers: [...kafka.addresses], logLevel: 0 });
    admin = client.admin();
    producer = client.producer();
    await Promise.all([admin.connect(), producer.connect()]);
  }, 60_000);
  afterEach(() => Promise.all(running.splice(0).map((subscription) => subscription.stop())));
  afterAll(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await kafka.stop();
  });

  const topic = async (numPartitions = 1) => {
    const name = `raw.${randomUUID()}`;
    await admin.createTopics({ topics: [{ topic: name, numPartitions }] });
    return name;
  };
  const send = (name: string, partition: number, ...values: readonly string[]) =>
    producer.send({ topic: name, messages: values.map((value) => ({ partition, value })) });
  const source = (topics: readonly string[], more: Partial<KafkaSourceOptions> = {}) =>
    openKafkaSource({
      ...{ brokers: kafka.addresses, topics, groupId: randomUUID(), start: "earliest" },
      ...{ sessionTimeoutMs: 2000, lookMs: 100 },
      ...more,
    });
  const read = (from: RawSource, consumer: Partial<RawConsumer> = {}) => {
    const reader = watched(consumer);
    running.push(from.subscribe(reader.consumer));
    return { ...reader, subscription: running.at(-1) as Subscription };
  };

  it("are read with each its own number of partitions, every partition in its order", async () => {
    const [small, large] = [await topic(1), await topic(3)];
    const { lines } = read(source([small, large]));
    await send(small, 0, "a", "b");
    for (const partition of [0, 1, 2]) await send(large, partition, ...numbered(50));
    await expect.poll(() => lines.get(`${small}/0`)).toEqual(["a", "b"]);
    for (const partition of [0, 1, 2])
      await expect.poll(() => lines.get(`${large}/${partition}`)).toEqual(numbered(50));
  });

  it.each(["gzip", "snappy", "lz4", "zstd"] as const)(
    "are read when they are packed with %s",
    async (codec) => {
      const name = await topic();
      const messages = numbered(300).map((value) => ({
        value: `{"line":"${value}","service":"orders-api"}`,
      }));
      await producer.send({ topic: name, messages, compression: CODECS[codec] });
      const { lines } = read(source([name]));
      await expect.poll(() => lines.get(`${name}/0`)).toEqual(messages.map(({ value }) => value));
    },
  );

  it("give the headers of a record, and of no other", async () => {
    const name = await topic();
    const headers = { tenant: "acme", twice: ["one", "two"], empty: "" };
    await producer.send({ topic: name, messages: [{ value: "a", headers }, { value: "b" }, { value: "" }] });
    const seen: (string | undefined)[][] = [];
    const batch = async (given: RawBatch) => {
      for (let at = 0; at < given.count; at++)
        seen.push(["tenant", "twice", "empty", "other"].map((header) => given.header(at, header)));
    };
    read(source([name]), { batch });
    const none = [undefined, undefined, undefined, undefined];
    await expect.poll(() => seen).toEqual([["acme", "two", "", undefined], none, none]);
  });

  it("begin at their end where that is asked for, and after a crash where that was", async () => {
    const name = await topic();
    await send(name, 0, "before");
    const options = { start: "latest", groupId: randomUUID() } as const;
    const first = read(source([name], options));
    await expect.poll(() => first.owned).toEqual([`${name}/0`]);
    await first.subscription.stop();
    await send(name, 0, "after");
    const { lines } = read(source([name], options));
    await expect.poll(() => lines.get(`${name}/0`)).toEqual(["after"]);
  });

  it("are read from the position that the consumer says, else from what was acknowledged", async () => {
    const name = await topic();
    await send(name, 0, ...numbered(6));
    const options = { groupId: randomUUID() };
    const raw = source([name], options);
    const first = read(raw, { assigned: async () => 2 });
    await expect.poll(() => first.lines.get(`${name}/0`)).toEqual(["2", "3", "4", "5"]);
    await raw.acknowledge({ topic: name, partition: 0 }, 4);
    await first.subscription.stop();
    const { lines } = read(source([name], options));
    await expect.poll(() => lines.get(`${name}/0`)).toEqual(["4", "5"]);
  });

  it("are waited for, named, and read when they are there and when they have grown", async () => {
    const [present, later] = [await topic(), `raw.${randomUUID()}`];
    const log: string[] = [];
    const raw = source([present, later], { log: (_, line) => log.push(line) });
    const { lines } = read(raw);
    await send(present, 0, "a");
    await expect.poll(() => lines.get(`${present}/0`)).toEqual(["a"]);
    expect(raw.trouble()).toBe(`kafka: topic ${later} is not there`);
    expect(log.filter((line) => line.includes(later))).toEqual([
      expect.stringContaining("is not there; waiting"),
    ]);
    await admin.createTopics({ topics: [{ topic: later, numPartitions: 1 }] });
    await send(later, 0, "b");
    await expect.poll(() => lines.get(`${later}/0`), { timeout: 10_000 }).toEqual(["b"]);
    expect(raw.trouble()).toBeUndefined();
    await admin.createPartitions({ topicPartitions: [{ topic: later, count: 2 }] });
    // The other producer does not know yet that there are two.
    const second = new kafkajs.Kafka({ brokers: [...kafka.addresses], logLevel: 0 }).producer();
    await second.connect();
    await second.send({ topic: later, messages: [{ partition: 1, value: "c" }] });
    await second.disconnect();
    await expect.poll(() => lines.get(`${later}/1`), { timeout: 10_000 }).toEqual(["c"]);
  });

  it("do not wait for one another", async () => {
    const [held, free] = [await topic(), await topic()];
    const hold = Promise.withResolvers<void>();
    const { lines } = read(source([held, free]), {
      batch: async (batch) => {
        if (batch.topic === held) await hold.promise;
      },
    });
    await send(held, 0, "x");
    await expect.poll(() => lines.get(`${held}/0`)).toEqual(["x"]);
    for (const value of numbered(5)) await send(free, 0, value);
    await expect.poll(() => lines.get(`${free}/0`)).toEqual(numbered(5));
    hold.resolve();
  });

  it("are read from their start when they end before what was read, because they were made anew", async () => {
    const name = await topic();
    await send(name, 0, "a", "b");
    const log: string[] = [];
    const options = { log: (_: string, line: string) => log.push(line) };
    const { lines } = read(source([name], options), { assigned: async () => 50 });
    await expect.poll(() => lines.get(`${name}/0`), { timeout: 20_000 }).toEqual(["a", "b"]);
    expect(log).toContainEqual(expect.stringContaining("ends at 2, and 50 was reached before"));
  });

  it("are shared by all who read them, without a record left out or in another order", async () => {
    const name = await topic(4);
    const groupId = randomUUID();
    const positions = new Map<string, number>();
    const member = () => read(source([name], { groupId }), remembering(positions));
    const members = [member()];
    await expect.poll(() => members[0]?.owned.length).toBe(4);
    const sending = numbered(200).map((value) =>
      Promise.all([0, 1, 2, 3].map((partition) => send(name, partition, value))),
    );
    members.push(member());
    await expect.poll(() => members[1]?.owned.length, { timeout: 10_000 }).toBe(2);
    await members[0]?.subscription.stop();
    await Promise.all(sending);
    const all = (partition: number) =>
      members.flatMap(({ lines }) => lines.get(`${name}/${partition}`) ?? []).map(Number);
    for (const partition of [0, 1, 2, 3])
      await expect.poll(() => new Set(all(partition)).size, { timeout: 10_000 }).toBe(200);
    for (const partition of [0, 1, 2, 3]) expect(all(partition)).toHaveLength(200);
  });

  it("come over TLS with a user; a wrong password is told and tried again, and fails nothing", async () => {
    const name = await topic();
    await send(name, 0, "secret");
    const secured = kafka.secured as NonNullable<Kafka["secured"]>;
    const sasl = (password: string) =>
      ({ mechanism: "scram-sha-512", username: USER.username, password }) as const;
    const reach = { brokers: [secured.saslTls], ssl: { caFile: secured.caFile } };
    const { lines } = read(source([name], { ...reach, sasl: sasl(USER.password) }));
    await expect.poll(() => lines.get(`${name}/0`)).toEqual(["secret"]);
    const wrong = source([name], { ...reach, sasl: sasl("wrong") });
    const { subscription } = read(wrong);
    await expect.poll(() => wrong.trouble()).toMatch(/^kafka: .*[Aa]uthentication/);
    expect(await Promise.race([subscription.done, Promise.resolve("running")])).toBe("running");
  });

  it("end the subscription with what a consumer throws", async () => {
    const name = await topic();
    await send(name, 0, "x");
    const fault = new Error("cannot go on");
    const { subscription } = read(source([name]), { batch: () => Promise.reject(fault) });
    await expect(subscription.done).rejects.toBe(fault);
  });
});

/** A consumer that notes what it is given. */
function watched(more: Partial<RawConsumer>) {
  const lines = new Map<string, string[]>();
  const owned: string[] = [];
  const consumer: RawConsumer = {
    async assigned(place) {
      owned.push(`${place.topic}/${place.partition}`);
      return more.assigned?.(place);
    },
    async batch(batch) {
      const place = `${batch.topic}/${batch.partition}`;
      lines.set(place, [...(lines.get(place) ?? []), ...linesOf(batch)]);
      await more.batch?.(batch);
    },
    async revoked(place) {
      owned.splice(owned.indexOf(`${place.topic}/${place.partition}`), 1);
      await more.revoked?.(place);
    },
  };
  return { lines, owned, consumer };
}

/** Positions that all members know. */
const remembering = (positions: Map<string, number>): Partial<RawConsumer> => ({
  assigned: async ({ topic, partition }) => positions.get(`${topic}/${partition}`),
  batch: async ({ topic, partition, count, positions: own }) => {
    positions.set(`${topic}/${partition}`, (own[count - 1] ?? -1) + 1);
  },
});
