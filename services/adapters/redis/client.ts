/** The connection, the same for a single server, a Cluster and a primary that Sentinels watch. */
import { metrics } from "@opentelemetry/api";
import { Cluster, Redis, type RedisOptions } from "ioredis";
import { addressOf, checkOptions, type RedisStoreOptions, TIMEOUT_MS, tlsOf } from "./options.ts";

const commandsTotal = metrics.getMeter("offgraph").createCounter("offgraph_redis_commands_total", {
  description: "Commands sent to Redis",
});

/** A command's name and arguments; the first key decides which node of a Cluster gets it. */
export type Command = readonly [name: string, ...args: (string | Buffer | number)[]];

/** A connection that comes back by itself. */
export interface RedisClient {
  /** What messages call it; without user and password. */
  readonly place: string;
  /** A connection from which nothing comes for so long, while something is awaited, is given up, in ms. */
  readonly silenceMs: number;
  /** Answers in bytes. */
  send(command: Command): Promise<unknown>;
  /** Several commands on one connection, one after the other; rejects with the first error among the answers. */
  sendAll(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** What happened to the connection since the last answer, if anything. */
  lost(): Error | undefined;
  /** By us. */
  isClosed(): boolean;
  /** Every server that takes writes, once there is a connection: one, or the masters of a Cluster. */
  primaries(): readonly Redis[];
  close(): void;
}

/** Of the time that a request may take, one part may pass in silence; then there is time for another try. */
const SHARE_OF_SILENCE = 3;
const SLOTS_REFRESH_MS = 2000;
/** Then another node is asked. */
const MAX_REFRESH_MS = 1000;
const MAX_RECONNECT_MS = 1000;
const MAX_CONNECT_MS = 5000;
const REVIVE_MS = 100;

/** Connects in the background. Errors: `bad-settings`. */
export function openRedisClient(options: RedisStoreOptions): RedisClient {
  checkOptions(options);
  const { redis, place } = connected(options);
  let lost: Error | undefined;
  let isClosed = false;
  // Without a listener every lost connection would be printed to the console.
  redis.on("error", (error: Error) => {
    lost = error;
  });
  redis.on("node error", (error: Error) => {
    lost = error;
  });
  hearSockets(redis);
  redis.on("close", () => {
    lost ??= new Error("the connection was closed");
  });
  // The library ends for good when Sentinels tell of a failover just while they are asked who is primary.
  redis.on("end", () => {
    setTimeout(() => isClosed || redis.connect().catch(() => undefined), REVIVE_MS).unref();
  });
  const answered = <Answer>(answer: Answer): Answer => {
    lost = undefined;
    return answer;
  };
  return {
    place,
    silenceMs: silenceOf(options),
    send: ([name, ...args]) => {
      commandsTotal.add(1);
      return redis.callBuffer(name, args).then(answered);
    },
    sendAll: (commands) => sendAll(redis, commands).then(answered),
    lost: () => lost,
    isClosed: () => isClosed,
    primaries: () => (redis instanceof Cluster ? redis.nodes("master") : [redis]),
    close() {
      isClosed = true;
      redis.disconnect();
    },
  };
}

/**
 * The library hears of one error of a socket. One more, such as a TLS alert that comes in while it is being closed, would
 * end the process; whatever it tells, the first one or `close` has told.
 */
function hearSockets(redis: Redis | Cluster): void {
  if (redis instanceof Cluster) redis.on("+node", hearSockets);
  else redis.on("connect", () => redis.stream.on("error", () => {}));
}

async function sendAll(redis: Redis | Cluster, commands: readonly Command[]): Promise<readonly unknown[]> {
  commandsTotal.add(commands.length);
  const pipeline = redis.pipeline();
  for (const [name, ...args] of commands) pipeline.callBuffer(name, args);
  const answers = (await pipeline.exec()) ?? [];
  for (const [error] of answers) if (error !== null) throw error;
  return answers.map(([, answer]) => answer);
}

function connected(options: RedisStoreOptions): { redis: Redis | Cluster; place: string } {
  const { url, nodes, sentinel } = options;
  const shared = sharedOptions(options);
  if (sentinel !== undefined) {
    const place = `redis, primary ${sentinel.name} of the Sentinels at ${sentinel.nodes.join(", ")}`;
    return {
      redis: new Redis({ ...shared, ...aloneOf(shared), ...sentinelOptions(options, sentinel) }),
      place,
    };
  }
  if (nodes !== undefined)
    return { redis: clusterOf(nodes, shared), place: `redis cluster at ${nodes.join(", ")}` };
  const { host, port } = addressOf(url ?? "");
  return {
    redis: new Redis({ ...shared, ...aloneOf(shared), host, port }),
    place: `redis at ${host}:${port}`,
  };
}

const silenceOf = ({ timeoutMs = TIMEOUT_MS }: RedisStoreOptions) => Math.ceil(timeoutMs / SHARE_OF_SILENCE);

/**
 * Without a connection a command fails at once, and what was sent and not answered when one breaks is not kept for the next:
 * whoever asked tries again, for as long as `timeoutMs` lets him (attempts.ts), and nothing piles up while there is no server.
 */
function sharedOptions(options: RedisStoreOptions) {
  const { username, password } = options;
  const tls = tlsOf(options);
  const silenceMs = silenceOf(options);
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
    connectionName: "offgraph",
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    socketTimeout: silenceMs,
    connectTimeout: Math.min(silenceMs, MAX_CONNECT_MS),
  } satisfies RedisOptions;
}

/** Between 20 ms and a second, with a random part, so that not all processes come back at the same moment. */
const reconnecting = (silenceMs: number) => (tries: number) =>
  Math.min(20 * 2 ** Math.min(tries, 10), MAX_RECONNECT_MS, silenceMs / 2) * (0.75 + Math.random() / 2);

type Shared = ReturnType<typeof sharedOptions>;

/** Of a connection to one server. */
const aloneOf = ({ socketTimeout }: Shared) =>
  ({
    retryStrategy: reconnecting(socketTimeout),
    // The server has become a replica: the name, or the Sentinels, lead to another one by now.
    reconnectOnError: ({ message }: Error) => message.startsWith("READONLY"),
  }) satisfies RedisOptions;

function sentinelOptions(options: RedisStoreOptions, sentinel: NonNullable<RedisStoreOptions["sentinel"]>) {
  const { name, nodes, username, password } = sentinel;
  const tls = tlsOf(options);
  return {
    name,
    sentinels: nodes.map(addressOf),
    // Told by the Sentinels about a failover, also when the old primary keeps its connections open.
    failoverDetector: true,
    sentinelRetryStrategy: reconnecting(silenceOf(options)),
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  } satisfies RedisOptions;
}

function clusterOf(nodes: readonly string[], options: Shared): Cluster {
  const { enableOfflineQueue, ...shared } = options;
  return new Cluster(nodes.map(addressOf), {
    redisOptions: shared,
    enableOfflineQueue,
    clusterRetryStrategy: reconnecting(shared.socketTimeout),
    slotsRefreshTimeout: Math.min(shared.socketTimeout, MAX_REFRESH_MS),
    // Also for what no command of ours runs into: a master that is silent. By default it is never asked again.
    slotsRefreshInterval: SLOTS_REFRESH_MS,
  });
}
