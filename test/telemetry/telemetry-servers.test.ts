/** A trace that goes through three processes, Kafka and Redis, and the metrics of what only servers do. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Cluster, newCluster, ready, until } from "../cluster/cluster.ts";
import { metricOf } from "../kill/service.ts";
import { type Kafka, startKafka } from "../servers/kafka.ts";
import { kafkaIsHere } from "../servers/kafka-jars.ts";
import { type Redis, startRedis } from "../servers/redis.ts";
import { isHere, SINGLE } from "../servers/redis-presence.ts";
import { type Collector, startCollector } from "./collector.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARTITIONS = 4;

describe.runIf(kafkaIsHere() && isHere(SINGLE))("on servers", () => {
  let kafka: Kafka;
  let redis: Redis;
  let collector: Collector;
  let cluster: Cluster;
  beforeAll(async () => {
    [kafka, redis, collector] = await Promise.all([startKafka(), startRedis(), startCollector()]);
    cluster = newCluster({
      ...{ brokers: kafka.addresses, redis: redis.addresses[0] ?? "", partitions: PARTITIONS },
      settings: { telemetry: { endpoint: collector.url } },
    });
  }, 60_000);
  afterAll(async () => {
    await cluster.remove();
    await Promise.all([kafka.stop(), redis.stop(), collector.close()]);
  });

  it("a finding is one trace from process to process, and Kafka's work is measured", async () => {
    const door = await cluster.start("ingest,gate,api");
    const judge = await cluster.start("processor");
    const hand = await cluster.start("responder,egress");
    await ready(door, judge, hand);
    const answer = await fetch(`${door.url}/v1/events`, {
      method: "POST",
      headers: {
        "content-type": "application/x-ndjson",
        traceparent: `00-${TRACE}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify(expired()),
    });
    expect(answer.status).toBe(202);
    await until(async () => (await metricOf(hand, "offgraph_responder_outcomes_total")) >= 1);
    expect(await metricOf(judge, "offgraph_stream_rebalances_total")).toBeGreaterThanOrEqual(1);
    const lags = await shownOf(judge.url, "offgraph_stream_lag_records");
    expect(lags.filter((line) => line.includes("events")).length).toBe(PARTITIONS);
    expect((await shownOf(door.url, "offgraph_stream_append_records_count")).length).toBeGreaterThan(0);
    await Promise.all([door, judge, hand].map((member) => member.end("SIGTERM")));

    const chain = ["POST /v1/events", "finding", "incident", "action", "outcome"].map((name) =>
      collector.spans.find((span) => span.name === name),
    );
    expect(chain.map((span) => span?.trace)).toEqual(chain.map(() => TRACE));
    expect(chain.slice(1).map((span) => span?.parent)).toEqual(chain.slice(0, -1).map((span) => span?.id));
  }, 120_000);
});

const shownOf = async (url: string, name: string) =>
  (await (await fetch(`${url}/metrics`)).text()).split("\n").filter((line) => line.startsWith(`${name}{`));

/** A service accepts a token an hour after its end. */
function expired() {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  return {
    ...{ id: "call-1", kind: "api.called", time: at(0), agent: { id: "invoice-agent" } },
    ...{ workflow: "Work", session: "s-1" },
    token: { publicId: "jti-1", issuedAt: at(-7_200_000), expiresAt: at(-3_600_000) },
    operation: { service: "erp", name: "read_invoice", tier: 0 },
    outcome: { result: "ok", status: 200 },
  };
}
