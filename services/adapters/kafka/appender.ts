/**
 * Appends, so that what is acknowledged is in the log once: one partition per request, one request under way per partition, with
 * a sequence by which the broker knows a repeat, acknowledged by all replicas in sync. A request under way is sent again, the
 * same bytes, until it is acknowledged or refused: were it given up, the next one could take its sequence, and be taken for it.
 * What arrives meanwhile goes into the next batch.
 */
import { metrics } from "@opentelemetry/api";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { StreamName } from "../../../schemas/streams.ts";
import type { NewRecord } from "../../ports/stream.ts";
import { encoder, type KafkaClient } from "./client.ts";
import type { CodecName } from "./codecs.ts";
import { rootOf, typeOf } from "./failures.ts";
import { type ProducerIdentity, RecordWriter } from "./record-writer.ts";

interface AppenderOptions {
  readonly topicOf: (stream: StreamName) => string;
  readonly compression: CodecName;
  readonly deliveryTimeoutMs: number;
  readonly maxRecordBytes: number;
}

/** A batch is closed when it has so many bytes, unpacked: 1 MiB. */
const BATCH_BYTES = 1_048_576;
/** How long the broker waits for its replicas before it says so, in ms. */
const REPLICAS_TIMEOUT_MS = 5000;
/** Sequences begin anew after the largest number of 32 bits with a sign. */
const SEQUENCES = 2 ** 31;
/** The broker does not know what came before, so it cannot tell a repeat: begin anew. */
const FORGOTTEN = new Set(["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]);

const meter = metrics.getMeter("offgraph");
const batchRecords = meter.createHistogram("offgraph_stream_append_records", {
  description: "Records of a batch appended to the log",
});
const appendSeconds = meter.createHistogram("offgraph_stream_append_seconds", {
  description: "Time from the first record of a batch to its acknowledgement",
  unit: "s",
});

interface Batch {
  readonly writer: RecordWriter;
  readonly done: PromiseWithResolvers<void>;
  readonly openedMs: number;
  readonly timer: NodeJS.Timeout;
}

/** One partition of one topic. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** Batches that wait; records are added to the last one. */
  waiting: Batch[];
  /** What must have been answered before the next batch is sent. */
  readonly before: Set<Promise<unknown>>;
  identity: ProducerIdentity | undefined;
  isSending: boolean;
}

export class Appender {
  readonly #client: KafkaClient;
  readonly #options: AppenderOptions;
  readonly #lanes = new Map<string, Lane>();

  constructor(client: KafkaClient, options: AppenderOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Errors: `too-large`; `unavailable` when there was no acknowledgement in time, though there may be one later. */
  async append(records: readonly NewRecord[]): Promise<void> {
    for (const record of records) this.#checkSize(record);
    const batches = new Set(records.map((record) => this.#add(record)));
    await Promise.all(Array.from(batches, ({ done }) => done.promise));
  }

  /** Sends nothing to the partition before this has been answered. */
  wait(stream: StreamName, partition: number, answer: Promise<unknown>): void {
    const { before } = this.#lane(stream, partition);
    before.add(answer);
    answer.catch(() => {}).finally(() => before.delete(answer));
  }

  #checkSize({ stream, value, key = "" }: NewRecord): void {
    const { maxRecordBytes } = this.#options;
    if (value.length + key.length <= maxRecordBytes) return;
    throw new OffgraphError(
      "too-large",
      `${stream}: a record of ${value.length} bytes; at most ${maxRecordBytes} go`,
    );
  }

  #add({ stream, partition, key, value, trace }: NewRecord): Batch {
    const lane = this.#lane(stream, partition);
    const last = lane.waiting.at(-1);
    const hasRoom = last !== undefined && last.writer.length + value.length < BATCH_BYTES;
    const batch = hasRoom ? last : this.#open(lane);
    batch.writer.add(key === undefined ? undefined : Buffer.from(key), value, trace);
    if (!lane.isSending) void this.#send(lane);
    return batch;
  }

  #lane(stream: StreamName, partition: number): Lane {
    const topic = this.#options.topicOf(stream);
    const name = `${topic}/${partition}`;
    const fresh = { topic, partition, waiting: [], before: new Set<Promise<unknown>>() };
    const lane = this.#lanes.get(name) ?? { ...fresh, identity: undefined, isSending: false };
    this.#lanes.set(name, lane);
    return lane;
  }

  #open(lane: Lane): Batch {
    const done = Promise.withResolvers<void>();
    const { deliveryTimeoutMs } = this.#options;
    const giveUp = () => {
      lane.waiting = lane.waiting.filter((waiting) => waiting !== batch);
      const where = `${lane.topic}/${lane.partition}`;
      done.reject(
        new OffgraphError("unavailable", `kafka: ${where} took nothing for ${deliveryTimeoutMs} ms`),
      );
    };
    const timer = setTimeout(giveUp, deliveryTimeoutMs);
    const batch = { writer: new RecordWriter(), done, openedMs: performance.now(), timer };
    lane.waiting.push(batch);
    return batch;
  }

  async #send(lane: Lane): Promise<void> {
    lane.isSending = true;
    await Promise.resolve(); // the whole call comes first
    while (lane.waiting.length > 0) {
      await Promise.allSettled(lane.before);
      const batch = lane.waiting.shift();
      if (batch !== undefined) await this.#deliver(lane, batch);
    }
    lane.isSending = false;
  }

  async #deliver(lane: Lane, { writer, done, openedMs, timer }: Batch): Promise<void> {
    const patience = {
      what: `append to ${lane.topic}/${lane.partition}`,
      timeoutMs: Number.POSITIVE_INFINITY,
    };
    try {
      await this.#client.attempt(patience, () => this.#produce(lane, writer));
      batchRecords.record(writer.count, { topic: lane.topic });
      appendSeconds.record((performance.now() - openedMs) / 1000, { topic: lane.topic });
      done.resolve();
    } catch (error) {
      lane.identity = undefined; // what the broker has of this sequence is not known
      done.reject(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #produce(lane: Lane, writer: RecordWriter): Promise<void> {
    lane.identity ??= await this.#identify();
    const { identity, topic, partition } = lane;
    const batch = writer.seal(identity, this.#options.compression);
    const nodeId = await this.#client.leaderOf(topic, partition);
    const encode = async () => produceBody(topic, partition, batch);
    try {
      await this.#client.request(nodeId, "produce", { acks: -1, topicData: [] }, { encode });
    } catch (error) {
      const type = typeOf(error) ?? "";
      if (FORGOTTEN.has(type)) {
        lane.identity = undefined;
        throw Object.assign(new Error(rootOf(error).message), { retriable: true });
      }
      if (type !== "DUPLICATE_SEQUENCE_NUMBER") throw error;
    }
    identity.sequence = (identity.sequence + writer.count) % SEQUENCES;
  }

  async #identify(): Promise<ProducerIdentity> {
    const args = { transactionalId: null, transactionTimeout: 60_000 };
    const { producerId, producerEpoch } = await this.#client.request<{
      producerId: string;
      producerEpoch: number;
    }>(this.#client.anyNode(), "initProducerId", args);
    return { producerId: BigInt(producerId), epoch: producerEpoch, sequence: 0 };
  }
}

/** transactional_id acks timeout [topic [partition records]]: https://kafka.apache.org/protocol#The_Messages_Produce. */
const produceBody = (topic: string, partition: number, batch: Buffer) =>
  encoder(batch.length + topic.length + 64)
    .writeString(null)
    .writeInt16(-1)
    .writeInt32(REPLICAS_TIMEOUT_MS)
    .writeInt32(1)
    .writeString(topic)
    .writeInt32(1)
    .writeInt32(partition)
    .writeBytes(batch);
