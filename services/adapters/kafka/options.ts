/** What the log on Kafka is told from outside, and how kafkajs wants to hear it. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { StreamName } from "../../../schemas/streams.ts";
import type { CodecName } from "./codecs.ts";

/** How to find the brokers and to come in. */
export interface KafkaConnection {
  /** Addresses to begin with, `host:port`. */
  readonly brokers: readonly string[];
  /** Shown in the brokers' logs and quotas. Default: "offgraph". */
  readonly clientId?: string;
  readonly ssl?: KafkaTls;
  readonly sasl?: KafkaSasl;
  /** Hears what is worth a line. Default: nobody. */
  readonly log?: (level: "debug" | "warn", message: string) => void;
}

/** TLS; the broker's certificate is always checked. Files hold PEM. */
export interface KafkaTls {
  /** Authorities that may sign the broker's certificate. Default: those of Node. */
  readonly caFile?: string;
  /** The client's own certificate and key, where the brokers ask for one. */
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Who we are. A password is given as it is or, better, as a file that holds it. */
export type KafkaSasl =
  | {
      readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512";
      readonly username: string;
      readonly password?: string;
      readonly passwordFile?: string;
    }
  /** `token` is called for each connection, and again when a session is about to end. */
  | { readonly mechanism: "oauthbearer"; readonly token: () => Promise<string> };

/** A process in its groups. */
export interface ConsumingOptions extends KafkaConnection {
  /**
   * Name of this process in its groups, the same after a restart and different in each process: it then takes its partitions
   * back at once, and for `sessionTimeoutMs` nobody else gets them. Default: none.
   */
  readonly instanceId?: string;
  /** Without a sign of life for so long a process loses its partitions, in ms. Default: 30,000. */
  readonly sessionTimeoutMs?: number;
  /** Connections are made anew when fetches bring nothing for so long although there is something, in ms. Default: 60,000. */
  readonly stallTimeoutMs?: number;
}

/** How our streams lie on Kafka. */
export interface KafkaStreamOptions extends ConsumingOptions {
  /** Before the name of each stream and group. Default: "offgraph.". */
  readonly topicPrefix?: string;
  /** Partitions of every stream, fixed when the topics are made. Default: as many as they have. */
  readonly partitions?: number;
  /** Replicas of new topics, and the fewest that an old one may have. Default: 3. */
  readonly replication?: number;
  /** How long records are kept, in ms, by stream. Default: 7 days. Compacted streams keep the newest of each key for ever. */
  readonly retentionMs?: { readonly [stream in StreamName]?: number };
  /** Most bytes that a partition keeps, by stream. Default: no limit. */
  readonly retentionBytes?: { readonly [stream in StreamName]?: number };
  /** Longest record, in bytes. Default: 2 MiB. */
  readonly maxRecordBytes?: number;
  /** Make missing topics. Default: true. */
  readonly createTopics?: boolean;
  /** How records are packed. Default: lz4. */
  readonly compression?: CodecName;
  /** An append is refused as `unavailable` after so long, in ms. Default: 120,000. */
  readonly deliveryTimeoutMs?: number;
}

/** Defaults of what may be left out. */
export const DEFAULTS = {
  topicPrefix: "offgraph.",
  replication: 3,
  retentionMs: 604_800_000,
  maxRecordBytes: 2_097_152,
  compression: "lz4",
  sessionTimeoutMs: 30_000,
  deliveryTimeoutMs: 120_000,
  stallTimeoutMs: 60_000,
} as const;

/** The client id, with the machine's name, so that brokers' logs say who it was. */
export const clientIdOf = ({ clientId = "offgraph" }: KafkaConnection) => `${clientId}@${hostname()}`;

/** TLS as Node wants it. Errors: `bad-settings` when a file cannot be read. */
export function tlsOf({ ssl }: KafkaConnection): object | undefined {
  if (ssl === undefined) return undefined;
  const files = { ca: ssl.caFile, cert: ssl.certFile, key: ssl.keyFile };
  return Object.fromEntries(
    Object.entries(files).flatMap(([name, path]) =>
      path === undefined ? [] : [[name, readSetting(`ssl.${name}File`, path)]],
    ),
  );
}

/** SASL as kafkajs wants it. Errors: `bad-settings` when there is no password, or its file cannot be read. */
export function saslOf({ sasl }: KafkaConnection): object | undefined {
  if (sasl === undefined) return undefined;
  if (sasl.mechanism === "oauthbearer") {
    const { token } = sasl;
    return { mechanism: sasl.mechanism, oauthBearerProvider: async () => ({ value: await token() }) };
  }
  const { mechanism, username, passwordFile } = sasl;
  const password =
    sasl.password ?? (passwordFile && readSetting("sasl.passwordFile", passwordFile).trimEnd());
  if (!password) throw new OffgraphError("bad-settings", "kafka.sasl: no password, and no passwordFile");
  return { mechanism, username, password };
}

function readSetting(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new OffgraphError("bad-settings", `kafka.${name}: ${path} cannot be read`, { cause: error });
  }
}
