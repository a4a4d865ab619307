/** Requests to the broker that is in charge, tried again until it answers, is found elsewhere, or refuses for good. */
import { setTimeout as sleep } from "node:timers/promises";
import { OffgraphError } from "../../../schemas/errors.ts";
import { isPassing, refused, unavailable } from "./failures.ts";
import { type Broker, type Cluster, type Encoder, type Exchange, openKafkajs } from "./kafkajs.ts";
import { clientIdOf, type KafkaConnection, saslOf, tlsOf } from "./options.ts";
import { openSocket } from "./sockets.ts";

const kafkajs = openKafkajs();
/** Names of the APIs. */
export type Api = keyof typeof kafkajs.apis;

/** An error by its code in the protocol. */
export const { errorFromCode } = kafkajs;
/** A new writer of request bodies. */
export const encoder = (sizeBytes = 511): Encoder => new kafkajs.Encoder(sizeBytes);

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
const REQUEST_TIMEOUT_MS = 10_000;
const CONNECTION_TIMEOUT_MS = 5000;
const METADATA_MAX_AGE_MS = 60_000;
/** Ours is the loop that tries again; kafkajs' own would do so in each of its steps. */
const RETRY = { retries: 1, initialRetryTime: 50, maxRetryTime: 200 };

/** How long to try. */
export interface Patience {
  /** What is tried, for the message. */
  readonly what: string;
  /** Longest time in ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Other than in kafkajs. */
interface Differently {
  readonly encode?: () => Promise<object>;
  readonly decode?: (payload: Buffer) => Promise<unknown>;
  readonly requestTimeoutMs?: number;
}

/** One client for all requests of an adapter to its brokers. */
export class KafkaClient {
  readonly #cluster: Cluster;
  readonly #addresses: string;
  readonly #finding = new Map<string, Promise<Broker>>();
  #turn = 0;
  readonly #closing = new AbortController();

  constructor(connection: KafkaConnection) {
    this.#addresses = connection.brokers.join(",");
    this.#cluster = new kafkajs.Cluster(clusterOptions(connection));
  }

