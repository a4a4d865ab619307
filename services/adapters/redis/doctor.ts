/** What a person should know about a Redis before, and while, he trusts it with state. */
import type { Redis } from "ioredis";
import { OffgraphError } from "../../../schemas/errors.ts";
import type { Store } from "../../ports/store.ts";
import { openRedisStore } from "../store-redis.ts";
import { attempts } from "./attempts.ts";
import { openRedisClient } from "./client.ts";
import { PREFIX, type RedisStoreOptions } from "./options.ts";

/** One thing that was looked at. */
interface RedisCheck {
  readonly check: string;
  readonly ok: boolean;
  readonly found: string;
  readonly wanted: string;
  readonly whatToDo: string;
}

const OLDEST_VERSION = 7;
const MOST_SKEW_MS = 1000;
const MOST_MEMORY_PERCENT = 80;

/**
 * Looks at every server that takes writes, and writes and reads a little under the prefix to see that the user may; what it leaves
 * is two keys of a few bytes. Never rejects for what is wrong with the servers: then one check says so, and the rest is left out.
 */
export async function examineRedis(
  options: RedisStoreOptions,
  now = Date.now,
): Promise<readonly RedisCheck[]> {
  const client = openRedisClient(options);
  try {
    const servers = await attempts(
      client,
      options.timeoutMs,
    )(async () => {
      await client.send(["ping"]);
      return Promise.all(client.primaries().map((server) => examineServer(server, options, now)));
    });
    return [reachable(client.place), ...servers.flat(), await examineRights(options)];
  } catch (error) {
    if (!(error instanceof OffgraphError)) throw error;
    return [{ ...reachable(error.message), ok: false }];
  } finally {
    client.close();
  }
}

const reachable = (found: string): RedisCheck => ({
  check: "redis: reachable",
  ok: true,
  found,
  wanted: "an answer",
  whatToDo: "start it, or correct redis.url, redis.nodes or redis.sentinel, the user and the network",
});

async function examineServer(
  server: Redis,
  { replicas = "auto", url }: RedisStoreOptions,
  now: () => number,
): Promise<RedisCheck[]> {
  const beforeMs = now();
  const [seconds = 0, micros = 0] = await server.time();
  const skewMs = Number(seconds) * 1000 + Number(micros) / 1000 - (beforeMs + now()) / 2;
  const facts = factsIn(await server.info());
  const place = `${server.options.host}:${server.options.port}`;
  const expected = replicas === "auto" ? (url === undefined ? 1 : 0) : replicas;
  const checks = [
    versionOf(facts),
    roleOf(facts),
    replicasOf(facts, expected),
    persistenceOf(facts),
    evictionOf(facts),
    memoryOf(facts),
    clockOf(skewMs),
  ];
  return checks.map((one) => ({ ...one, check: `redis ${place}: ${one.check}` }));
}

type Facts = ReadonlyMap<string, string>;

/** `name:value` lines. */
function factsIn(text: string): Facts {
  const lines = text.split("\r\n").filter((line) => line.includes(":"));
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]));
}

function versionOf(facts: Facts): RedisCheck {
  const valkey = facts.get("valkey_version");
  const version = valkey ?? facts.get("redis_version") ?? "unknown";
  return {
    check: "version",
    ok: Number.parseInt(version, 10) >= OLDEST_VERSION,
    found: `${valkey === undefined ? "Redis" : "Valkey"} ${version}`,
    wanted: `Redis or Valkey ${OLDEST_VERSION} or newer`,
    whatToDo: "upgrade it: older ones are not tested",
  };
}

function roleOf(facts: Facts): RedisCheck {
  const role = facts.get("role") ?? "unknown";
  return {
    check: "role",
    ok: role === "master",
    found: role,
    wanted: "master",
    whatToDo: "name the primary, or the Sentinels, which know it: a replica takes no writes",
  };
}

function replicasOf(facts: Facts, expected: number): RedisCheck {
  const connected = Number(facts.get("connected_slaves") ?? 0);
  return {
    check: "replicas",
    ok: connected >= expected,
    found: String(connected),
    wanted: `${expected} or more`,
    whatToDo: "bring the replicas back: without one a failover has nobody to turn to",
  };
}

function persistenceOf(facts: Facts): RedisCheck {
  const enabled = facts.get("aof_enabled") === "1";
  const status = facts.get("aof_last_write_status") ?? "unknown";
  return {
    check: "persistence",
    ok: enabled && status === "ok",
    found: `append-only file ${enabled ? "on" : "off"}, last write ${status}`,
    wanted: "append-only file on, last write ok",
    whatToDo: "set appendonly yes, and see that its disk has room: without it a restart begins with nothing",
  };
}

function evictionOf(facts: Facts): RedisCheck {
  const policy = facts.get("maxmemory_policy") ?? "unknown";
  return {
    check: "eviction",
    ok: policy === "noeviction",
    found: policy,
    wanted: "noeviction",
    whatToDo:
      "set maxmemory-policy noeviction: any other removes state when memory is short, and says nothing",
  };
}

function memoryOf(facts: Facts): RedisCheck {
  const used = Number(facts.get("used_memory"));
  const limit = Number(facts.get("maxmemory")) || Number(facts.get("total_system_memory"));
  const percent = Math.round((100 * used) / limit);
  return {
    check: "memory",
    ok: percent <= MOST_MEMORY_PERCENT,
    found: `${percent} % of ${Math.round(limit / 1_048_576)} MiB`,
    wanted: `${MOST_MEMORY_PERCENT} % or less`,
    whatToDo: "raise maxmemory, or give the server more memory: when it is full, commits are refused",
  };
}

function clockOf(skewMs: number): RedisCheck {
  return {
    check: "clock",
    ok: Math.abs(skewMs) <= MOST_SKEW_MS,
    found: `${Math.round(skewMs)} ms ahead of ours`,
    wanted: `${MOST_SKEW_MS} ms or less apart`,
    whatToDo: "run NTP on both machines: tokens leave the index by the server's clock",
  };
}

/** Rights of an ACL user beside its keys. */
export const RIGHTS = "+@read +@write +@scripting +@connection +wait +role +info +time +cluster";

/** Does once what the store does. */
async function examineRights(options: RedisStoreOptions): Promise<RedisCheck> {
  const check = {
    check: "redis: rights and layout",
    wanted: "all commands of the store, under its prefix",
    whatToDo: `give the user ~${options.prefix ?? PREFIX}* and ${RIGHTS}, or take another prefix`,
  };
  let store: Store | undefined;
  try {
    store = await openRedisStore(options);
    const lease = await store.acquire("doctor", 0);
    await store.commit(lease, [[{ group: "doctor", entries: new Map([["seen", Buffer.from("yes")]]) }]], 1);
    await store.load("doctor", 0, ["doctor"]);
    for await (const _ of store.scan("doctor", 0)) break;
    await store.tokensOf("doctor", "doctor", 0, 1);
    return { ...check, ok: true, found: "all" };
  } catch (error) {
    if (!(error instanceof OffgraphError)) throw error;
    return { ...check, ok: false, found: error.message };
  } finally {
    await store?.close();
  }
}
