/** Questions that a person asks of a broker, with little patience. */
import kafkajs, { type SASLOptions } from "kafkajs";
import { OffgraphError } from "../../../schemas/errors.ts";
import { clientIdOf, type KafkaConnection, saslOf, tlsOf } from "./options.ts";

/** Makes no topics. */
export type Admin = ReturnType<kafkajs.Kafka["admin"]>;

/** Longest time to a connection, in ms. */
const CONNECTION_TIMEOUT_MS = 5000;
const PATIENCE = { retries: 2, initialRetryTime: 200 };

/** Connects, asks and leaves. Errors: `unavailable`, with kafkajs' reason; `bad-settings` when a file for TLS or SASL cannot be read. */
export async function withAdmin<Result>(
  options: KafkaConnection,
  ask: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const kafka = new kafkajs.Kafka({
    brokers: [...options.brokers],
    clientId: clientIdOf(options),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    retry: PATIENCE,
    ...(options.ssl && { ssl: tlsOf(options) ?? {} }),
    ...(options.sasl && { sasl: saslOf(options) as SASLOptions }),
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await ask(admin);
  } catch (cause) {
    if (cause instanceof OffgraphError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new OffgraphError("unavailable", `kafka at ${options.brokers.join(", ")}: ${message}`, { cause });
  } finally {
    await admin.disconnect();
  }
}
