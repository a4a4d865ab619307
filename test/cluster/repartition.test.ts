/** More partitions for an installation that has learned, acted and been stopped: it goes on as if nothing had been. */
import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServerStore } from "../../services/adapters/servers.ts";
import { population } from "../../services/simulator/agents.ts";
import { readAgreement, writeAgreement } from "../../services/start/installation.ts";
import { spawned } from "../cli/command.ts";
import { expectIntact } from "../kill/expectations.ts";
import { story } from "../kill/story.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type Redis, startRedis } from "../servers/redis.ts";
import { isHere, SINGLE } from "../servers/redis-presence.ts";
import { type Cluster, type Member, newCluster, ready, sendAll } from "./cluster.ts";

const ALL = "ingest,processor,responder,egress,gate,api";

describe.runIf(kafkaIsHere() && isHere(SINGLE))("offgraph repartition", () => {
  let kafka: Kafka;
  let redis: Redis;
  let cluster: Cluster;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
    cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "", partitions: 3 });
  }, 60_000);
  afterAll(async () => {
    await cluster.remove();
    await Promise.all([kafka.stop(), redis.stop()]);
  });

  const repartition = (...args: string[]) =>
    spawned(["repartition", "--config", cluster.file, ...args], { env: cluster.environment });
  const isDenied = async ({ url }: Member, agent: string) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/v1/check`, {
      method: "POST",
      headers,
      body: JSON.stringify({ agent }),
    });
    return ((await answer.json()) as { allowed: boolean }).allowed === false;
  };

  it("moves streams and state of a stopped system, and nothing of one that runs", async () => {
    const seed = 41;
    const agents = population(seed, 6).map(({ id }) => id as string);
    const batches = story({ seed, agents: 6, days: 1 }, Date.now());
    const half =
      batches.findLastIndex(({ body, isAttack }) => isAttack && body.includes(`"${agents[2]}"`)) + 1;
    let system = await cluster.start(ALL);
    await ready(system);
    const accepted = await sendAll(system.url, batches.slice(0, half));
    await cluster.settled();
    expect(await isDenied(system, agents[0] ?? "")).toBe(true);

    expect(await repartition("--to", "7", "--yes")).toMatchObject({
      code: 69,
      err: expect.stringMatching(/has members/),
    });
    expect(await system.end("SIGTERM")).toBe(0);
    expect(await repartition("--to", "2")).toMatchObject({
      code: 2,
      err: expect.stringMatching(/more than the 3/),
    });
    const looked = await repartition("--to", "7");
    expect([looked.code, looked.out]).toEqual([0, expect.stringMatching(/nothing was changed/)]);
    const done = await repartition("--to", "7", "--yes", "--json");
    expect([done.code, JSON.parse(done.out)]).toMatchObject([0, { from: 3, to: 7, done: true }]);

    // The number in the settings is the old one, which is refused; with the new one it goes on.
    await expect(cluster.start(ALL)).rejects.toThrow(/kafka\.partitions: .*\(3, and it has 7\)/);
    const settings = JSON.parse(readFileSync(cluster.file, "utf8"));
    writeFileSync(cluster.file, JSON.stringify({ ...settings, kafka: { ...settings.kafka, partitions: 7 } }));
    system = await cluster.start(ALL);
    await ready(system);
    expect(await isDenied(system, agents[0] ?? "")).toBe(true);
    for (const id of await sendAll(system.url, batches.slice(half))) accepted.add(id);
    await cluster.settled();
    expect(await isDenied(system, agents[5] ?? "")).toBe(true);
    expectIntact(await cluster.books(), accepted);
    const { incidents } = (await (await fetch(`${system.url}/v1/incidents?limit=500`)).json()) as {
      incidents: { agent: string; id: string }[];
    };
    for (const agent of agents) expect(incidents).toContainEqual(expect.objectContaining({ agent }));
    const [old] = incidents.filter(({ agent }) => agent === agents[0]);
    expect((await fetch(`${system.url}/v1/incidents/${old?.id}`)).status).toBe(200);
  }, 180_000);

  it("holds everybody off once it has begun, and is taken back when something is left to do", async () => {
    const other = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "", partitions: 2 });
    const { redis: server } = other.settings;
    const store = await openServerStore(server as NonNullable<typeof server>, {});
    const again = (...args: string[]) =>
      spawned(["repartition", "--config", other.file, ...args], { env: other.environment });
    // Its first ticks are in the log, and nobody folds them.
    const door = await other.start("ingest");
    await ready(door);
    expect(await again("--to", "4", "--yes")).toMatchObject({
      code: 69,
      err: expect.stringMatching(/not all/),
    });
    const agreement = await readAgreement(store);
    expect(agreement).toMatchObject({ partitions: 2 });
    // As if it had been broken off in the middle.
    await writeAgreement(store, { ...agreement, moving: 4 });
    expect(await door.ended).toBe(70);
    await expect(other.start("ingest")).rejects.toThrow(
      /being changed; finish it with `offgraph repartition`/,
    );
    expect(await again("--to", "5")).toMatchObject({ code: 2, err: expect.stringMatching(/4 was begun/) });
    expect(await again("--to", "4", "--yes")).toMatchObject({
      code: 69,
      err: expect.stringMatching(/not all/),
    });
    expect(await readAgreement(store)).toEqual(agreement);
    await ready(await other.start(ALL));
    await Promise.all([store.close(), other.remove()]);
  }, 120_000);
});
