/**
 * Somebody else's topics on Apache Kafka, any number of partitions each. Positions are offsets; they are acknowledged to the
 * group, where Kafka's own tools see them, but whoever consumes decides where to read on.
 *
 * The holes: records of transactions that were given up are handed out like all others; a topic that was made anew is read
 * from its start, once its end has been found before what was read.
 */
import { hasCode } from "../../schemas/errors.ts";
import type { RawConsumer, RawPlace, RawSource } from "../ports/source.ts";
import type { Subscription } from "../ports/stream.ts";
import { KafkaClient } from "./kafka/client.ts";
import { ConsumerGroup } from "./kafka/consumer-group.ts";
import { acknowledgedBy, describeTopics, type ForeignTopic } from "./kafka/foreign-topics.ts";
import { headerAt } from "./kafka/headers.ts";
import { boundaryOf } from "./kafka/log-reader.ts";
import type { ConsumingOptions } from "./kafka/options.ts";
import type { LogConsumer } from "./kafka/owned-partition.ts";

/** Which topics are read, and in which group. */
export interface KafkaSourceOptions extends ConsumingOptions {
  readonly topics: readonly string[];
  readonly groupId: string;
  /** Where to begin in a partition of which nothing has been acknowledged. */
  readonly start: "earliest" | "latest";
  /** How often topics are looked for, and whether they have grown, in ms. Default: 30,000. */
  readonly lookMs?: number;
}

const LOOK_MS = 30_000;
/** An answer that takes longer is told, in ms. */
const SLOW_MS = 5000;
/** Longest batch, in bytes: what is waiting for earlier events holds the whole batch that it came in. */
const BATCH_BYTES = 262_144;
/** What passes is tried again for so long, in ms, before the subscription is begun anew. */
const EDGE_TIMEOUT_MS = 60_000;

/** Connects when it is subscribed to. Errors: `bad-settings` when a file for TLS or SASL cannot be read. */
export function openKafkaSource(options: KafkaSourceOptions): RawSource {
  return new KafkaSource(options);
}

class KafkaSource implements RawSource {
  readonly #options: KafkaSourceOptions;
  readonly #client: KafkaClient;
  readonly #stopping = new AbortController();
  #group: ConsumerGroup | undefined;
  #isConnected = false;
  /** Since when the brokers are asked something. */
  #askingSinceMs: number | undefined;
  #missing: string | undefined;
  #failure: string | undefined;

  constructor(options: KafkaSourceOptions) {
    this.#options = options;
    this.#client = new KafkaClient(options);
  }

  subscribe(consumer: RawConsumer): Subscription {
    const done = this.#run(consumer);
    done.catch(() => {}); // told to whoever asks
    const stop = async () => {
      this.#stopping.abort();
      await done.catch(() => {});
    };
    return { stop, done };
  }

  async acknowledge({ topic, partition }: RawPlace, position: number): Promise<void> {
    await this.#group?.acknowledge(topic, partition, position).catch(() => {}); // the next one will do as well
  }

