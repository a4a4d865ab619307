import { expect, it } from "vitest";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { storeSuite } from "../conformance/store.ts";
import { streamSuite } from "../conformance/stream.ts";

streamSuite("the log in memory", async () => {
  const stream = memoryStream(3);
  const reopen = async () => {
    await stream.close();
    return stream;
  };
  return { stream, reopen, cleanup: () => stream.close() };
});

storeSuite("the store in memory", async () => {
  const store = memoryStore();
  return { store, reopen: async () => store, cleanup: () => store.close() };
});

it("counts positions from 0 in the log in memory", async () => {
  const stream = memoryStream(1);
  await stream.append(
    ["a", "b"].map((line) => ({ stream: "events", partition: 0, value: Buffer.from(line) })),
  );
  expect(await stream.end("events", 0)).toBe(2);
});
