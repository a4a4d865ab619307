import { open } from "lmdb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StreamName } from "../../schemas/streams.ts";
import { type LmdbStreamOptions, openLmdbStream } from "../../services/adapters/stream-lmdb.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { streamSuite } from "../conformance/stream.ts";
import { readAll, record, values } from "../conformance/stream-records.ts";
import { temporaryFolder } from "./folder.ts";

streamSuite("the embedded log", async () => {
  const { folder, remove } = temporaryFolder();
  let stream = await openLmdbStream({ folder, partitions: 3 });
  const reopen = async () => {
    await stream.close();
    stream = await openLmdbStream({ folder, partitions: 3 });
    return stream;
  };
  return { stream, reopen, cleanup: () => stream.close().then(remove) };
});

describe("the embedded log", () => {
  let place: ReturnType<typeof temporaryFolder>;
  let stream: Stream;
  beforeEach(() => {
    place = temporaryFolder();
  });
  afterEach(async () => {
    await stream.close();
    place.remove();
  });
  const reopen = async (options: Partial<LmdbStreamOptions> = {}) => {
    await stream?.close();
    stream = await openLmdbStream({ folder: place.folder, partitions: 2, ...options });
  };

  it("refuses another number of partitions, naming both", async () => {
    await reopen();
    await stream.close();
    const opened = openLmdbStream({ folder: place.folder, partitions: 5 });
    await expect(opened).rejects.toMatchObject({
      code: "bad-settings",
      message: expect.stringMatching(/has 2.*for 5/),
    });
  });

  it("refuses a file of a newer format, and takes its own", async () => {
    await reopen();
    await reopen();
    await stream.close();
    const file = open({ path: `${place.folder}/stream.mdb`, noSubdir: true });
    await file.put("format", 99);
    await file.close();
    const opened = openLmdbStream({ folder: place.folder, partitions: 2 });
    await expect(opened).rejects.toMatchObject({
      code: "data-too-new",
      message: expect.stringContaining("99"),
    });
  });

  it("refuses a group that is subscribed twice, and takes two groups", async () => {
    await reopen();
    const consumer = { assigned: async () => 0, batch: async () => {}, revoked: async () => {} };
    stream.consume("events", "one", consumer);
    stream.consume("events", "two", consumer);
    expect(() => stream.consume("events", "one", consumer)).toThrow(/one is subscribed twice/);
  });

  it("keeps only the newest record of each key of a compacted stream, in one call and over many", async () => {
    await reopen();
    for (let round = 0; round < 50; round++) {
      await stream.append(["x", "y", "x"].map((key) => ({ ...line("denials", `${key}${round}`), key })));
    }
    expect(await lines(stream, "denials")).toEqual(["y49", "x49"]);
    expect(await stream.end("denials", 0)).toBe(150);
  });

  it("drops the oldest segments above the retention, never the newest, and goes on after a restart", async () => {
    const retention = { events: { maxBytes: 2000 } };
    await reopen({ retention });
    const append = async (from: number, to: number) => {
      for (let n = from; n < to; n++) await stream.append([line("events", `${n}`.padEnd(100, "."))]);
    };
    await append(0, 30);
    await reopen({ retention });
    await append(30, 40);
    expect((await lines(stream, "events")).map(Number.parseFloat)).toEqual([
      30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
    ]);
    await stream.append([line("events", "large".padEnd(5000, "."))]);
    await stream.append([line("events", "small")]);
    expect((await lines(stream, "events")).map((text) => text.slice(0, 5))).toEqual(["large", "small"]);
  });

  it("drops nothing of a stream without retention", async () => {
    await reopen({ retention: { events: { maxBytes: 10 } } });
    for (const text of ["a".repeat(50), "b".repeat(50)]) await stream.append([line("findings", text)]);
    expect(await lines(stream, "findings")).toHaveLength(2);
  });
});

function line(stream: StreamName, text: string) {
  return record(stream, 0, text);
}

async function lines(stream: Stream, name: StreamName): Promise<string[]> {
  return values(await readAll(stream, name, 0));
}
