/** What the doctor finds behind a source, on a real broker. */
import { randomUUID } from "node:crypto";
import kafkajs, { type Admin, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registerCodecs } from "../../services/adapters/kafka/codecs.ts";
import { examineSource } from "../../services/adapters/kafka-source-doctor.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";

describe.runIf(kafkaIsHere())("the topics of a source", { timeout: 30_000 }, () => {
  let kafka: Kafka;
  let admin: Admin;
  let producer: Producer;
  beforeAll(async () => {
    registerCodecs();
    kafka = await startKafka();
    const client = new kafkajs.Kafka({ brokers: [...kafka.addresses], logLevel: 0 });
    admin = client.admin();
    producer = client.producer();
    await Promise.all([admin.connect(), producer.connect()]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([admin.disconnect(), producer.disconnect()]);
    await kafka.stop();
  });

  const topicOf = async (...records: readonly number[]) => {
    const topic = `raw.${randomUUID()}`;
    await admin.createTopics({ topics: [{ topic, numPartitions: records.length }] });
    for (const [partition, count] of records.entries())
      await producer.send({
        topic,
        messages: Array.from({ length: count }, () => ({ partition, value: "a" })),
      });
    return topic;
  };
  const examine = (topics: readonly string[], groupId = randomUUID()) =>
    examineSource("source own", { brokers: kafka.addresses, topics, groupId, start: "earliest" });

  it("are told with their partitions, and with what their group has not read", async () => {
    const [topic, groupId] = [await topicOf(3, 4), randomUUID()];
    expect(await examine([topic], groupId)).toMatchObject([
      {
        check: "source own",
        ok: true,
        found: `topic ${topic}: 2 partitions; group ${groupId} has read nothing yet`,
      },
    ]);
    await admin.setOffsets({ groupId, topic, partitions: [{ partition: 1, offset: "3" }] });
    expect(await examine([topic], groupId)).toMatchObject([
      { ok: true, found: `topic ${topic}: 2 partitions; group ${groupId} is 4 records behind` },
    ]);
  });

  it("are told apart: one that is not there is named with what to do, and is not made", async () => {
    const [there, missing] = [await topicOf(1), `raw.${randomUUID()}`];
    expect(await examine([there, missing])).toMatchObject([
      { ok: true, found: expect.stringContaining(`${there}: 1 partition;`) },
      {
        ok: false,
        found: `topic ${missing} is not there; it is waited for`,
        whatToDo: expect.stringMatching(/make it/),
      },
    ]);
    expect(await admin.listTopics()).not.toContain(missing);
  });
});

it("are each a failed check, with what to do, when the brokers do not answer", async () => {
  const options = { brokers: ["127.0.0.1:1"], topics: ["a", "b"], groupId: "g", start: "earliest" } as const;
  const [first, second] = await examineSource("source own", options);
  expect(first).toMatchObject({
    check: "source own",
    ok: false,
    whatToDo: expect.stringContaining("brokers"),
  });
  expect(first?.found).toMatch(/^topic a: kafka at 127\.0\.0\.1:1: /);
  expect(second?.found).toMatch(/^topic b: /);
});
