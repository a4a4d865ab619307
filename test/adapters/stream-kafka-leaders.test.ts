/** Leaders die under load, and nothing that was acknowledged is lost or there twice. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openKafkaStream } from "../../services/adapters/stream-kafka.ts";
import type { RecordBatch, Stream } from "../../services/ports/stream.ts";
import { events, linesOf, readAll, values } from "../conformance/stream-records.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";

const PARTITIONS = 3;
const WRITERS = 4;
const RECORDS_PER_APPEND = 20;
const APPENDS_BETWEEN = 200;

describe.runIf(kafkaCanBeStarted())("with three brokers", { timeout: 120_000 }, () => {
  let kafka: Kafka;
  let stream: Stream;
  beforeAll(async () => {
    kafka = await startOwnKafka({ brokers: 3 });
    stream = await openKafkaStream({
      brokers: kafka.addresses,
      partitions: PARTITIONS,
      sessionTimeoutMs: 6000,
    });
  }, 60_000);
  afterAll(async () => {
    await stream.close();
    await kafka.stop();
  }, 60_000);

  it("has every acknowledged record once, in the log and at a consumer, after each broker was killed", async () => {
    const load = writers(stream);
    const reader = reading(stream);
    for (const broker of kafka.brokers) {
      await load.acknowledged(APPENDS_BETWEEN);
      await broker.kill();
      await load.acknowledged(APPENDS_BETWEEN);
      await broker.start();
    }
    const acknowledged = await load.stop();
    const inLog = await Promise.all([0, 1, 2].map(async (at) => values(await readAll(stream, "events", at))));
    for (const [partition, lines] of inLog.entries()) {
      const there = new Set(lines);
      const lost = acknowledged[partition]?.filter((line) => !there.has(line));
      expect({ lost, twice: lines.length - there.size }).toEqual({ lost: [], twice: 0 });
    }
    await reader.sawRecords(inLog.flat().length);
    await reader.stop();
    for (const [partition, lines] of inLog.entries()) {
      const differing = lines.findIndex((line, at) => line !== reader.seen[partition]?.[at]);
      expect({ differing, seen: reader.seen[partition]?.length }).toEqual({
        differing: -1,
        seen: lines.length,
      });
    }
  });
});

/** Writers that append to every partition, one append after the other each. */
function writers(stream: Stream) {
  const acknowledged = Array.from({ length: PARTITIONS }, () => [] as string[]);
  const waiting = new Set<() => void>();
  let isStopping = false;
  let appends = 0;
  const write = async (partition: number, writer: number) => {
    for (let append = 0; !isStopping; append++) {
      const lines = Array.from({ length: RECORDS_PER_APPEND }, (_, at) => `${writer}-${append}-${at}`);
      await stream.append(events(partition, ...lines));
      acknowledged[partition]?.push(...lines);
      appends++;
      for (const look of waiting) look();
    }
  };
  const working = acknowledged.flatMap((_, partition) =>
    Array.from({ length: WRITERS }, (_, writer) => write(partition, writer)),
  );
  return {
    /** Resolves when so many more appends are acknowledged. */
    acknowledged(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      const until = appends + count;
      const look = () => appends >= until && waiting.delete(look) && resolve();
      waiting.add(look);
      return promise;
    },
    async stop(): Promise<string[][]> {
      isStopping = true;
      await Promise.all(working);
      return acknowledged;
    },
  };
}

/** A consumer that remembers the lines of each partition. */
function reading(stream: Stream) {
  const seen = Array.from({ length: PARTITIONS }, () => [] as string[]);
  let records = 0;
  let look = () => {};
  const { stop } = stream.consume("events", "reader", {
    assigned: async () => 0,
    batch: async (batch: RecordBatch) => {
      seen[batch.partition]?.push(...linesOf(batch));
      records += batch.count;
      look();
    },
    revoked: async () => {},
  });
  return {
    seen,
    stop,
    sawRecords(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      look = () => records >= count && resolve();
      look();
      return promise;
    },
  };
}
