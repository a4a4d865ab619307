/**
 * docker-compose.yml without its images: the same set-up, commands, settings and nginx, each role a process of its own, on a real
 * Kafka, Redis and nginx of this machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { PROCESS_ROLES, type ProcessRole } from "../../schemas/settings-servers.ts";
import { keyOf } from "../../services/ingest/index.ts";
import { auditKeysOf } from "../../services/responder/index.ts";
import { loadSecrets, loadSettings } from "../../services/settings/config.ts";
import { population } from "../../services/simulator/agents.ts";
import { ran } from "../cli/command.ts";
import { jwt } from "../gate/given.ts";
import { booksOf, isReaderSettled } from "../kill/books.ts";
import { expectIntact } from "../kill/expectations.ts";
import { ENFORCING } from "../kill/settings.ts";
import { story } from "../kill/story.ts";
import { endsWithUs } from "../servers/children.ts";
import { type Kafka, startOwnKafka } from "../servers/kafka.ts";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { freePorts } from "../servers/ports.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { type Member, openReader, ready, sendAll, startMember, until } from "./cluster.ts";

const NGINX = process.env.OFFGRAPH_TEST_NGINX ?? "/usr/sbin/nginx";
const compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true });

/** Arguments of the Redis in docker-compose.yml that are about what is kept. */
const redisArguments = (users: string): string[] =>
  compose.services.redis.command
    .slice(1)
    .map((word: string) => (word === "/etc/redis/users.acl" ? users : word));

