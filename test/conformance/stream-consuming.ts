/** The part of the stream's suite that is about subscriptions. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Consumer, RecordBatch, Stream } from "../../services/ports/stream.ts";
import type { StreamHarness } from "./stream.ts";
import { events, linesOf, numbered, partitionsOf, readAll } from "./stream-records.ts";

/** Adds the tests to the suite around it; `current` is the log of the test at hand. */
export function consumingTests(current: () => StreamHarness): void {
  describe("consuming", () => {
    let harness: StreamHarness;
    let stream: Stream;
    beforeEach(() => {
      harness = current();
      stream = harness.stream;
    });

    it("assigns every partition and hands out what is there and what comes", async () => {
      await stream.append([...events(0, "a"), ...events(1, "b")]);
      const consumer = recorder();
      const subscription = stream.consume("events", "group", consumer);
      await consumer.sawRecords(2);
      await stream.append([...events(0, "c"), ...events(2, "d")]);
      await consumer.sawRecords(4);
      await subscription.stop();
      expect(consumer.seen).toEqual({ 0: ["a", "c"], 1: ["b"], 2: ["d"] });
      expect([...consumer.assignedPartitions].sort()).toEqual(partitionsOf(stream));
    });

    it("begins where the consumer says", async () => {
      await stream.append(events(0, "a", "b", "c"));
      const [, second] = await readAll(stream, "events", 0);
      const consumer = recorder({ assigned: async (partition) => (partition === 0 ? second!.position : 0) });
      const subscription = stream.consume("events", "group", consumer);
      await consumer.sawRecords(2);
      await subscription.stop();
      expect(consumer.seen).toEqual({ 0: ["b", "c"] });
    });

    it("waits for a batch before it hands out the next one of the partition", async () => {
      await stream.append(events(0, ...numbered(100)));
      let inHand = 0;
      let most = 0;
      const consumer = recorder({
        batch: async () => {
          most = Math.max(most, ++inHand);
          await Promise.resolve();
          inHand--;
        },
      });
      const subscription = stream.consume("events", "group", consumer, { maxBytes: 50 });
      await consumer.sawRecords(100);
      await subscription.stop();
      expect(most).toBe(1);
      expect(consumer.largestBatch).toBeLessThanOrEqual(50);
      expect(consumer.seen).toEqual({ 0: numbered(100) });
    });

    it("gives each group everything", async () => {
      await stream.append(events(0, "a"));
      const consumers = [recorder(), recorder()];
      const running = consumers.map((consumer, index) =>
        stream.consume("events", `group-${index}`, consumer),
      );
      await Promise.all(consumers.map((consumer) => consumer.sawRecords(1)));
      await Promise.all(running.map((subscription) => subscription.stop()));
      expect(consumers.map(({ seen }) => seen)).toEqual([{ 0: ["a"] }, { 0: ["a"] }]);
    });

    it("stops after the batch in hand, revokes all partitions and hands out no more", async () => {
      await stream.append(events(0, ...numbered(100)));
      const inHand = Promise.withResolvers<void>();
      const finish = Promise.withResolvers<void>();
      const consumer = recorder({
        batch: () => {
          inHand.resolve();
          return finish.promise;
        },
      });
      const subscription = stream.consume("events", "group", consumer, { maxBytes: 20 });
      await inHand.promise;
      const stopped = subscription.stop();
      expect(consumer.revokedPartitions.has(0)).toBe(false);
      finish.resolve();
      await stopped;
      await subscription.done;
      expect(consumer.batches).toBe(1);
      expect([...consumer.revokedPartitions].sort()).toEqual(partitionsOf(stream));
    });

    it("lets a group go on with another subscription after a stop", async () => {
      const first = stream.consume("events", "group", recorder());
      await first.stop();
      const consumer = recorder();
      const second = stream.consume("events", "group", consumer);
      await stream.append(events(0, "a"));
      await consumer.sawRecords(1);
      await second.stop();
      expect(consumer.seen).toEqual({ 0: ["a"] });
    });

    it("stops when a consumer throws, revokes all partitions and rejects with what was thrown", async () => {
      await stream.append(events(0, ...numbered(100)));
      const failure = new Error("cannot handle this");
      const consumer = recorder({ batch: () => Promise.reject(failure) });
      const subscription = stream.consume("events", "group", consumer, { maxBytes: 20 });
      await expect(subscription.done).rejects.toBe(failure);
      await subscription.stop();
      expect(consumer.batches).toBe(1);
      expect([...consumer.revokedPartitions].sort()).toEqual(partitionsOf(stream));
    });

    it("stops its subscriptions when it is closed", async () => {
      const consumer = recorder();
      const { done } = stream.consume("events", "group", consumer);
      await stream.append(events(0, "a"));
      await consumer.sawRecords(1);
      await harness.reopen();
      await done;
      expect([...consumer.revokedPartitions].sort()).toEqual(partitionsOf(stream));
    });
  });
}

/** A consumer that remembers what it was told; overrides run after the remembering. */
function recorder(overrides: Partial<Consumer> = {}) {
  const assignedPartitions = new Set<number>();
  const revokedPartitions = new Set<number>();
  const seen: Record<number, string[]> = {};
  const waiting: { readonly count: number; resolve(): void }[] = [];
  const sawCount = () => Object.values(seen).reduce((sum, lines) => sum + lines.length, 0);
  return {
    assignedPartitions,
    revokedPartitions,
    seen,
    batches: 0,
    largestBatch: 0,
    sawRecords(count: number): Promise<void> {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (sawCount() >= count) resolve();
      else waiting.push({ count, resolve });
      return promise;
    },
    async assigned(partition: number): Promise<number> {
      assignedPartitions.add(partition);
      return (await overrides.assigned?.(partition)) ?? 0;
    },
    async batch(batch: RecordBatch): Promise<void> {
      this.batches++;
      this.largestBatch = Math.max(this.largestBatch, batch.bytes.length);
      seen[batch.partition] = [...(seen[batch.partition] ?? []), ...linesOf(batch)];
      await overrides.batch?.(batch);
      for (const { count, resolve } of waiting) if (sawCount() >= count) resolve();
    },
    async revoked(partition: number): Promise<void> {
      revokedPartitions.add(partition);
    },
  };
}
