/** A minute without Kafka or Redis: connections that break, and connections that fall silent. */
import { describe, it } from "vitest";
import { kafkaCanBeStarted } from "../../servers/kafka-jars.ts";
import { canBeStarted } from "../../servers/redis-presence.ts";
import { behindProxies } from "../cuts.ts";

const MINUTE = { parts: 12, partMs: 5000 };

describe.runIf(kafkaCanBeStarted() && canBeStarted())("one of two processors", () => {
  const expectToOutlive = behindProxies();

  it("loses its connections to Redis for a minute", () => expectToOutlive("redis", "cut", MINUTE));

  it("hears nothing from Redis for a minute", () => expectToOutlive("redis", "hold", MINUTE));

  it("loses its connections to Kafka for a minute", () => expectToOutlive("kafka", "cut", MINUTE));

  it("hears nothing from Kafka for a minute", () => expectToOutlive("kafka", "hold", MINUTE));
});
