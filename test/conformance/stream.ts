/** Every promise of services/ports/stream.ts as a test. An adapter is done when it passes. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Stream } from "../../services/ports/stream.ts";
import { gather } from "./gather.ts";
import { consumingTests } from "./stream-consuming.ts";
import {
  collect,
  denial,
  events,
  expectGrowing,
  expectWholeCalls,
  linesOf,
  numbered,
  readAll,
  record,
  values,
} from "./stream-records.ts";

/** A log to test: empty, with at least three partitions. */
export interface StreamHarness {
  readonly stream: Stream;
  /** Closes the log and opens it again. */
  reopen(): Promise<Stream>;
  cleanup(): Promise<void>;
}

/** Fixed, so that a failure comes back; fast-check prints it with the smallest counterexample. */
const SEED = 20_260_101;

export function streamSuite(name: string, open: () => Promise<StreamHarness>, propertyRuns = 15): void {
  describe(`${name} keeps the promises of a stream`, () => {
    let harness: StreamHarness;
    let stream: Stream;
    beforeEach(async () => {
      harness = await open();
      stream = harness.stream;
    });
    afterEach(() => harness.cleanup());

    describe("appending and reading", () => {
      it("hands out records in the order of appending, at growing positions", async () => {
        await stream.append(events(0, "a", "b"));
        await stream.append(events(0, "c"));
        const records = await readAll(stream, "events", 0);
        expect(records.map(({ value }) => value)).toEqual(["a", "b", "c"]);
        expectGrowing(records.map(({ position }) => position));
      });

      it("tells the end of an empty partition as 0, and reads nothing from it", async () => {
        expect(await stream.end("events", 0)).toBe(0);
        expect(await readAll(stream, "events", 0)).toEqual([]);
      });

      it("tells the end after the newest record, where the next read goes on", async () => {
        await stream.append(events(1, "a"));
        const end = await stream.end("events", 1);
        const [record] = await readAll(stream, "events", 1);
        expect(end).toBeGreaterThan(record!.position);
        expect(await readAll(stream, "events", 1, end)).toEqual([]);
        await stream.append(events(1, "b"));
        expect(values(await readAll(stream, "events", 1, end))).toEqual(["b"]);
      });

      it("keeps partitions and streams apart, also within one append", async () => {
        await stream.append([
          ...events(0, "a"),
          ...events(1, "b"),
          record("findings", 0, "c"),
          ...events(0, "d"),
        ]);
        expect(values(await readAll(stream, "events", 0))).toEqual(["a", "d"]);
        expect(values(await readAll(stream, "events", 1))).toEqual(["b"]);
        expect(values(await readAll(stream, "events", 2))).toEqual([]);
        expect(values(await readAll(stream, "findings", 0))).toEqual(["c"]);
      });

      it("keeps the records of one call together and in order beside others", async () => {
        const calls = Array.from({ length: 20 }, (_, call) => [0, 1, 2].map((index) => `${call}:${index}`));
        await Promise.all(calls.map((call) => stream.append(events(0, ...call))));
        expectWholeCalls(values(await readAll(stream, "events", 0)), calls);
      });

      it("appends nothing when given nothing", async () => {
        await stream.append([]);
        expect(await stream.end("events", 0)).toBe(0);
      });

      it("hands bytes back as they were", async () => {
        const odd = ['{"name":"Zoë 🛰️"}', '{"text":"\\n"}', " ".repeat(300), "x"];
        await stream.append(events(0, ...odd));
        expect(values(await readAll(stream, "events", 0))).toEqual(odd);
      });

      it("copies what it is given", async () => {
        const value = Buffer.from("before");
        const appended = stream.append([{ stream: "events", partition: 0, value }]);
        value.write("after!");
        await appended;
        expect(values(await readAll(stream, "events", 0))).toEqual(["before"]);
      });

      it("keeps what was appended when it is closed and opened again, and goes on after it", async () => {
        await stream.append(events(0, "a", "b"));
        const end = await stream.end("events", 0);
        stream = await harness.reopen();
        expect(await stream.end("events", 0)).toBe(end);
        await stream.append(events(0, "c"));
        const records = await readAll(stream, "events", 0);
        expect(values(records)).toEqual(["a", "b", "c"]);
        expectGrowing(records.map(({ position }) => position));
      });

      it("reads on from the position of any record", async () => {
        await stream.append(events(0, ...numbered(50)));
        await stream.append(events(0, ...numbered(50)));
        const all = await readAll(stream, "events", 0);
        for (const [index, { position }] of all.entries()) {
          expect((await readAll(stream, "events", 0, position))[0]).toEqual(all[index]);
          expect((await readAll(stream, "events", 0, position + 1))[0]).toEqual(all[index + 1]);
        }
      });

      it("reads up to the end at the time of the call", async () => {
        await stream.append(events(0, "a"));
        const reading = stream.read("events", 0, 0);
        await stream.append(events(0, "b"));
        expect(values(await collect(reading))).toEqual(["a"]);
      });

      it("bounds a batch, and still hands out a record that is larger than the bound", async () => {
        const large = "L".repeat(500);
        await stream.append(events(0, ...numbered(30), large, ...numbered(30)));
        const batches = await gather(stream.read("events", 0, 0, { maxBytes: 100 }));
        expect(batches.flatMap(linesOf)).toEqual([...numbered(30), large, ...numbered(30)]);
        const tooLarge = batches.filter((batch) => batch.bytes.length > 100);
        expect(tooLarge.flatMap(linesOf)).toEqual([large]);
      });

      it("stays whole over appends larger than a batch", async () => {
        const lines = Array.from({ length: 3000 }, (_, index) => `${index}`.padEnd(1000, "."));
        await stream.append(events(0, ...lines));
        const batches = await gather(stream.read("events", 0, 0));
        expect(batches.length).toBeGreaterThan(2);
        expect(batches.flatMap(linesOf)).toEqual(lines);
      });
    });

    describe("refusing", () => {
      it("refuses a record with a newline, and appends nothing of the call", async () => {
        const append = stream.append(events(0, "a", "b\nc"));
        await expect(append).rejects.toMatchObject({ code: "bad-request" });
        expect(await stream.end("events", 0)).toBe(0);
      });

      it("refuses a partition that it does not have", async () => {
        const append = stream.append(events(stream.partitions, "a"));
        await expect(append).rejects.toMatchObject({ code: "bad-request" });
      });

      it("refuses a record without a key on a compacted stream", async () => {
        const append = stream.append([record("denials", 0, "a")]);
        await expect(append).rejects.toMatchObject({ code: "bad-request" });
      });
    });

    describe("compacting", () => {
      it("keeps the newest record of each key, in the order of appending", async () => {
        await stream.append([denial("x", "x1"), denial("y", "y1"), denial("x", "x2")]);
        await stream.append([denial("z", "z1"), denial("x", "x3")]);
        const records = await readAll(stream, "denials", 0);
        const newest = new Map(records.map(({ value }) => [value[0], value]));
        expect(Object.fromEntries(newest)).toEqual({ x: "x3", y: "y1", z: "z1" });
        expectGrowing(records.map(({ position }) => position));
      });

      it("goes on at growing positions after it was opened again", async () => {
        await stream.append([denial("x", "x1"), denial("x", "x2")]);
        const end = await stream.end("denials", 0);
        stream = await harness.reopen();
        await stream.append([denial("x", "x3")]);
        const records = await readAll(stream, "denials", 0, end);
        expect(values(records)).toEqual(["x3"]);
      });
    });

    consumingTests(() => harness);

    it("keeps calls whole, in order and readable from anywhere, however appends and reads interleave", async () => {
      const step = fc.record({
        calls: fc.array(fc.record({ partition: fc.nat(2), count: fc.integer({ min: 1, max: 6 }) }), {
          maxLength: 4,
        }),
        maxBytes: fc.integer({ min: 1, max: 200 }),
        from: fc.double({ min: 0, max: 1, noNaN: true }),
        reopen: fc.boolean(),
      });
      const property = fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        const own = await open();
        await interleave(own, steps).finally(() => own.cleanup());
      });
      await fc.assert(property, { seed: SEED, numRuns: propertyRuns });
    });
  });
}

