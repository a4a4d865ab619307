/** What the api has at hand after a start, and in which order. */
import { expect, it } from "vitest";
import { memoryStream } from "../../services/adapters/memory.ts";
import { followFindings } from "../../services/api/index.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { finding, idOf, PARTITIONS } from "./world.ts";

const timeOf = (minute: number) => new Date(Date.UTC(2026, 0, 5, 10, minute)).toISOString();

/** Appends a finding to a partition; its number is its minute too. */
async function put(stream: Stream, partition: number, number: number) {
  const end = await stream.end("findings", partition);
  const origin = { stage: "processor", partition, position: end, index: 0 };
  const value = finding(number, { time: timeOf(number) });
  const record = Buffer.from(JSON.stringify({ origin, value }));
  await stream.append([{ stream: "findings", partition, value: record }]);
}

/** The numbers in the index, once it has read what is there. */
async function started(stream: Stream, max?: number) {
  const index = followFindings(stream, max);
  while (index.waitingFor() !== undefined) await new Promise((resolve) => setImmediate(resolve));
  const numbers = (before?: string) =>
    [...index.list(before)].map(({ id }) => Number.parseInt(id.slice(2), 16));
  return { index, numbers };
}

it("lists findings of all partitions by time, before a restart and after it", async () => {
  const stream = memoryStream(PARTITIONS);
  const { index, numbers } = await started(stream);
  for (const [partition, number] of [
    [3, 1],
    [0, 4],
    [3, 2],
    [1, 3],
  ] as const) {
    const seen = index.changed();
    await put(stream, partition, number);
    await seen;
  }
  expect(numbers()).toEqual([4, 3, 2, 1]);
  await index.stop();
  const again = await started(stream);
  expect(again.numbers()).toEqual([4, 3, 2, 1]);
  expect(again.numbers(idOf("f", 3))).toEqual([2, 1]);
  expect(again.numbers(idOf("f", 99))).toEqual([]);
  await again.index.stop();
});

it("reads no more of a long log than it keeps", async () => {
  const stream = memoryStream(2);
  for (let number = 1; number <= 50; number++) await put(stream, number % 2, number);
  let read = 0;
  const counting: Stream = {
    ...stream,
    async *read(...args) {
      for await (const batch of stream.read(...args)) {
        read += batch.count;
        yield batch;
      }
    },
  };
  const { index, numbers } = await started(counting, 10);
  expect(numbers()).toEqual([50, 49, 48, 47, 46, 45, 44, 43, 42, 41]);
  expect(read).toBe(20);
  expect(index.byId(idOf("f", 40))).toBeUndefined();
  await index.stop();
});

it("lets the one go that came first when there is a new one, and keeps one that came late", async () => {
  const stream = memoryStream(1);
  for (const number of [11, 12, 13]) await put(stream, 0, number);
  const { index, numbers } = await started(stream, 3);
  const seen = index.changed();
  await put(stream, 0, 5);
  await seen;
  expect(numbers()).toEqual([13, 12, 5]);
  await index.stop();
});
