/**
 * Settings of an installation on Kafka and Redis: what runs where, and how the servers are reached. A secret is named by the
 * file or the environment variable that holds it, never given here: settings are shown, copied and kept in repositories.
 */
import { z } from "zod";
import { STREAM_NAMES, type StreamName } from "./streams.ts";

/** What a process may run. */
export const PROCESS_ROLES = [
  "ingest",
  "processor",
  "learner",
  "responder",
  "egress",
  "gate",
  "api",
] as const;
/** One of them. */
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** `host:port`, as in `kafka-1.example.com:9092` or `[::1]:9092`. */
const Address = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, { error: "expected host:port" });
/** Name of an environment variable. */
export const EnvironmentName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: "expected the name of an environment variable" });

/** A secret has one place: one of two settings names it, or, unless it is needed, neither. */
export const oneOf = (a: string, b: string, needed: boolean) => (given: object, context: z.RefinementCtx) => {
  const count = [a, b].filter((name) => Reflect.get(given, name) !== undefined).length;
  if (count === 1 || (count === 0 && !needed)) return;
  const found = count === 2 ? "both" : "neither";
  context.addIssue({ code: "custom", message: `expected either ${a} or ${b}, and there is ${found}` });
};

const certificates = {
  caFile: z.string().optional().describe("PEM of the authorities to trust; absent: those of Node."),
  certFile: z.string().optional().describe("PEM of our own certificate, where the servers ask for one."),
  keyFile: z.string().optional().describe("PEM of its key."),
};

/** Client credentials, https://www.rfc-editor.org/rfc/rfc6749#section-4.4. */
const Issuer = z
  .strictObject({
    tokenUrl: z
      .string()
      .regex(/^https?:\/\/[^@\s#]+$/, { error: "expected http:// or https://, without user" })
      .describe("Token endpoint of the authorization server."),
    clientId: z.string().min(1).describe("Who we are there."),
    clientSecretFile: z
      .string()
      .optional()
      .describe("File with the client's secret. This or clientSecretEnv."),
    clientSecretEnv: EnvironmentName.optional().describe("Environment variable with the client's secret."),
    scope: z
      .string()
      .min(1)
      .optional()
      .describe("What is asked for; absent: what the server gives by itself."),
  })
  .superRefine(oneOf("clientSecretFile", "clientSecretEnv", true));

const KafkaSasl = z
  .strictObject({
    mechanism: z
      .enum(["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"])
      .describe("How we say who we are."),
    username: z.string().min(1).optional().describe("For all but oauthbearer."),
    passwordFile: z.string().optional().describe("File with the password. This or passwordEnv."),
    passwordEnv: EnvironmentName.optional().describe("Environment variable with the password."),
    tokenFile: z
      .string()
      .optional()
      .describe("For oauthbearer: file with the token, read anew for each connection. This or issuer."),
    issuer: Issuer.optional().describe("For oauthbearer: who gives a token for each connection."),
  })
  .superRefine((given, context) => {
    const { mechanism, username, tokenFile, issuer } = given;
    if (mechanism !== "oauthbearer") {
      if ((tokenFile ?? issuer) !== undefined || username === undefined)
        context.addIssue({ code: "custom", message: "expected username, and neither tokenFile nor issuer" });
      oneOf("passwordFile", "passwordEnv", true)(given, context);
      return;
    }
    oneOf("tokenFile", "issuer", true)(given, context);
    if ((username ?? given.passwordFile ?? given.passwordEnv) !== undefined)
      context.addIssue({
        code: "custom",
        message: "expected neither username nor password with oauthbearer",
      });
  });

const perStream = Object.fromEntries(
  STREAM_NAMES.map((name) => [
    name,
    z.int().min(60_000).optional().describe(`How long ${name} are kept, in ms; absent: 7 days.`),
  ]),
) as Record<StreamName, z.ZodOptional<z.ZodInt>>;

/** How brokers are found, and who we are there. */
export const kafkaConnection = {
  brokers: z.array(Address).min(1).describe("Addresses to begin with, `host:port`."),
  tls: z.strictObject(certificates).optional().describe("TLS; `{}` for the authorities of Node."),
  sasl: KafkaSasl.optional().describe("Who we are; absent: nobody asks."),
};

/** How Kafka is reached, and what the topics are like. */
export const KafkaSettings = z.strictObject({
  brokers: kafkaConnection.brokers,
  topicPrefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,100}$/)
    .default("offgraph.")
    .describe("Before the name of each topic and consumer group."),
  partitions: z
    .int()
    .min(1)
    .max(1024)
    .default(48)
    .describe("Partitions of every topic. `offgraph repartition` changes the number of a stopped system."),
  replication: z
    .int()
    .min(1)
    .max(32)
    .default(3)
    .describe("Replicas of new topics, and the fewest that an old one may have."),
  createTopics: z.boolean().default(true).describe("Make missing topics at the start; else refuse."),
  compression: z
    .enum(["none", "gzip", "snappy", "lz4", "zstd"])
    .default("lz4")
    .describe("How what we append is packed."),
  retentionMs: z.strictObject(perStream).prefault({}).describe("How long records are kept, by stream."),
  instanceId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .optional()
    .describe("Name of this process in its groups, kept over restarts and nobody else's: see `--instance`."),
  sessionTimeoutMs: z
    .int()
    .min(1000)
    .max(1_800_000)
    .default(30_000)
    .describe("A process that gives no sign of life for so long loses its partitions."),
  deliveryTimeoutMs: z
    .int()
    .min(1000)
    .default(120_000)
    .describe("Longest time that an append is tried before it is answered as unavailable."),
  tls: kafkaConnection.tls,
  sasl: kafkaConnection.sasl,
});
/** Settings of Kafka. */
export type KafkaSettings = z.infer<typeof KafkaSettings>;