  trouble(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    const askingMs = performance.now() - (this.#askingSinceMs ?? Number.POSITIVE_INFINITY);
    return askingMs > SLOW_MS ? `kafka: ${this.#options.brokers.join(",")} does not answer` : this.#missing;
  }

  /** Reads until it is stopped, or a consumer fails; what is wrong with the brokers is told, and tried again. */
  async #run(consumer: RawConsumer): Promise<void> {
    const { signal } = this.#stopping;
    try {
      while (!signal.aborted) {
        await this.#readOnce(consumer).catch((error: unknown) => {
          if (error instanceof ConsumerFailure) throw error.cause;
          this.#note(error);
        });
        if (this.#failure !== undefined) await this.#pause();
      }
    } finally {
      await this.#client.close();
    }
  }

  #note(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#failure = error instanceof Error ? error.message : String(error);
    this.#options.log?.("warn", `source ${this.#options.groupId}: ${this.#failure}`);
  }

  /** Reads the topics that there are, until there are others or they have grown. */
  async #readOnce(consumer: RawConsumer): Promise<void> {
    const topics = await this.#topics(this.#stopping.signal);
    this.#failure = undefined;
    if (topics.size === 0) return this.#pause();
    const over = new AbortController();
    const group = new ConsumerGroup({
      ...this.#options,
      topics,
      whenShorter: "start anew",
      onEmpty: () => {},
    });
    this.#group = group;
    const runs = Array.from(topics.keys(), (topic) => {
      const { done } = group.consume(topic, this.#consumerOf(topic, group, consumer), BATCH_BYTES);
      return done;
    });
    try {
      await Promise.race([this.#untilChanged(topics, over.signal), ...runs]);
    } finally {
      over.abort();
      await group.stop();
      await Promise.all(runs); // what fails in giving partitions back is a failure too
    }
  }

  /** Partitions by topic, without those that cannot be read. */
  async #topics(signal: AbortSignal): Promise<Map<string, number>> {
    const patience = { what: "look for topics", timeoutMs: Number.POSITIVE_INFINITY, signal };
    this.#askingSinceMs = performance.now();
    if (!this.#isConnected) await this.#client.connect(patience);
    this.#isConnected = true;
    const described = await this.#client.attempt(patience, () =>
      describeTopics(this.#client, this.#options.topics),
    );
    this.#askingSinceMs = undefined;
    this.#miss(complaintAbout(described));
    return new Map(
      described.flatMap(({ name, partitions, errorCode }) =>
        errorCode === 0 && partitions > 0 ? [[name, partitions]] : [],
      ),
    );
  }

  /** Told once for each change: topics are looked for again and again. */
  #miss(missing: string | undefined): void {
    if (missing !== undefined && missing !== this.#missing)
      this.#options.log?.("warn", `source ${this.#options.groupId}: ${missing}; waiting for it`);
    this.#missing = missing;
  }

  async #untilChanged(topics: ReadonlyMap<string, number>, over: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([over, this.#stopping.signal]);
    for (;;) {
      await this.#pause(signal);
      if (signal.aborted) return;
      const now = await this.#topics(signal);
      if (now.size !== topics.size || [...now].some(([topic, count]) => topics.get(topic) !== count)) return;
    }
  }

  #consumerOf(topic: string, group: ConsumerGroup, consumer: RawConsumer): LogConsumer {
    const { assigned, batch, revoked } = consumer;
    return {
      keepsBatches: true,
      assigned: async (partition) => {
        const position = await orFailure(assigned({ topic, partition }));
        return position ?? this.#begin(group, { topic, partition });
      },
      batch: (records, end) => {
        const { bytes, ends, positions, count } = records;
        const behind = Math.max(0, end - 1 - positions[count - 1]!);
        const header = (at: number, name: string) => headerAt(bytes, ends[at]!, name);
        return orFailure(batch({ ...records, topic, behind, header }));
      },
      revoked: (partition) => orFailure(revoked({ topic, partition })),
    };
  }

  /** Where the start is the end, it is noted at once: after a crash it would be another one. */
  async #begin({ client }: ConsumerGroup, place: RawPlace): Promise<number> {
    const { start, groupId } = this.#options;
    const patience = { what: "find the start", timeoutMs: EDGE_TIMEOUT_MS, signal: this.#stopping.signal };
    const known = await client.attempt(patience, () => acknowledgedBy(client, groupId, place));
    if (known !== undefined) return known;
    const position = await boundaryOf(client, start === "earliest" ? "start" : "end", place, patience);
    await this.acknowledge(place, position);
    return position;
  }

  #pause(signal = this.#stopping.signal): Promise<void> {
    return this.#client.pause(this.#options.lookMs ?? LOOK_MS, signal);
  }
}

/** What a consumer has thrown, so that it is not taken for a failure of the brokers. */
class ConsumerFailure extends Error {}

/** A consumer that is fenced gives its partition back, and no more. */
async function orFailure<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (cause) {
    if (hasCode(cause, "fenced")) throw cause;
    throw new ConsumerFailure("the consumer has failed", { cause });
  }
}

/** Codes of the protocol that say more than that there is no such topic. */
const REASONS: Readonly<Record<number, string>> = { 3: "is not there", 29: "may not be read" };

function complaintAbout(topics: readonly ForeignTopic[]): string | undefined {
  const wrong = topics.filter(({ errorCode }) => errorCode !== 0);
  if (wrong.length === 0) return undefined;
  const told = wrong.map(
    ({ name, errorCode }) => `${name} ${REASONS[errorCode] ?? `cannot be read (${errorCode})`}`,
  );
  return `kafka: topic ${told.join(", ")}`;
}