describe.runIf(existsSync(NGINX) && kafkaCanBeStarted() && canBeStarted())("docker-compose.yml", () => {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-topology-"));
  const config = join(folder, "keys/offgraph.yaml");
  const members = new Map<ProcessRole | "processor 2", Member>();
  let kafka: Kafka;
  let redis: OwnRedis;
  let nginx: { readonly url: string; stop(): Promise<unknown> };

  /** What the setup makes, with the addresses of this machine. */
  async function prepare(): Promise<void> {
    const given = { ...parse(compose.configs.offgraph.content), playbook: ENFORCING.playbook };
    writeFileSync(join(folder, "base.yaml"), stringify({ ...given, processor: { commitIntervalMs: 200 } }));
    const command = compose.services.setup.command.slice(0, -1);
    const { code, err } = await ran(...command, join(folder, "keys"), "--config", join(folder, "base.yaml"));
    expect([code, err]).toEqual([0, ""]);
    const args = redisArguments(join(folder, "keys/redis/users.acl"));
    [kafka, redis] = await Promise.all([startOwnKafka(), startOwnRedis({ args })]);
    const text = readFileSync(config, "utf8");
    const here = text
      .replace("kafka:9092", kafka.addresses[0] ?? "")
      .replace("redis:6379", redis.addresses[0] ?? "");
    writeFileSync(config, here);
  }

  async function start(role: ProcessRole, name: ProcessRole | "processor 2" = role): Promise<void> {
    const environment = { OFFGRAPH_CONFIG: config, OFFGRAPH_HTTP_PORT: "0" };
    const member = await startMember(compose.services[role].command, folder, environment);
    members.set(name, member);
    await ready(member);
  }
  const url = (role: ProcessRole) => members.get(role)?.url ?? "";
  const token = (name: string) => ({
    authorization: `Bearer ${readFileSync(join(folder, "keys", `${name}.token`), "utf8").trim()}`,
  });

  beforeAll(async () => {
    await prepare();
    await Promise.all([...PROCESS_ROLES.map((role) => start(role)), start("processor", "processor 2")]);
    nginx = await startNginx(folder, new URL(url("gate")).host);
  }, 120_000);
  afterAll(async () => {
    await nginx.stop();
    await Promise.all(Array.from(members.values(), (member) => member.end("SIGKILL")));
    await Promise.all([kafka.stop(), redis.stop()]);
    rmSync(folder, { recursive: true });
  });

  const status = async (agent: string) => {
    const headers = { authorization: `Bearer ${jwt({ sub: agent })}`, connection: "close" };
    return (await fetch(`${nginx.url}/orders`, { headers })).status;
  };

  const contained = async () => {
    const answer = await fetch(`${url("api")}/v1/incidents?limit=100`, { headers: token("operator") });
    const { incidents } = (await answer.json()) as { incidents: { agent: string; status: string }[] };
    return incidents.filter((incident) => incident.status === "contained").map(({ agent }) => agent);
  };

  it("turns events into a finding, an incident and a denial at nginx, also while every role is restarted", async () => {
    const seed = 31;
    const [first, second] = population(seed, 6).map(({ id }) => id as string);
    const batches = story({ seed, agents: 6, days: 1 }, Date.now());
    const wave = batches.findLastIndex(({ body, isAttack }) => isAttack && body.includes(`"${second}"`));
    expect([await status(first ?? ""), await status("somebody-else")]).toEqual([200, 200]);

    const accepted = await sendAll(url("ingest"), batches.slice(0, wave + 1), token("sender"));
    await until(async () => (await status(first ?? "")) === 403);
    expect(await status("somebody-else")).toBe(200);
    // What came of it goes back to the responder a little later.
    await until(async () => (await contained()).includes(first ?? ""));

    // One after the other, as an upgrade does; the sender goes on meanwhile, and tries again what was not answered.
    const later = population(seed, 6).at(-1)?.id ?? "";
    const sending = (async () => {
      for (const batch of batches.slice(wave + 1)) {
        for (const id of await sendAll(url("ingest"), [batch], token("sender"))) accepted.add(id);
      }
    })();
    for (const role of ["processor", "responder", "egress", "api"] as const) {
      expect(await members.get(role)?.end("SIGTERM")).toBe(0);
      await start(role);
    }
    await sending;
    expect(await members.get("ingest")?.end("SIGTERM")).toBe(0);
    await start("ingest");
    await until(async () => (await status(later)) === 403);

    const settings = loadSettings({ path: config, environment: {} });
    const secrets = loadSecrets(settings, {});
    const reader = await openReader(settings, secrets);
    await until(() => isReaderSettled(reader));
    const hash = keyOf(secrets.hashKey ?? "", "hash.key");
    const { publicKey } = auditKeysOf(secrets.auditKey ?? "", "audit.key");
    expectIntact(await booksOf(reader, { hash, publicKey }, settings), accepted);
    await reader.close();
  }, 180_000);

  it("asks everybody for a token, and gives each no more than its role", async () => {
    const ask = async (role: ProcessRole, path: string, headers = {}) =>
      (await fetch(url(role) + path, { headers })).status;
    expect(await ask("api", "/v1/findings")).toBe(401);
    expect(await ask("api", "/v1/findings", token("sender"))).toBe(403);
    expect(await ask("api", "/v1/findings", token("operator"))).toBe(200);
    expect(await ask("gate", "/v1/authz")).toBe(401);
    expect(await ask("processor", "/metrics")).toBe(401);
    expect(await ask("processor", "/metrics", token("operator"))).toBe(200);
    // A role has its own routes alone.
    expect(await ask("processor", "/v1/findings", token("operator"))).toBe(404);
  });
});

/** The nginx of docker-compose.yml on free ports, and its API behind it. */
async function startNginx(folder: string, gate: string) {
  const [port = 0, apiPort = 0] = await freePorts(2);
  const [code] = compose.services["sample-api"].command;
  const api = spawn(process.execPath, [
    "-e",
    code.replace("listen(8080)", `listen(${apiPort}, '127.0.0.1')`),
  ]);
  endsWithUs(api);
  const text = compose.configs.nginx.content
    .replaceAll(" /tmp/", ` ${folder}/`)
    .replace("gate:7070", gate)
    .replace("sample-api:8080", `127.0.0.1:${apiPort}`)
    .replace("listen 8080", `listen 127.0.0.1:${port}`)
    .replace("/etc/nginx/offgraph/", `${folder}/keys/gateway/`);
  writeFileSync(join(folder, "nginx.conf"), `daemon off; worker_processes 1;\n${text}`);
  const args = ["-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"];
  const child: ChildProcess = spawn(NGINX, args, { stdio: "inherit" });
  endsWithUs(child);
  const url = `http://127.0.0.1:${port}`;
  for (const address of [`${url}/_health`, `http://127.0.0.1:${apiPort}`])
    await until(() => fetch(address).then(Boolean, () => false));
  return {
    url,
    async stop() {
      api.kill();
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
}
