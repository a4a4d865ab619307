/** One topic per stream: made when it is missing, and refused, with the exact difference, when it is not as it should be. */
import kafkajs, { type Kafka, type SASLOptions } from "kafkajs";
import { OffgraphError } from "../../../schemas/errors.ts";
import { STREAM_NAMES, STREAMS, type StreamName } from "../../../schemas/streams.ts";
import type { KafkaClient, Patience } from "./client.ts";
import { typeOf } from "./failures.ts";
import { clientIdOf, DEFAULTS, type KafkaStreamOptions, saslOf, tlsOf } from "./options.ts";

type Admin = ReturnType<Kafka["admin"]>;
type Settings = Readonly<Record<string, string>>;

interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: Settings;
}

/** The topic of a stream. */
export const topicOf = ({ topicPrefix = DEFAULTS.topicPrefix }: KafkaStreamOptions, stream: StreamName) =>
  `${topicPrefix}${stream}`;

/**
 * Makes missing topics and checks all. Answers the number of partitions.
 * Errors: `bad-settings` names each topic and setting that differs: what it is and what it should be.
 */
export async function openTopics(
  options: KafkaStreamOptions,
  client: KafkaClient,
  patience: Patience,
): Promise<number> {
  const kafka = new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: clientIdOf(options),
    logLevel: kafkajs.logLevel.NOTHING,
    ...(options.ssl && { ssl: tlsOf(options) ?? {} }),
    ...(options.sasl && { sasl: saslOf(options) as SASLOptions }),
  });
  const admin = kafka.admin();
  try {
    await client.attempt(patience, () => admin.connect());
    await client.attempt(patience, () => makeMissing(admin, options));
    const topics = await client.attempt(patience, () => describe(admin, options));
    const partitions = options.partitions ?? topics.get("events")?.partitions ?? 0;
    const differences = STREAM_NAMES.flatMap((stream) =>
      differencesOf(stream, topics.get(stream), partitions, options),
    );
    if (differences.length > 0) throw new OffgraphError("bad-settings", `kafka: ${differences.join("; ")}`);
    return partitions;
  } finally {
    await admin.disconnect();
  }
}

async function makeMissing(admin: Admin, options: KafkaStreamOptions): Promise<void> {
  const present = new Set(await admin.listTopics());
  const missing = STREAM_NAMES.filter((stream) => !present.has(topicOf(options, stream)));
  if (missing.length === 0) return;
  const names = missing.map((stream) => topicOf(options, stream));
  const { partitions: numPartitions, replication = DEFAULTS.replication } = options;
  if (options.createTopics === false || numPartitions === undefined)
    throw new OffgraphError("bad-settings", `kafka: there is no topic ${names.join(", ")}`);
  const topics = missing.map((stream) => ({
    topic: topicOf(options, stream),
    numPartitions,
    replicationFactor: replication,
    configEntries: Object.entries({ ...wanted(stream, options), ...ALSO[kindOf(stream)] }).map(
      ([name, value]) => ({
        name,
        value,
      }),
    ),
  }));
  await admin.createTopics({ topics, waitForLeaders: false }).catch(unlessThere);
}

/** Another process may have been quicker; whether it made them as they should be is checked like any other. */
function unlessThere(error: unknown): void {
  const errors: unknown[] =
    error instanceof Error && "errors" in error && Array.isArray(error.errors) ? error.errors : [error];
  const other = errors.find((one) => typeOf(one) !== "TOPIC_ALREADY_EXISTS");
  if (other !== undefined) throw other;
}

/** What a new topic is given, and an old one may have otherwise. */
const ALSO: Readonly<Record<"delete" | "compact", Settings>> = {
  // The broker's clock: a producer whose clock is wrong would have its records kept too long or not at all.
  delete: { "message.timestamp.type": "LogAppendTime" },
  compact: { "message.timestamp.type": "LogAppendTime", "max.compaction.lag.ms": "86400000" },
};

const kindOf = (stream: StreamName) => (STREAMS[stream].compacted ? "compact" : "delete");

/** Settings that a topic must have; of those in `AT_LEAST` more will do. */
function wanted(stream: StreamName, options: KafkaStreamOptions): Settings {
  const { replication = DEFAULTS.replication, maxRecordBytes = DEFAULTS.maxRecordBytes } = options;
  const kept = {
    "retention.ms": `${options.retentionMs?.[stream] ?? DEFAULTS.retentionMs}`,
    "retention.bytes": `${options.retentionBytes?.[stream] ?? -1}`,
  };
  return {
    "cleanup.policy": kindOf(stream),
    ...(STREAMS[stream].compacted ? {} : kept),
    "min.insync.replicas": replication > 2 ? "2" : "1",
    "max.message.bytes": `${maxRecordBytes + BATCH_OVERHEAD_BYTES}`,
    "unclean.leader.election.enable": "false",
  };
}

const AT_LEAST = new Set(["min.insync.replicas", "max.message.bytes"]);
/** A batch around the longest record, and the packing of bytes that do not pack. */
const BATCH_OVERHEAD_BYTES = 65_536;

async function describe(admin: Admin, options: KafkaStreamOptions): Promise<Map<StreamName, Topic>> {
  const names = new Map(STREAM_NAMES.map((stream) => [topicOf(options, stream), stream]));
  const { topics } = await admin.fetchTopicMetadata({ topics: [...names.keys()] });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: Array.from(names.keys(), (name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  const settings = new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
  return new Map(
    topics.map(({ name, partitions }) => {
      const replicas = Math.min(...partitions.map((partition) => partition.replicas.length));
      const topic = { name, partitions: partitions.length, replicas, settings: settings.get(name) ?? {} };
      return [names.get(name) as StreamName, topic];
    }),
  );
}

function differencesOf(
  stream: StreamName,
  topic: Topic | undefined,
  partitions: number,
  options: KafkaStreamOptions,
): string[] {
  if (topic === undefined) return [`there is no topic ${topicOf(options, stream)}`];
  const { replication = DEFAULTS.replication } = options;
  const rows: [what: string, is: string | undefined, shouldBe: string, atLeast: boolean][] = [
    ["partitions", `${topic.partitions}`, `${partitions}`, false],
    ["replication factor", `${topic.replicas}`, `${replication}`, true],
    ...Object.entries(wanted(stream, options)).map(
      ([name, value]) =>
        [name, topic.settings[name], value, AT_LEAST.has(name)] as [string, string, string, boolean],
    ),
  ];
  return rows
    .filter(([, is, shouldBe, atLeast]) => (atLeast ? Number(is) < Number(shouldBe) : is !== shouldBe))
    .map(([what, is, shouldBe, atLeast]) => {
      const word = atLeast ? "at least " : "";
      return `topic ${topic.name}: ${what} is ${is ?? "not there"}, should be ${word}${shouldBe}`;
    });
}