  /** Connects, and checks that the brokers are not too old. */
  async connect(patience: Patience): Promise<void> {
    await this.attempt(patience, async () => {
      await this.#cluster.connect();
      await this.#cluster.refreshMetadata();
    });
    const [broker] = Object.values(this.#cluster.brokerPool.brokers);
    for (const [name, { key, version }] of Object.entries(kafkajs.apis)) {
      if ((broker?.versions?.[key]?.maxVersion ?? version) >= version) continue;
      throw new OffgraphError(
        "bad-settings",
        `kafka: ${this.#addresses} does not know ${name} ${version}: update it`,
      );
    }
  }

  /** Learns where the topics lie, and again when it changes. */
  async follow(topics: readonly string[], patience: Patience): Promise<void> {
    await this.attempt(patience, () => this.#cluster.addMultipleTargetTopics(topics));
  }

  /** Node that leads a partition. Throws what passes when nobody does. */
  async leaderOf(topic: string, partition: number): Promise<number> {
    await this.#cluster.refreshMetadataIfNecessary();
    const found = this.#cluster
      .findTopicPartitionMetadata(topic)
      .find(({ partitionId }) => partitionId === partition);
    if (found === undefined || found.leader < 0) throw errorFromCode(LEADER_NOT_AVAILABLE);
    return found.leader;
  }

  /** Node that keeps the members of a group. */
  async coordinatorOf(groupId: string): Promise<number> {
    const args = { coordinatorKey: groupId, coordinatorType: 0 };
    const found = await this.request<{ coordinator: { nodeId: number } }>(
      this.anyNode(),
      "findCoordinator",
      args,
    );
    return found.coordinator.nodeId;
  }

  /** Any node that is known, another one each time: it may be dead. */
  anyNode(): string {
    const nodeIds = Object.keys(this.#cluster.brokerPool.brokers);
    const nodeId = nodeIds[this.#turn++ % nodeIds.length];
    if (nodeId === undefined) throw errorFromCode(LEADER_NOT_AVAILABLE);
    return nodeId;
  }

  /** One request and its answer. */
  async request<Answer>(nodeId: number | string, api: Api, args: object, differently: Differently = {}) {
    const broker = await this.#find(nodeId);
    try {
      return (await broker.connectionPool.send(exchangeOf(api, args, differently))) as Answer;
    } catch (error) {
      // Nobody may ever answer on this connection again, and nothing else would close it.
      if (error instanceof kafkajs.TimeoutError) await cutConnections([broker]);
      throw error;
    }
  }

  /** All who want the same broker wait for one attempt to connect: each failure of kafkajs' closes what others are opening. */
  #find(nodeId: number | string): Promise<Broker> {
    if (this.#closing.signal.aborted) throw new kafkajs.ConnectionError("the log is closed");
    const finding =
      this.#finding.get(`${nodeId}`) ??
      this.#cluster.findBroker({ nodeId }).finally(() => this.#finding.delete(`${nodeId}`));
    this.#finding.set(`${nodeId}`, finding);
    return finding;
  }

  /**
   * Acts until it succeeds. Errors: `unavailable` when time is up or the client is closed; what `refused` makes of a failure
   * that does not pass.
   */
  async attempt<Result>({ what, timeoutMs, signal }: Patience, act: () => Promise<Result>): Promise<Result> {
    const untilMs = performance.now() + timeoutMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        if (this.#closing.signal.aborted) throw new kafkajs.ConnectionError("the log is closed");
        return await act();
      } catch (error) {
        if (!isPassing(error)) throw refused(error, `${what}, ${this.#addresses}`);
        const isOver =
          performance.now() + pauseMs > untilMs || this.#closing.signal.aborted || signal?.aborted;
        if (isOver) throw unavailable(error, `${what}, ${this.#addresses}`);
      }
      await this.pause(pauseMs, signal);
      await this.refresh();
    }
  }

  /** Waits, but not when closing. */
  async pause(pauseMs: number, signal?: AbortSignal): Promise<void> {
    const signals = signal ? [signal, this.#closing.signal] : [this.#closing.signal];
    await sleep(pauseMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
  }

  /** Asks anew who leads what, if anybody answers. */
  async refresh(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    await this.#cluster.refreshMetadata().catch(() => {}); // the next attempt says what is wrong
  }

  /** Ends all connections, and with them what waits for an answer. They are made anew when they are needed. */
  async cut(): Promise<void> {
    const { brokers, seedBroker } = this.#cluster.brokerPool;
    const all = new Set<Broker>([...Object.values(brokers), ...(seedBroker ? [seedBroker] : [])]);
    await cutConnections([...all]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.cut();
    await this.#cluster.disconnect();
  }
}

const LEADER_NOT_AVAILABLE = 5;

async function cutConnections(brokers: readonly Broker[]): Promise<void> {
  const connections = brokers.flatMap(({ connectionPool }) => connectionPool.pool);
  const error = new kafkajs.ConnectionError("the connection was cut");
  for (const connection of connections) connection.rejectRequests(error);
  await Promise.all(connections.map((connection) => connection.disconnect()));
  for (const { socket } of connections) socket?.destroy();
}

function exchangeOf(api: Api, args: object, { encode, decode, requestTimeoutMs }: Differently): Exchange {
  const { request, response } = kafkajs.apis[api];
  const asked = request(args);
  return {
    request: encode ? { ...asked, encode } : asked,
    response: decode ? { decode, parse: async (decoded) => decoded } : response,
    ...(requestTimeoutMs && { requestTimeout: requestTimeoutMs }),
  };
}

function clusterOptions(connection: KafkaConnection): object {
  const { brokers, log } = connection;
  return {
    logger: kafkajs.createLogger({
      level: 2, // warnings; what of them matters to a person comes as an error or a metric
      logCreator: () => (entry: { namespace: string; log: { message: string } }) =>
        log?.("debug", `${entry.namespace}: ${entry.log.message}`),
    }),
    socketFactory: openSocket,
    brokers,
    ssl: tlsOf(connection),
    sasl: saslOf(connection),
    clientId: clientIdOf(connection),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    authenticationTimeout: CONNECTION_TIMEOUT_MS,
    reauthenticationThreshold: 10_000,
    requestTimeout: REQUEST_TIMEOUT_MS,
    enforceRequestTimeout: true,
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    retry: RETRY,
  };
}
