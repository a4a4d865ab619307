/** Which failures pass by themselves, and what the others are called in this house. */
import { OffgraphError } from "../../../schemas/errors.ts";

interface Told extends Error {
  /** Of kafkajs: whether trying again may help. */
  readonly retriable?: boolean;
  /** Of the protocol: the name of the error's code. */
  readonly type?: string;
  /** Of Node: what is wrong with a connection. */
  readonly code?: unknown;
}

/** kafkajs calls it final, but it ends when the broker is back. */
const PASSING = new Set(["BROKER_NOT_AVAILABLE", "KAFKA_STORAGE_ERROR"]);
const TLS_REFUSAL = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_SSL|ERR_TLS|EPROTO/;
const REFUSALS: Readonly<Record<string, "too-large" | "bad-settings">> = {
  MESSAGE_TOO_LARGE: "too-large",
  RECORD_LIST_TOO_LARGE: "too-large",
  INVALID_REPLICATION_FACTOR: "bad-settings",
  TOPIC_AUTHORIZATION_FAILED: "bad-settings",
  GROUP_AUTHORIZATION_FAILED: "bad-settings",
  CLUSTER_AUTHORIZATION_FAILED: "bad-settings",
  UNSUPPORTED_SASL_MECHANISM: "bad-settings",
  INVALID_SESSION_TIMEOUT: "bad-settings",
  UNSUPPORTED_VERSION: "bad-settings",
};

/** The error that an error of kafkajs was made of. */
export function rootOf(error: unknown): Told {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

/** The protocol's name of the error, if it has one. */
export const typeOf = (error: unknown) => rootOf(error).type;

/** Whether the same may succeed a little later. */
export function isPassing(error: unknown): boolean {
  const root = rootOf(error);
  if (root instanceof OffgraphError || root instanceof TypeError || root instanceof RangeError) return false;
  if (TLS_REFUSAL.test(`${root.code}`)) return false;
  return PASSING.has(root.type ?? "") || root.retriable !== false;
}

/** A failure that does not pass, with a code of ours. */
export function refused(error: unknown, what: string): OffgraphError {
  const root = rootOf(error);
  if (root instanceof OffgraphError) return root;
  const isSecurity = root.name === "KafkaJSSASLAuthenticationError" || TLS_REFUSAL.test(`${root.code}`);
  const code = isSecurity ? "bad-settings" : (REFUSALS[root.type ?? ""] ?? "internal");
  return new OffgraphError(code, `kafka: ${what}: ${root.message}`, { cause: error });
}

/** A failure that may pass, and has not in time. */
export function unavailable(error: unknown, what: string): OffgraphError {
  return new OffgraphError("unavailable", `kafka: ${what}: ${rootOf(error).message}`, { cause: error });
}
