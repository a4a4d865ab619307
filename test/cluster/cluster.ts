/** An installation on real servers, each process of it a process: started by its roles, signalled, and read from outside. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Settings } from "../../schemas/settings.ts";
import { clock } from "../../services/adapters/clock.ts";
import { openServerStore, openServerStream, type ServerSecrets } from "../../services/adapters/servers.ts";
import { keyOf } from "../../services/ingest/index.ts";
import { storeOfGeneration, topicPrefixOf } from "../../services/layers/generation.ts";
import { auditKeysOf } from "../../services/responder/index.ts";
import { readAgreement } from "../../services/start/installation.ts";
import { type Books, booksOf, isReaderSettled, type Reader } from "../kill/books.ts";
import { metricOf } from "../kill/service.ts";
import { ENFORCING } from "../kill/settings.ts";
import { endsWithUs } from "../servers/children.ts";

const LAUNCHER = new URL("../../bin/offgraph.js", import.meta.url).pathname;
const POLL_MS = 50;

/** Where the servers are, and what else the settings say. */
export interface ClusterOptions {
  readonly brokers: readonly string[];
  /** `host:port`. */
  readonly redis: string;
  readonly partitions?: number;
  /** Added to the settings. */
  readonly settings?: object;
}

/** A process of the installation. */
export interface Member {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has logged. */
  readonly log: readonly Record<string, unknown>[];
  /** Resolves with the exit code; null if a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Sends a signal and waits for the end. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

export interface Cluster {
  readonly folder: string;
  /** The settings file that all processes share. */
  readonly file: string;
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string>>;
  /** Starts a process with these roles, with commas in between, and waits until it listens. */
  start(roles: string, more?: readonly string[]): Promise<Member>;
  /** Opens log and store as a process does. */
  open(): Promise<Reader & { close(): Promise<void> }>;
  /** Waits until nothing is on its way any more. */
  settled(): Promise<void>;
  /** Everything that it has written. */
  books(): Promise<Books>;
  /** Ends what still runs, and removes the folder. */
  remove(): Promise<void>;
}

/** Prepares an installation with topics, keys and a name of its own; nothing runs yet. */
export function newCluster({ brokers, redis, partitions = 4, settings: more = {} }: ClusterOptions): Cluster {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-cluster-"));
  const name = `test-${randomBytes(4).toString("hex")}`;
  const { processor = {}, ...rest } = more as { processor?: object };
  const given = {
    ...(({ partitions: _, ...playbook }) => playbook)(ENFORCING),
    processor: { commitIntervalMs: 200, ...processor },
    kafka: { brokers, topicPrefix: `${name}.`, partitions, replication: 1, sessionTimeoutMs: 3000 },
    redis: { url: `redis://${redis}`, prefix: `${name}:`, timeoutMs: 3000 },
    keys: { hashFile: join(folder, "hash"), auditEnv: "AUDIT_KEY" },
    ...rest,
  };
  const file = join(folder, "offgraph.yaml");
  const hash = `${randomBytes(32).toString("base64url")}\n`;
  const audit = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  writeFileSync(join(folder, "hash"), hash, { mode: 0o600 });
  writeFileSync(file, JSON.stringify(given));
  const environment = { AUDIT_KEY: audit };
  const settings = Settings.parse(given);
  const members: Member[] = [];
  const open = () => openReader(settings);
  return {
    ...{ folder, file, settings, environment, open },
    async start(roles, options = []) {
      const args = ["start", "--role", roles, "--port", "0", "--config", file, ...options];
      const member = await startMember(args, folder, environment);
      members.push(member);
      return member;
    },
    async settled() {
      const reader = await open();
      await until(() => isReaderSettled(reader));
      await reader.close();
    },
    async books() {
      const reader = await open();
      const keys = { hash: keyOf(hash, "hash"), publicKey: auditKeysOf(audit, "audit").publicKey };
      return booksOf(reader, keys, settings).finally(() => reader.close());
    },
    async remove() {
      await Promise.all(members.map((member) => member.end("SIGKILL")));
      rmSync(folder, { recursive: true });
    },
  };
}

/** Opens log and store as a process does. */
export async function openReader({ kafka, redis }: Settings, secrets: ServerSecrets = {}) {
  if (kafka === undefined || redis === undefined) throw new Error("these settings name no servers");
  const whole = await openServerStore(redis, secrets);
  const { generation = 0, partitions = kafka.partitions } = await readAgreement(whole);
  const topicPrefix = topicPrefixOf(kafka.topicPrefix, generation);
  const stream = await openServerStream({ ...kafka, partitions, topicPrefix }, secrets);
  const close = () => stream.close().finally(() => whole.close());
  return { stream, store: storeOfGeneration(whole, generation), close };
}

/** Starts a process and waits until it listens. */
export async function startMember(
  args: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Promise<Member> {
  const env = { PATH: process.env.PATH, ...environment };
  const child = spawn(process.execPath, [LAUNCHER, ...args], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  endsWithUs(child);
  const log: Record<string, unknown>[] = [];
  const errors: string[] = [];
  const ended = once(child, "exit").then(([code]) => code as number | null);
  const started = Promise.withResolvers<string>();
  createInterface(child.stdout).on("line", (line) => {
    log.push(JSON.parse(line));
    if (log.at(-1)?.msg === "started") started.resolve(String(log.at(-1)?.url));
  });
  createInterface(child.stderr).on("line", (line) => errors.push(line));
  void ended.then((code) => started.reject(new Error(`ended with ${code}: ${errors.join("\n")}`)));
  const url = await started.promise;
  return {
    ...{ url, child, log, ended },
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

/** Resolves when the process says that everything in it is ready. */
export async function ready(...members: readonly Member[]): Promise<void> {
  for (const { url } of members) while (!(await fetch(`${url}/readyz`)).ok) await clock.sleep(POLL_MS);
}

/** Resolves when the question is answered with true. */
export async function until(happens: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await happens())) await clock.sleep(POLL_MS);
}

/** What health says is wrong. */
export async function degraded({ url }: Member): Promise<readonly string[]> {
  const { degraded: wrong = [] } = (await (await fetch(`${url}/healthz`)).json()) as { degraded?: string[] };
  return wrong;
}

/** The partitions that a process holds now: those that it took over less those that it let go or lost. */
export async function heldBy(member: Member): Promise<number> {
  const name = "offgraph_stream_handovers_total";
  const all = await metricOf(member, name);
  const taken = await metricOf(member, name, (line) => line.includes('what="taken over"'));
  return 2 * taken - all;
}

/** Sends batches, each until it is answered with 202; answers the ids that were accepted. */
export async function sendAll(
  url: string,
  batches: readonly { readonly ids: readonly string[]; readonly body: string }[],
  headers: Readonly<Record<string, string>> = {},
): Promise<Set<string>> {
  const accepted = new Set<string>();
  for (const { ids, body } of batches) {
    await until(() => isTaken(url, body, headers));
    for (const id of ids) accepted.add(id);
  }
  return accepted;
}

async function isTaken(url: string, body: string, more: Readonly<Record<string, string>>): Promise<boolean> {
  const headers = { "content-type": "application/x-ndjson", ...more };
  const answer = await fetch(`${url}/v1/events?source=offgraph`, { method: "POST", headers, body }).catch(
    () => undefined,
  );
  if (answer?.status === 202 || answer === undefined || answer.status === 503) return answer?.status === 202;
  throw new Error(`${answer.status}: ${await answer.text()}`);
}
