/** Log and store on servers, as the settings name them. */
import { OffgraphError } from "../../schemas/errors.ts";
import type { KafkaSettings, RedisSettings } from "../../schemas/settings-servers.ts";
import type { TopicSource } from "../../schemas/settings-sources.ts";
import type { RawSource } from "../ports/source.ts";
import type { Store } from "../ports/store.ts";
import type { Stream } from "../ports/stream.ts";
import { tokenFromFile, tokenFromIssuer } from "./kafka/tokens.ts";
import { type KafkaSourceOptions, openKafkaSource } from "./kafka-source.ts";
import { openRedisStore, type RedisStoreOptions } from "./store-redis.ts";
import { type KafkaSasl, type KafkaStreamOptions, openKafkaStream } from "./stream-kafka.ts";

/** Passwords of the servers; absent: none is needed. */
export interface ServerSecrets {
  /** The user's, or the secret of the client that asks for tokens. */
  readonly kafkaPassword?: string | undefined;
  readonly redisPassword?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  /** Of sources that have brokers of their own. */
  readonly sourcePasswords?: ReadonlyMap<string, string | undefined>;
}

/** Hears what the clients have to say. */
type ClientLog = (level: "debug" | "warn", message: string) => void;

/** Topics of the settings, or of another prefix. Errors as `openKafkaStream`. */
export function openServerStream(
  kafka: KafkaSettings,
  secrets: ServerSecrets,
  log?: ClientLog,
): Promise<Stream> {
  return openKafkaStream(kafkaOptions(kafka, secrets, log));
}

/** Errors as `openRedisStore`. */
export function openServerStore(redis: RedisSettings, secrets: ServerSecrets): Promise<Store> {
  return openRedisStore(redisOptions(redis, secrets));
}

/** `kafka` is where the log is, if it is on Kafka. Errors as `openKafkaSource`. */
export function openServerSource(...given: Parameters<typeof sourceOptions>): RawSource {
  return openKafkaSource(sourceOptions(...given));
}

/** What the adapter is told of a source. Errors: `bad-settings` when there are no brokers. */
export function sourceOptions(
  { name, topics, start, group, kafka: own }: TopicSource,
  kafka: KafkaSettings | undefined,
  secrets: ServerSecrets,
  log?: ClientLog,
): KafkaSourceOptions {
  const where = own ?? kafka;
  if (where === undefined) throw new OffgraphError("bad-settings", `sources.${name}: expected kafka`);
  const kafkaPassword = own ? secrets.sourcePasswords?.get(name) : secrets.kafkaPassword;
  const { topicPrefix, sessionTimeoutMs, instanceId } = kafka ?? EMBEDDED;
  return {
    topics,
    start,
    groupId: group ?? `${topicPrefix}source.${name}`,
    ...reachOf(where, { kafkaPassword }),
    ...(sessionTimeoutMs !== undefined && { sessionTimeoutMs }),
    ...(instanceId !== undefined && { instanceId }),
    ...(log && { log }),
  };
}

/** Where a source lies, and who reads it, for people. Errors as `sourceOptions`. */
export function sourcePlace(source: TopicSource, kafka: KafkaSettings | undefined) {
  const { topics, groupId, brokers } = sourceOptions(source, kafka, {});
  return { source: source.name, format: source.format, topics, group: groupId, brokers };
}

/** Only one process holds the data folder, so it is the same one after a restart. */
const EMBEDDED = { topicPrefix: "offgraph.", sessionTimeoutMs: undefined, instanceId: "embedded" };

/** What the adapter for Kafka is told. */
export function kafkaOptions(
  kafka: KafkaSettings,
  secrets: ServerSecrets,
  log?: ClientLog,
): KafkaStreamOptions {
  const { tls: _, sasl: __, retentionMs, instanceId, ...own } = kafka;
  return {
    ...own,
    retentionMs: defined(retentionMs),
    ...(instanceId !== undefined && { instanceId }),
    ...reachOf(kafka, secrets),
    ...(log && { log }),
  };
}

/** Brokers, TLS and user. */
const reachOf = (
  { brokers, tls, sasl }: Pick<KafkaSettings, "brokers" | "tls" | "sasl">,
  secrets: ServerSecrets,
) => ({
  brokers,
  ...(tls && { ssl: defined(tls) }),
  ...(sasl && { sasl: saslOf(sasl, secrets) }),
});

function saslOf(sasl: NonNullable<KafkaSettings["sasl"]>, { kafkaPassword }: ServerSecrets): KafkaSasl {
  const { mechanism, username = "", tokenFile = "", issuer } = sasl;
  if (mechanism !== "oauthbearer")
    return { mechanism, username, ...(kafkaPassword !== undefined && { password: kafkaPassword }) };
  if (issuer === undefined) return { mechanism, token: tokenFromFile(tokenFile) };
  const { tokenUrl, clientId, scope } = issuer;
  return {
    mechanism,
    token: tokenFromIssuer({ tokenUrl, clientId, scope, clientSecret: kafkaPassword ?? "" }),
  };
}

/** What the adapter for Redis is told. */
export function redisOptions(redis: RedisSettings, secrets: ServerSecrets): RedisStoreOptions {
  const { url, nodes, sentinel, tls, username, prefix, replicas, timeoutMs } = redis;
  const own = { url, nodes, tls, username, prefix, replicas, timeoutMs, password: secrets.redisPassword };
  if (sentinel === undefined) return own;
  return { ...own, sentinel: { ...sentinel, password: secrets.sentinelPassword } };
}

type Defined<Given> = { [Name in keyof Given]: Exclude<Given[Name], undefined> };

/** Without what is not set. */
const defined = <Given extends object>(given: Given) =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<Given>;
