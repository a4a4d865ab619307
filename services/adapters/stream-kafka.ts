/**
 * The log on Apache Kafka (3.x and 4.x): one topic per stream, positions are offsets. Connections, TLS, SASL and metadata are
 * kafkajs'; appending, reading and groups are ours, in kafka/, because kafkajs' clients lose what they acknowledged when a
 * leader moves, and stop everything at each rebalance.
 *
 * What it promises beyond the port: each record of an append that resolved is in the log once, whatever leader moved meanwhile;
 * a partition that stays with this process through a rebalance, or comes back before anybody else had it, is neither revoked
 * nor assigned; the error `fenced` of a consumer means that somebody else has the partition, and does not end the subscription.
 * The holes: records of one call that are longer than a batch (1 MiB) may have those of another process between them; a batch
 * that cannot be unpacked is handed out as one record that says so.
 */
import { STREAM_NAMES, type StreamName } from "../../schemas/streams.ts";
import type { Consumer, NewRecord, Stream, Subscription } from "../ports/stream.ts";
import { Appender } from "./kafka/appender.ts";
import { KafkaClient, type Patience } from "./kafka/client.ts";
import { registerCodecs } from "./kafka/codecs.ts";
import { ConsumerGroup } from "./kafka/consumer-group.ts";
import { boundaryOf, readLog } from "./kafka/log-reader.ts";
import { DEFAULTS, type KafkaStreamOptions } from "./kafka/options.ts";
import { openTopics, topicOf } from "./kafka/topics.ts";
import { BATCH_BYTES, checkPartition, checkRecord } from "./records.ts";

export type { KafkaConnection, KafkaSasl, KafkaStreamOptions, KafkaTls } from "./kafka/options.ts";

/** How long to try at the start, in ms. */
const OPEN_TIMEOUT_MS = 30_000;

/**
 * Connects, makes missing topics and checks all.
 * Errors: `bad-settings` names what of the topics, TLS or SASL is wrong; `unavailable` when no broker answers.
 */
export async function openKafkaStream(options: KafkaStreamOptions): Promise<Stream> {
  registerCodecs();
  const client = new KafkaClient(options);
  try {
    const patience = { what: "connect", timeoutMs: OPEN_TIMEOUT_MS };
    await client.connect(patience);
    const partitions = await openTopics(options, client, patience);
    const topics = STREAM_NAMES.map((stream) => topicOf(options, stream));
    await client.follow(topics, patience);
    return new KafkaStream(client, partitions, options);
  } catch (error) {
    await client.close();
    throw error;
  }
}

class KafkaStream implements Stream {
  readonly partitions: number;
  readonly #client: KafkaClient;
  readonly #options: KafkaStreamOptions;
  readonly #appender: Appender;
  readonly #groups = new Map<string, ConsumerGroup>();
  readonly #patience: Patience;

  constructor(client: KafkaClient, partitions: number, options: KafkaStreamOptions) {
    this.partitions = partitions;
    this.#client = client;
    this.#options = options;
    const { compression, deliveryTimeoutMs, maxRecordBytes } = { ...DEFAULTS, ...options };
    this.#patience = { what: "read", timeoutMs: deliveryTimeoutMs };
    this.#appender = new Appender(client, {
      compression,
      deliveryTimeoutMs,
      maxRecordBytes,
      topicOf: (stream) => topicOf(options, stream),
    });
  }

  async append(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) checkRecord(record, this.partitions);
    await this.#appender.append(records);
  }

  async end(stream: StreamName, partition: number): Promise<number> {
    checkPartition(stream, partition, this.partitions);
    return boundaryOf(
      this.#client,
      "end",
      { topic: topicOf(this.#options, stream), partition },
      this.#patience,
    );
  }

  read(stream: StreamName, partition: number, from: number, { maxBytes = BATCH_BYTES } = {}) {
    const end = this.end(stream, partition);
    this.#appender.wait(stream, partition, end); // what is appended from now on is behind it
    const topic = topicOf(this.#options, stream);
    return readLog(this.#client, { topic, partition, from, end, maxBytes }, this.#patience);
  }

  consume(
    stream: StreamName,
    group: string,
    consumer: Consumer,
    { maxBytes = BATCH_BYTES } = {},
  ): Subscription {
    const running = this.#groups.get(group) ?? this.#newGroup(group);
    return running.consume(topicOf(this.#options, stream), consumer, maxBytes);
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#groups.values(), (group) => group.stop()));
    await this.#client.close();
  }

  #newGroup(name: string): ConsumerGroup {
    const { topicPrefix = DEFAULTS.topicPrefix } = this.#options;
    const group = new ConsumerGroup({
      ...this.#options,
      groupId: `${topicPrefix}${name}`,
      topics: new Map(STREAM_NAMES.map((stream) => [topicOf(this.#options, stream), this.partitions])),
      whenShorter: "refuse",
      onEmpty: () => this.#groups.delete(name),
    });
    this.#groups.set(name, group);
    return group;
  }
}
