import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { openKafkaStream } from "../../services/adapters/stream-kafka.ts";
import { streamSuite } from "../conformance/stream.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";

describe.runIf(kafkaIsHere())("with one broker", () => {
  let kafka: Kafka;
  beforeAll(async () => {
    kafka = await startKafka();
  }, 60_000);
  afterAll(() => kafka.stop());

  streamSuite("the log on Kafka", async () => {
    const options = {
      brokers: kafka.addresses,
      topicPrefix: `${randomUUID()}.`,
      partitions: 3,
      replication: 1,
    };
    let stream = await openKafkaStream(options);
    const reopen = async () => {
      await stream.close();
      stream = await openKafkaStream(options);
      return stream;
    };
    return { stream, reopen, cleanup: () => stream.close() };
  });
});
