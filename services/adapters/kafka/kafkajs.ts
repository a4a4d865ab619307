/**
 * What we use of kafkajs below its producer and consumer: connections with TLS and SASL, metadata, and the form of requests.
 * Its producer acknowledges what it has lost when a leader moves (https://github.com/tulios/kafkajs/issues/1303); its
 * consumer stops everything at every rebalance, knows no static members and makes five objects of each record. The version
 * is pinned and checked, because nothing of this is promised by it; it has not changed since 2023.
 */
import { createRequire } from "node:module";
import { OffgraphError } from "../../../schemas/errors.ts";

const VERSION = "2.2.4";
const require = createRequire(import.meta.url);

/** A request and how its answer is read. */
export interface Exchange {
  readonly request: { readonly encode: () => Promise<object> };
  readonly response: {
    readonly decode: (payload: Buffer) => Promise<unknown>;
    readonly parse: (decoded: unknown) => Promise<unknown>;
  };
  /** Longest wait for the answer, in ms. */
  readonly requestTimeout?: number;
}

/** A socket and the requests on it. */
interface Connection {
  readonly socket?: { destroy(): void };
  isConnected(): boolean;
  connect(): Promise<unknown>;
  rejectRequests(error: Error): void;
  disconnect(): Promise<void>;
}

/** One broker, connected when asked for: one connection for fetches, which wait at the broker, and one for all else. */
export interface Broker {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: {
    readonly pool: readonly Connection[];
    send(exchange: Exchange): Promise<unknown>;
  };
}

/** The brokers, and which of them leads which partition. */
export interface Cluster {
  readonly brokerPool: { readonly brokers: Readonly<Record<string, Broker>>; readonly seedBroker?: Broker };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findBroker(of: { nodeId: number | string }): Promise<Broker>;
  findTopicPartitionMetadata(
    topic: string,
  ): readonly { readonly partitionId: number; readonly leader: number }[];
}

/** The writer of request bodies. */
export interface Encoder {
  readonly buffer: Buffer;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeString(value: string | null): Encoder;
  writeBytes(value: Buffer): Encoder;
}

/** An error that is told from a code of the protocol. */
interface ProtocolError extends Error {
  readonly type: string;
  readonly retriable: boolean;
}

type ClassOf<Made, Options> = new (options: Options) => Made;

/** One API in the one version that we speak, which all brokers since Kafka 2.3 (2019) understand. */
function api(name: string, key: number, version: number) {
  const folder = `kafkajs/src/protocol/requests/${name}/v${version}`;
  const request: (args: object) => Exchange["request"] = require(`${folder}/request`);
  const response: Exchange["response"] = require(`${folder}/response`);
  return { key, version, request, response };
}

/** Opens what we use. Errors: `internal` when another version of kafkajs is installed. */
export function openKafkajs() {
  const { version }: { version: string } = require("kafkajs/package.json");
  if (version !== VERSION)
    throw new OffgraphError(
      "internal",
      `kafkajs ${VERSION} is needed and ${version} is there: install again`,
    );
  guard();
  return {
    apis: {
      produce: api("produce", 0, 7),
      fetch: api("fetch", 1, 11),
      listOffsets: api("listOffsets", 2, 3),
      metadata: api("metadata", 3, 5),
      offsetCommit: api("offsetCommit", 8, 5),
      offsetFetch: api("offsetFetch", 9, 4),
      findCoordinator: api("findCoordinator", 10, 2),
      joinGroup: api("joinGroup", 11, 5),
      heartbeat: api("heartbeat", 12, 3),
      leaveGroup: api("leaveGroup", 13, 3),
      syncGroup: api("syncGroup", 14, 3),
      initProducerId: api("initProducerId", 22, 1),
    },
    ConnectionError: require("kafkajs").KafkaJSConnectionError as new (message: string) => Error,
    TimeoutError: require("kafkajs").KafkaJSRequestTimeoutError as new (message: string) => Error,
    Cluster: require("kafkajs/src/cluster") as ClassOf<Cluster, object>,
    Encoder: require("kafkajs/src/protocol/encoder") as ClassOf<Encoder, number>,
    createLogger: require("kafkajs/src/loggers").createLogger as (options: object) => object,
    errorFromCode: require("kafkajs/src/protocol/error").createErrorFromCode as (
      code: number,
    ) => ProtocolError,
  };
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

/** Every connection sets a timer of 1 ms, again and again, for requests that wait. Here it does when one waits. */
function guardIdleTimer(): void {
  const { prototype }: { prototype: RequestQueue } = require("kafkajs/src/network/requestQueue");
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0) schedule.call(this);
  };
}

interface Buffered extends Connection {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
}

/**
 * Two requests that find a connection closed would each open a socket, and what comes on both be taken for one answer; and half
 * an answer from before would be taken for the beginning of the next.
 */
function guardConnect(): void {
  const { prototype }: { prototype: Buffered } = require("kafkajs/src/network/connection");
  const connect = prototype.connect;
  const connecting = new WeakMap<Connection, Promise<unknown>>();
  prototype.connect = function (this: Buffered) {
    const underWay = connecting.get(this);
    if (underWay !== undefined || this.isConnected()) return underWay ?? Promise.resolve(true);
    Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: 4 });
    const opening = connect.call(this).finally(() => connecting.delete(this));
    connecting.set(this, opening);
    return opening;
  };
}

let isGuarded = false;

/** Mends, once, what cannot be done from outside. */
function guard(): void {
  if (isGuarded) return;
  isGuarded = true;
  guardIdleTimer();
  guardConnect();
}
