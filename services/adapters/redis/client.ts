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
export interface Client {
  /** What messages call it; without user and password. */
  readonly place: string;
  /** A connection from which nothing comes for so long, while something is awaited, is given up, in ms. */
  readonly silenceMs: number;
  /** Answers in bytes. */
  send(command: Command): Promise<unknown>;
  /** Several commands on one connection, one after the other; rejects with the first error among the answers. */
  sendAll(commands: readonly Command[]): Promise<readonly unknown[]>;
  /** Why there is no connection; undefined while there is one. */
  lost(): Error | undefined;
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

/** Connects in the background. Errors: `bad-settings`. */
export function openClient(options: RedisStoreOptions): Client {
  checkOptions(options);
  const { redis, place } = connected(options);
  let lost: Error | undefined;
  // Without a listener every lost connection would be printed to the console.
  redis.on("error", (error: Error) => {
    lost = error;
  });
  redis.on("node error", (error: Error) => {
    lost = error;
  });
  redis.on("ready", () => {
    lost = undefined;
  });
  return {
    place,
    silenceMs: silenceOf(options),
    send: ([name, ...args]) => {
      commandsTotal.add(1);
      return redis.callBuffer(name, args);
    },
    sendAll: (commands) => sendAll(redis, commands),
    lost: () => lost,
    primaries: () => (redis instanceof Cluster ? redis.nodes("master") : [redis]),
    close: () => redis.disconnect(),
  };
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
    return { redis: new Redis({ ...shared, ...alone, ...sentinelOptions(options, sentinel) }), place };
  }
  if (nodes !== undefined)
    return { redis: clusterOf(nodes, shared), place: `redis cluster at ${nodes.join(", ")}` };
  const { host, port } = addressOf(url ?? "");
  return { redis: new Redis({ ...shared, ...alone, host, port }), place: `redis at ${host}:${port}` };
}

const silenceOf = ({ timeoutMs = TIMEOUT_MS }: RedisStoreOptions) => Math.ceil(timeoutMs / SHARE_OF_SILENCE);

/**
 * What was sent and not answered when a connection breaks is not kept for the next one, but fails at once: whoever asked
 * tries again, for as long as `timeoutMs` lets him (attempts.ts), and nothing piles up while there is no server.
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
    maxRetriesPerRequest: 0,
    socketTimeout: silenceMs,
    connectTimeout: Math.min(silenceMs, MAX_CONNECT_MS),
  } satisfies RedisOptions;
}

/** Between 20 ms and a second, with a random part, so that not all processes come back at the same moment. */
const reconnectDelayMs = (tries: number) =>
  Math.min(20 * 2 ** Math.min(tries, 10), MAX_RECONNECT_MS) * (0.75 + Math.random() / 2);

/** Of a connection to one server. */
const alone = {
  retryStrategy: reconnectDelayMs,
  // The server has become a replica: the name, or the Sentinels, lead to another one by now.
  reconnectOnError: ({ message }: Error) => message.startsWith("READONLY"),
} satisfies RedisOptions;

function sentinelOptions(options: RedisStoreOptions, sentinel: NonNullable<RedisStoreOptions["sentinel"]>) {
  const { name, nodes, username, password } = sentinel;
  const tls = tlsOf(options);
  return {
    name,
    sentinels: nodes.map(addressOf),
    // Told by the Sentinels about a failover, also when the old primary keeps its connections open.
    failoverDetector: true,
    sentinelRetryStrategy: reconnectDelayMs,
    ...(username !== undefined && { sentinelUsername: username }),
    ...(password !== undefined && { sentinelPassword: password }),
    ...(tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: tls }),
  } satisfies RedisOptions;
}

function clusterOf(nodes: readonly string[], shared: ReturnType<typeof sharedOptions>): Cluster {
  return new Cluster(nodes.map(addressOf), {
    redisOptions: shared,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectDelayMs,
    slotsRefreshTimeout: Math.min(shared.socketTimeout, MAX_REFRESH_MS),
    // Also for what no command of ours runs into: a master that is silent. By default it is never asked again.
    slotsRefreshInterval: SLOTS_REFRESH_MS,
  });
}
