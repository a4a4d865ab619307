import { describe, expect, it } from "vitest";
import type { KafkaClient } from "../../../services/adapters/kafka/client.ts";
import { Fetcher } from "../../../services/adapters/kafka/fetcher.ts";
import type { OwnedPartition } from "../../../services/adapters/kafka/owned-partition.ts";

/** A partition of `events` that wants more, or has enough for now. */
const owned = (partition: number, isHungry: boolean) =>
  ({
    readyBytes: isHungry ? 0 : 1_000_000,
    wanted: isHungry ? { topic: "events", partition, from: 0 } : undefined,
  }) as OwnedPartition;

/** How long the first fetch for these partitions may wait at the broker, in ms. */
async function waitOf(...partitions: readonly OwnedPartition[]): Promise<number> {
  const asked = Promise.withResolvers<number>();
  const stopping = new AbortController();
  const client = {
    leaderOf: async () => 0,
    request: (_node: number, _api: string, { maxWaitTime }: { maxWaitTime: number }) => {
      asked.resolve(maxWaitTime);
      return new Promise(() => {});
    },
  };
  const fetcher = new Fetcher({
    client: client as unknown as KafkaClient,
    stallTimeoutMs: 60_000,
    signal: stopping.signal,
    whenShorter: "refuse",
    log: () => {},
    partitions: () => partitions,
    find: () => undefined,
  });
  const running = fetcher.run();
  const waitMs = await asked.promise;
  stopping.abort();
  await running;
  return waitMs;
}

describe("a fetch", () => {
  it("waits at the broker as long as it may when every partition is in it", async () => {
    expect(await waitOf(owned(0, true), owned(1, true))).toBe(500);
  });

  it("comes back soon while another partition has enough for now, which would have to wait for it", async () => {
    expect(await waitOf(owned(0, false), owned(1, true))).toBe(10);
  });
});