interface Step {
  readonly calls: readonly { readonly partition: number; readonly count: number }[];
  readonly maxBytes: number;
  readonly from: number;
  readonly reopen: boolean;
}

/** Calls of one step are made at once: their order among one another is open, everything else is not. */
async function interleave(harness: StreamHarness, steps: readonly Step[]): Promise<void> {
  let { stream } = harness;
  const written = [0, 1, 2].map(() => [] as string[]);
  for (const [number, { calls, maxBytes, from, reopen }] of steps.entries()) {
    const lines = calls.map(({ count }, call) =>
      numbered(count).map((index) => `${number}:${call}:${index}`),
    );
    await Promise.all(calls.map(({ partition }, call) => stream.append(events(partition, ...lines[call]!))));
    if (reopen) stream = await harness.reopen();
    for (const [partition, before] of written.entries()) {
      const all = await readAll(stream, "events", partition);
      const here = lines.filter((_, call) => calls[call]!.partition === partition);
      expect(values(all).slice(0, before.length)).toEqual(before);
      expectWholeCalls(values(all).slice(before.length), here);
      expectGrowing(all.map(({ position }) => position));
      const start = Math.floor(from * all.length);
      const position = all[start]?.position ?? (await stream.end("events", partition));
      expect(await readAll(stream, "events", partition, position, maxBytes)).toEqual(all.slice(start));
      written[partition] = values(all);
    }
  }
}
