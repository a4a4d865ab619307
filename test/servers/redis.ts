/**
 * Real Redis or Valkey for tests: one server, a Cluster of three masters and three replicas, or a primary and a replica with
 * Sentinels, on free loopback ports in a temporary folder. `stop` ends and removes them.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./ports.ts";
import { addressesIn, CLUSTER, type Program, REDIS, SENTINEL, SINGLE } from "./redis-presence.ts";
import { RedisServer } from "./redis-server.ts";

export interface OwnRedisOptions {
  /** Default: `redis-server`. */
  readonly program?: Program;
  /** Added to the command line. */
  readonly args?: readonly string[];
  /** A listener with TLS instead of the plain one: files of the server's certificate, which is its own authority. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

/** A server, or several that belong together. */
export interface Redis {
  /** Addresses to begin with: of the server, of the Cluster's nodes, of the Sentinels. */
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

/** A server of one's own, which may be killed and paused. */
export interface OwnRedis extends Redis {
  readonly server: RedisServer;
}

/** The server at the address of the environment, else one that is started here. */
export async function startRedis(program: Program = REDIS): Promise<Redis> {
  const addresses = program === REDIS ? addressesIn(SINGLE) : [];
  return addresses.length > 0 ? { addresses, stop: async () => {} } : startOwnRedis({ program });
}

/** A server of one's own: append-only, every second to the disk. */
export async function startOwnRedis(options: OwnRedisOptions = {}): Promise<OwnRedis> {
  const { program = REDIS, args = [], tls } = options;
  const folder = newFolder();
  const [port = 0] = await freePorts(1);
  const listener = tls
    ? ["--port", "0", "--tls-port", `${port}`, ...certificate(tls)]
    : ["--port", `${port}`];
  const server = new RedisServer(dataNode(program, folder, port, [...listener, ...args]));
  await startAll([server], folder);
  return { addresses: [server.address], server, stop: () => stopAll([server], folder) };
}

const certificate = ({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }) => [
  ...["--tls-cert-file", certFile, "--tls-key-file", keyFile, "--tls-ca-cert-file", certFile],
  ...["--tls-auth-clients", "no"],
];

/** A Cluster; the first three servers are masters, each of the others the replica of the one three places before. */
export interface OwnCluster extends Redis {
  readonly servers: readonly RedisServer[];
}

/** The Cluster at the addresses of the environment, else one that is started here. */
export async function startCluster(): Promise<Redis> {
  const addresses = addressesIn(CLUSTER);
  return addresses.length > 0 ? { addresses, stop: async () => {} } : startOwnCluster();
}

/** Every node is given the map of the whole Cluster, so that nobody need be introduced. A dead master is replaced within seconds. */
export async function startOwnCluster(program: Program = REDIS): Promise<OwnCluster> {
  const folder = newFolder();
  const ports = await freePorts(12);
  const nodes = ports.slice(0, 6).map((port, at) => ({
    at,
    id: randomBytes(20).toString("hex"),
    port,
    busPort: ports[6 + at]!,
  }));
  const servers = nodes.map(({ at, port, busPort }) => {
    const own = join(folder, `node-${at + 1}`);
    mkdirSync(own);
    writeFileSync(join(own, "nodes.conf"), clusterMap(nodes, at));
    const cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
    const bus = ["--port", `${port}`, "--cluster-port", `${busPort}`];
    return new RedisServer(dataNode(program, own, port, [...bus, ...cluster]));
  });
  await startAll(servers, folder);
  const masters = servers.slice(0, 3);
  const ready = [/Cluster state changed: ok/, REPLICA_ONLINE];
  await Promise.all(masters.flatMap((server) => ready.map((line) => server.said(line))));
  return {
    addresses: servers.map(({ address }) => address),
    servers,
    stop: () => stopAll(servers, folder),
  };
}

interface ClusterNode {
  readonly at: number;
  readonly id: string;
  readonly port: number;
  readonly busPort: number;
}

/** The file in which a node keeps what it knows of the Cluster. */
function clusterMap(nodes: readonly ClusterNode[], self: number): string {
  const slots = ["0-5460", "5461-10922", "10923-16383"];
  const lines = nodes.map(({ at, id, port, busPort }) => {
    const role = at < 3 ? "master -" : `slave ${nodes[at - 3]!.id}`;
    const own = at === self ? "myself," : "";
    return `${id} 127.0.0.1:${port}@${busPort} ${own}${role} 0 0 ${(at % 3) + 1} connected ${slots[at] ?? ""}`;
  });
  return `${[...lines.map((line) => line.trimEnd()), "vars currentEpoch 3 lastVoteEpoch 0"].join("\n")}\n`;
}

/** A primary with one replica, watched by Sentinels. */
export interface OwnSentinel extends Redis {
  readonly name: string;
  readonly primary: RedisServer;
  readonly replica: RedisServer;
}

/** Those at the addresses of the environment, else some that are started here. */
export async function startSentinel(): Promise<Redis & { readonly name: string }> {
  const [first, ...others] = addressesIn(SENTINEL);
  if (first === undefined) return startOwnSentinel();
  const [name = "", address = ""] = first.split("@");
  return { name, addresses: [address, ...others], stop: async () => {} };
}

/** Ready when the replica has everything: until then it could be promoted empty. `sentinels`: how many; most must agree. */
export async function startOwnSentinel(program: Program = REDIS, sentinels = 1): Promise<OwnSentinel> {
  const folder = newFolder();
  const [primaryPort = 0, replicaPort = 0, ...ports] = await freePorts(2 + sentinels);
  const node = (name: string, port: number, args: readonly string[] = []) =>
    new RedisServer(dataNode(program, join(folder, name), port, ["--port", `${port}`, ...args]));
  const primary = node("primary", primaryPort);
  const replica = node("replica", replicaPort, ["--replicaof", `127.0.0.1 ${primaryPort}`]);
  const watchers = ports.map((port, at) =>
    sentinelNode(program, join(folder, `sentinel-${at}`), port, {
      primaryPort,
      quorum: (sentinels >> 1) + 1,
    }),
  );
  const servers = [primary, replica, ...watchers];
  await startAll([primary, replica], folder);
  await primary.said(REPLICA_ONLINE);
  await startAll(watchers, folder);
  await Promise.all(watchers.map((one) => one.said(/\+slave /)));
  await Promise.all(
    watchers.map((one) => (sentinels > 1 ? one.said(/\+sentinel /, sentinels - 1) : undefined)),
  );
  return {
    name: SENTINEL_NAME,
    addresses: watchers.map(({ address }) => address),
    primary,
    replica,
    stop: () => stopAll(servers, folder),
  };
}

const SENTINEL_NAME = "offgraph";
/** Of the primary: from now on the replica gets every write. That the replica has its first copy is said up to a second earlier. */
const REPLICA_ONLINE = /Synchronization with replica .* succeeded/;

function sentinelNode(
  program: Program,
  folder: string,
  port: number,
  { primaryPort, quorum }: { readonly primaryPort: number; readonly quorum: number },
): RedisServer {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "sentinel.conf");
  const settings = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor ${SENTINEL_NAME} 127.0.0.1 ${primaryPort} ${quorum}`,
    `sentinel down-after-milliseconds ${SENTINEL_NAME} 1000`,
    `sentinel failover-timeout ${SENTINEL_NAME} 5000`,
  ];
  writeFileSync(file, `${settings.join("\n")}\n`);
  return new RedisServer({ program, folder, port, args: [file, "--sentinel"], ready: /Sentinel ID is/ });
}

function dataNode(program: Program, folder: string, port: number, args: readonly string[]) {
  const kept = ["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"];
  // Without it a replica waits five seconds before its first copy begins.
  const replication = ["--repl-diskless-sync-delay", "0"];
  const place = ["--bind", "127.0.0.1", "--dir", folder, "--daemonize", "no"];
  return {
    program,
    folder,
    port,
    args: [...place, ...kept, ...replication, ...args],
    ready: /Ready to accept connections/,
  };
}

const newFolder = () => mkdtempSync(join(tmpdir(), "offgraph-redis-"));

/** None is left behind when one does not start. */
async function startAll(servers: readonly RedisServer[], folder: string): Promise<void> {
  try {
    await Promise.all(servers.map((server) => server.start()));
  } catch (error) {
    await stopAll(servers, folder);
    throw error;
  }
}

async function stopAll(servers: readonly RedisServer[], folder: string): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()));
  rmSync(folder, { recursive: true, force: true });
}
