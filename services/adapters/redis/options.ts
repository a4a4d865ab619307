/** How a Redis or Valkey is reached, and what is wrong with how it was said. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { OffgraphError } from "../../../schemas/errors.ts";

/** Certificates for TLS; files in PEM. */
export interface RedisTls {
  /** Authority that signed the servers' certificates. Default: those that Node trusts. */
  readonly caFile?: string | undefined;
  /** Our own certificate and its key, where the servers ask for one. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Name that the certificates must have. Default: the host that is connected to. */
  readonly serverName?: string | undefined;
}

/** One of `url`, `nodes` and `sentinel`, and what holds for all of them. */
export interface RedisStoreOptions {
  /** `redis://host:port` of a single server, or `rediss://` with TLS. It holds no password: it would be shown in logs. */
  readonly url?: string | undefined;
  /** `host:port` of some nodes of a Redis Cluster; the others are found. */
  readonly nodes?: readonly string[] | undefined;
  readonly sentinel?: RedisSentinels | undefined;
  readonly tls?: RedisTls | boolean | undefined;
  /** ACL user. Default: the server's default user. */
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Begins every key. Two installations on one server need two. Default: `offgraph:`. */
  readonly prefix?: string | undefined;
  /**
   * Replicas that must have a commit before it is acknowledged, so that a failover does not lose it. `auto` (the default) asks
   * for one wherever one is connected; a number refuses to acknowledge without so many; 0 never waits.
   */
  readonly replicas?: number | "auto" | undefined;
  /** Longest time that any request may take with all its tries, in ms. Default: 30000, longer than a usual failover. */
  readonly timeoutMs?: number | undefined;
}

/** `host:port` of the Sentinels that watch the primary of this name; they may ask for a user of their own. */
export interface RedisSentinels {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/** Default of `prefix`. */
export const PREFIX = "offgraph:";
/** Default of `timeoutMs`. */
export const TIMEOUT_MS = 30_000;

/** Refuses what cannot be meant. Errors: `bad-settings`, which never shows a password. */
export function checkOptions({ url, nodes, sentinel, prefix = PREFIX }: RedisStoreOptions): void {
  if ([url, nodes, sentinel].filter((one) => one !== undefined).length !== 1)
    throw bad("redis: expected one of url, nodes and sentinel");
  if (url !== undefined) checkUrl(url);
  if (!/^[A-Za-z0-9:_.-]*$/.test(prefix))
    throw bad(`redis.prefix: expected letters, digits and :_.-, got ${prefix}`);
}

function checkUrl(url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.password || parsed?.username)
    throw bad("redis.url: expected no user and no password in it: they have settings of their own");
  if (parsed === undefined || !/^rediss?:$/.test(parsed.protocol) || parsed.hostname === "")
    throw bad(`redis.url: expected redis://host:port or rediss://host:port, got ${url}`);
}

/** Host and port of `host:port`, `[::1]:port` or a URL; the port is 6379 where none is said. */
export function addressOf(node: string): { host: string; port: number } {
  const url = node.includes("://") ? node : `redis://${node}`;
  if (!URL.canParse(url)) throw bad(`redis: expected host:port, got ${node}`);
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port || 6379) };
}

/** What Node wants to know about TLS; undefined without TLS. Errors: `bad-settings` for a file that cannot be read. */
export function tlsOf({ url, tls }: RedisStoreOptions): ConnectionOptions | undefined {
  if (tls === false || (tls === undefined && !url?.startsWith("rediss:"))) return undefined;
  const { caFile, certFile, keyFile, serverName } = typeof tls === "object" ? tls : {};
  return {
    ...(caFile !== undefined && { ca: fileText(caFile, "caFile") }),
    ...(certFile !== undefined && { cert: fileText(certFile, "certFile") }),
    ...(keyFile !== undefined && { key: fileText(keyFile, "keyFile") }),
    ...(serverName !== undefined && { servername: serverName }),
  };
}

function fileText(path: string, setting: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw bad(`redis.tls.${setting}: expected a readable file, got ${path} (${code})`, cause);
  }
}

const bad = (message: string, cause?: unknown) => new OffgraphError("bad-settings", message, { cause });
