/** What the doctor says of servers, and what is refused at the start: another key, none, another number of partitions, a role without its key. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { spawned } from "../cli/command.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type OwnRedis, startOwnRedis } from "../servers/redis.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { type Cluster, type Member, newCluster, ready } from "./cluster.ts";

describe.runIf(kafkaIsHere() && canBeStarted())("an installation on servers", { shuffle: false }, () => {
  let kafka: Kafka;
  let redis: OwnRedis;
  let cluster: Cluster;
  let member: Member;
  beforeAll(async () => {
    const risky = ["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"];
    [kafka, redis] = await Promise.all([startKafka(), startOwnRedis({ args: risky })]);
    cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
  }, 60_000);
  afterAll(async () => {
    await cluster.remove();
    await Promise.all([kafka.stop(), redis.stop()]);
  });

  const run = (args: readonly string[], env: Readonly<Record<string, string>> = cluster.environment) =>
    spawned([...args, "--config", cluster.file], { env });
  const start = (role: string, env?: Readonly<Record<string, string>>) =>
    run(["start", "--port", "0", "--role", role], env);
  const doctor = async () => {
    const url = member?.url ?? "http://127.0.0.1:1";
    const { code, out } = await run(["doctor", "--json", "--url", url]);
    const checks = JSON.parse(out) as { check: string; state: string; found: string }[];
    return { code, state: (name: string) => checks.find(({ check }) => check.endsWith(name))?.state, checks };
  };

  it("has topics to be made before its first start, which is no fault, and a Redis that may forget, which is", async () => {
    const { code, state } = await doctor();
    expect(code).toBe(1);
    expect(["kafka: reachable", "kafka: topics", "kafka: brokers"].map(state)).toEqual([
      "ok",
      "warning",
      "warning",
    ]);
    expect([": eviction", ": persistence", ": clock", "hash key"].map(state)).toEqual([
      "failed",
      "ok",
      "ok",
      "ok",
    ]);
  });

  it("is found well when it runs with what it needs", async () => {
    await Promise.all([cluster.remove(), redis.stop()]);
    redis = await startOwnRedis();
    cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    member = await cluster.start("ingest,processor,responder,egress,gate,api");
    await ready(member);
    const { code, checks, state } = await doctor();
    expect(checks.filter((check) => check.state === "failed")).toEqual([]);
    expect([code, state("running"), state("partitions")]).toEqual([0, "ok", "ok"]);
  }, 60_000);

  it("refuses a process with another key, and leaves the one that runs alone", async () => {
    const key = readFileSync(`${cluster.folder}/hash`, "utf8");
    writeFileSync(`${cluster.folder}/hash`, `${randomBytes(32).toString("base64url")}\n`);
    const { code, err } = await start("gate");
    expect(code).toBe(2);
    expect(err).toMatch(/keys\.hashFile: this is not the key that the installation began with/);
    expect((await doctor()).state("hash key")).toBe("failed");
    writeFileSync(`${cluster.folder}/hash`, key);
    expect(member.child.exitCode).toBeNull();
  });

  it("makes no second key where it has one", async () => {
    const settings = JSON.parse(readFileSync(cluster.file, "utf8"));
    writeFileSync(cluster.file, JSON.stringify({ ...settings, keys: {}, data: `${cluster.folder}/data` }));
    const { code, err } = await start("gate");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/keys\.hashFile: expected the installation's key/),
    ]);
    writeFileSync(cluster.file, JSON.stringify(settings));
  });

  it("wants the audit key of the responder alone", async () => {
    const { code, err } = await start("responder", {});
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/keys\.auditEnv: expected a secret in \$AUDIT_KEY/),
    ]);
  });

  it("refuses another number of partitions", async () => {
    const settings = JSON.parse(readFileSync(cluster.file, "utf8"));
    writeFileSync(cluster.file, JSON.stringify({ ...settings, kafka: { ...settings.kafka, partitions: 6 } }));
    const { code, err } = await start("gate");
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/kafka\.partitions: .*offgraph repartition.*\(6, and it has 4\)/),
    ]);
    writeFileSync(cluster.file, JSON.stringify(settings));
  });

  it("lets no secret be seen among the processes of the machine", async () => {
    const seen = await new Promise<string>((resolve) =>
      execFile("ps", ["-eo", "args"], (_, out) => resolve(out)),
    );
    expect(seen).toContain("start --role");
    expect(seen).not.toContain(readFileSync(`${cluster.folder}/hash`, "utf8").trim());
    expect(seen).not.toContain("PRIVATE KEY");
  });
});
