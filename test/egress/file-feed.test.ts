/** Findings in a file: each line once, none torn, whatever crashes. */
import { appendFile, mkdtemp, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { startFileFeed } from "../../services/egress/index.ts";
import type { Store } from "../../services/ports/store.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { finding } from "../responder/given.ts";

const PARTITIONS = 2;
let folder = "";
let path = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "offgraph-"));
  path = join(folder, "findings.ndjson");
});
afterEach(() => rm(folder, { recursive: true }));

async function put(stream: Stream, number: number, partition = number % PARTITIONS) {
  const origin = { stage: "processor", partition, position: number, index: 0 };
  const value = Buffer.from(JSON.stringify({ origin, value: finding(number) }));
  await stream.append([{ stream: "findings", partition, value }]);
}
async function settled(stream: Stream, store: Store) {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    while ((await store.position("feed-file", partition)) !== (await stream.end("findings", partition)))
      await new Promise((resolve) => setImmediate(resolve));
  }
}
async function run(stream: Stream, store: Store) {
  const feed = startFileFeed({ stream, store, path });
  await settled(stream, store);
  await feed.stop();
  await feed.done;
}
async function numbers(from = path) {
  const lines = (await readFile(from, "utf8")).split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => Number(JSON.parse(line).eventIds[0].slice("event-".length))).toSorted();
}

describe("the findings file", () => {
  it("gets a line for each finding, and none for one that is sent again", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    for (const number of [1, 2, 3, 1, 2, 3]) await put(stream, number);
    await run(stream, store);
    await put(stream, 4);
    await run(stream, store);
    expect(await numbers()).toEqual([1, 2, 3, 4]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("holds each line once after a crash between writing and committing", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    for (const number of [1, 2, 3]) await put(stream, number, 0);
    const broken: Store = { ...store, commit: () => Promise.reject(new Error("killed")) };
    await expect(startFileFeed({ stream, store: broken, path }).done).rejects.toThrow("killed");
    expect(await numbers()).toEqual([1, 2, 3]);
    await put(stream, 4);
    await run(stream, store);
    expect(await numbers()).toEqual([1, 2, 3, 4]);
  });

  it("writes a line that was torn by a crash again, whole", async () => {
    const [first, second] = [1, 3].map((number) => `${JSON.stringify(finding(number))}\n`) as [
      string,
      string,
    ];
    for (let length = 1; length < second.length; length += 97) {
      await writeFile(path, first + second.slice(0, length));
      const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
      for (const number of [1, 3]) await put(stream, number);
      await run(stream, store);
      expect(await numbers()).toEqual([1, 3]);
    }
  });

  it("goes on in a new file when the old one was moved away", async () => {
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    const feed = startFileFeed({ stream, store, path });
    await put(stream, 1);
    await settled(stream, store);
    await rename(path, `${path}.1`);
    await put(stream, 2);
    await settled(stream, store);
    await feed.stop();
    expect([await numbers(`${path}.1`), await numbers()]).toEqual([[1], [2]]);
  });

  it("leaves lines of others alone", async () => {
    await appendFile(path, "not ours\n");
    const [stream, store] = [memoryStream(PARTITIONS), memoryStore()];
    await put(stream, 1);
    await run(stream, store);
    expect((await readFile(path, "utf8")).startsWith("not ours\n{")).toBe(true);
  });

  it("says which file it cannot write", async () => {
    const feed = startFileFeed({ stream: memoryStream(1), store: memoryStore(), path: folder });
    await expect(feed.done).rejects.toMatchObject({
      code: "file-unreadable",
      message: `feeds.file: cannot write ${folder}`,
    });
  });
});
