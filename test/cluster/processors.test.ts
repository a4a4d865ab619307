/** Several processors share the partitions: one is killed, one is paused for longer than its session, and nothing is lost or told twice. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROCESS_ROLES } from "../../schemas/settings-servers.ts";
import { expectIntact } from "../kill/expectations.ts";
import { metricOf } from "../kill/service.ts";
import { story } from "../kill/story.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type Redis, startRedis } from "../servers/redis.ts";
import { isHere, SINGLE } from "../servers/redis-presence.ts";
import { type Cluster, heldBy, newCluster, ready, sendAll, until } from "./cluster.ts";

const PARTITIONS = 4;

describe.runIf(kafkaIsHere() && isHere(SINGLE))("two processors", () => {
  let kafka: Kafka;
  let redis: Redis;
  let cluster: Cluster;
  beforeAll(async () => {
    [kafka, redis] = await Promise.all([startKafka(), startRedis()]);
  }, 60_000);
  afterAll(() => Promise.all([kafka.stop(), redis.stop()]));

  /** Two that share the roles, and one for all others. */
  const begin = async (roles = "processor") => {
    cluster = newCluster({ brokers: kafka.addresses, redis: redis.addresses[0] ?? "" });
    const others = await cluster.start(PROCESS_ROLES.filter((role) => !roles.includes(role)).join(","));
    const [one, two] = await Promise.all([cluster.start(roles), cluster.start(roles)]);
    await ready(others, one, two);
    return { others, one, two };
  };
  const expectWhole = async (accepted: ReadonlySet<string>) => {
    await cluster.settled();
    expectIntact(await cluster.books(), accepted);
    await cluster.remove();
  };

  it("share the work, and one goes on when the other is killed in the middle of it", async () => {
    const { others, one, two } = await begin();
    const batches = story({ seed: 11, agents: 6, days: 1 }, Date.now());
    const accepted = await sendAll(others.url, batches.slice(0, batches.length >> 1));
    await until(async () => (await heldBy(one)) === 2 && (await heldBy(two)) === 2);
    await one.end("SIGKILL");
    for (const id of await sendAll(others.url, batches.slice(batches.length >> 1))) accepted.add(id);
    await expectWhole(accepted);
  }, 120_000);

  it.each([
    ["processor", PARTITIONS],
    // The responder reads three streams.
    ["processor,responder,egress", PARTITIONS * 5],
  ])(
    "fence one that was paused for longer than its session, and it takes its share again: %s",
    async (roles, all) => {
      const { others, one, two } = await begin(roles);
      const batches = story({ seed: 12, agents: 6, days: 1 }, Date.now());
      const [first = [], second = [], third = []] = [0, 1, 2].map((part) =>
        batches.filter((_, at) => Math.floor((at * 3) / batches.length) === part),
      );
      const isShared = async () => (await heldBy(one)) === all / 2 && (await heldBy(two)) === all / 2;
      await until(isShared);
      const accepted = await sendAll(others.url, first);
      one.child.kill("SIGSTOP");
      for (const id of await sendAll(others.url, second)) accepted.add(id);
      // The other one has all partitions, and has read what was waiting.
      const lag = () => metricOf(two, "offgraph_processor_lag_events");
      await until(async () => (await heldBy(two)) === all && (await lag()) === 0);
      one.child.kill("SIGCONT");
      for (const id of await sendAll(others.url, third)) accepted.add(id);
      await until(isShared);
      expect(one.child.exitCode).toBeNull();
      await expectWhole(accepted);
    },
    120_000,
  );

  it("come and go, asked to or killed, and nothing is lost or told twice", async () => {
    const { others, one, two } = await begin();
    const batches = story({ seed: 13, agents: 9, days: 1 }, Date.now());
    const accepted = new Set<string>();
    const running = [one, two];
    const rounds = 6;
    for (let round = 0; round < rounds; round++) {
      const part = batches.filter((_, at) => Math.floor((at * rounds) / batches.length) === round);
      const sending = sendAll(others.url, part);
      const [next] = await Promise.all([
        cluster.start("processor", ["--instance", `processor-${round}`]),
        sending,
      ]);
      running.push(next);
      await running.shift()?.end(round % 2 === 0 ? "SIGTERM" : "SIGKILL");
      for (const id of await sending) accepted.add(id);
    }
    await expectWhole(accepted);
  }, 120_000);
});