const Sentinel = z
  .strictObject({
    name: z.string().min(1).describe("What the Sentinels call the primary."),
    nodes: z.array(Address).min(1).describe("The Sentinels, `host:port`."),
    username: z.string().optional().describe("User of the Sentinels themselves."),
    passwordFile: z.string().optional().describe("File with that user's password. This or passwordEnv."),
    passwordEnv: EnvironmentName.optional().describe("Environment variable with that user's password."),
  })
  .superRefine(oneOf("passwordFile", "passwordEnv", false));

/** How Redis or Valkey is reached. */
export const RedisSettings = z
  .strictObject({
    url: z
      .string()
      .regex(/^rediss?:\/\/[^@\s/]+(\/0?)?$/, {
        error: "expected redis://host:port without user or password",
      })
      .optional()
      .describe("One server, `redis://host:port`, or `rediss://` with TLS. This, nodes or sentinel."),
    nodes: z.array(Address).min(1).optional().describe("Some nodes of a Redis Cluster, `host:port`."),
    sentinel: Sentinel.optional().describe("A primary that Sentinels watch."),
    tls: z
      .strictObject({
        ...certificates,
        serverName: z.string().optional().describe("Name that the certificates must have; absent: the host."),
      })
      .optional()
      .describe("TLS; `{}` for the authorities of Node."),
    username: z.string().optional().describe("ACL user; absent: the server's default user."),
    passwordFile: z.string().optional().describe("File with the password. This or passwordEnv."),
    passwordEnv: EnvironmentName.optional().describe("Environment variable with the password."),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9:_.-]{0,100}$/)
      .default("offgraph:")
      .describe("Begins every key: two installations on one server need two."),
    replicas: z
      .int()
      .min(0)
      .max(16)
      .optional()
      .describe("Replicas that must have a commit before it counts; absent: one, wherever one is connected."),
    timeoutMs: z
      .int()
      .min(100)
      .max(600_000)
      .default(30_000)
      .describe("Longest time of a request with all its tries; longer than a failover takes."),
  })
  .superRefine((given, context) => {
    const ways = [given.url, given.nodes, given.sentinel].filter((way) => way !== undefined);
    if (ways.length !== 1)
      context.addIssue({ code: "custom", message: "expected one of url, nodes and sentinel" });
    oneOf("passwordFile", "passwordEnv", false)(given, context);
  });
/** Settings of Redis. */
export type RedisSettings = z.infer<typeof RedisSettings>;

/** Where the installation's own keys are, when not in the data folder: all processes need the same. */
const Keys = z
  .strictObject({
    hashFile: z
      .string()
      .optional()
      .describe("File with the key that hashes token values: 32 bytes in base64url. This or hashEnv."),
    hashEnv: EnvironmentName.optional().describe("Environment variable with that key."),
    auditFile: z
      .string()
      .optional()
      .describe("File with the Ed25519 key that signs the audit log, PEM. This or auditEnv."),
    auditEnv: EnvironmentName.optional().describe("Environment variable with that key."),
  })
  .superRefine(oneOf("hashFile", "hashEnv", false))
  .superRefine(oneOf("auditFile", "auditEnv", false));

/** The part of the settings that stands here. */
export const ServerSettings = {
  roles: z
    .array(z.enum(PROCESS_ROLES))
    .min(1)
    .default([...PROCESS_ROLES])
    .describe("What this process runs. Fewer than all of them need kafka and redis."),
  kafka: KafkaSettings.optional().describe(
    "The log on Kafka, with the store on redis; absent: both in the data folder.",
  ),
  redis: RedisSettings.optional().describe("The store on Redis or Valkey, with the log on kafka."),
  keys: Keys.prefault({}),
};
