/** A second without Kafka or Redis. A minute: long/cuts.test.ts. */
import { describe, it } from "vitest";
import { kafkaCanBeStarted } from "../servers/kafka-jars.ts";
import { canBeStarted } from "../servers/redis-presence.ts";
import { behindProxies } from "./cuts.ts";

describe.runIf(kafkaCanBeStarted() && canBeStarted())("one of two processors", () => {
  const expectToOutlive = behindProxies();

  it("loses its connections to Redis for a second", () => expectToOutlive("redis", "cut"), 60_000);

  it("loses its connections to Kafka for a second", () => expectToOutlive("kafka", "cut"), 60_000);
});
