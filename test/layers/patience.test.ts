import { describe, expect, it } from "vitest";
import { OffgraphError } from "../../schemas/errors.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { patient } from "../../services/layers/patience.ts";
import type { Store } from "../../services/ports/store.ts";
import type { Stream } from "../../services/ports/stream.ts";
import { manualClock } from "../responder/manual-clock.ts";

const down = () => Promise.reject(new OffgraphError("unavailable", "redis at example.com cannot be reached"));

/** A store whose requests fail so many times, then succeed. */
function failing(times: number): { store: Store; tries: () => number } {
  const memory = memoryStore();
  let tries = 0;
  const position = async (space: string, partition: number) =>
    ++tries > times ? memory.position(space, partition) : down();
  return { store: { ...memory, position }, tries: () => tries };
}

describe("who waits for the store", () => {
  it("asks again until it answers", async () => {
    const [clock, { store, tries }] = [manualClock(0), failing(2)];
    const calm = patient(memoryStream(1), store, clock);
    const asked = calm.store.position("processor", 0);
    for (const _ of [1, 2]) {
      await clock.asleep();
      clock.advance(1000);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([await asked, tries()]).toEqual([0, 3]);
  });

  it("says what for and how long, once it takes long, and no more when it is over", async () => {
    const [clock, { store }] = [manualClock(0), failing(1)];
    const calm = patient(memoryStream(1), store, clock);
    const asked = calm.store.position("processor", 0);
    expect(calm.waitingFor()).toBeUndefined();
    await clock.asleep();
    clock.advance(6000);
    expect(calm.waitingFor()).toMatch(
      /^the store has not answered for 6 s, .*: redis at example\.com cannot/,
    );
    await asked;
    expect(calm.waitingFor()).toBeUndefined();
  });

  it("is told at once what does not pass, and everything once it is to stop", async () => {
    const clock = manualClock(0);
    const fenced: Store = {
      ...memoryStore(),
      position: () => Promise.reject(new OffgraphError("fenced", "somebody else has it")),
    };
    await expect(patient(memoryStream(1), fenced, clock).store.position("a", 0)).rejects.toThrow(
      /somebody else/,
    );
    const calm = patient(memoryStream(1), failing(9).store, clock);
    calm.stop();
    await expect(calm.store.position("a", 0)).rejects.toThrow(/cannot be reached/);
  });

  it("goes on in the middle of the log and of a scan, with nothing left out or twice", async () => {
    const [clock, memory, state] = [manualClock(0), memoryStream(1), memoryStore()];
    const lines = ["1", "2", "3"].map((text) => ({
      stream: "events" as const,
      partition: 0,
      value: Buffer.from(text),
    }));
    await memory.append(lines);
    const lease = await state.acquire("s", 0);
    const groups = ["a", "b", "c"].map((group) => ({ group, entries: new Map([["x", Buffer.from(group)]]) }));
    await state.commit(lease, [groups], 1);
    let breaks = 2;
    const stream: Stream = {
      ...memory,
      async *read(name, partition, from) {
        for await (const batch of memory.read(name, partition, from, { maxBytes: 1 })) {
          yield batch;
          if (breaks-- === 2) await down();
        }
      },
    };
    const store: Store = {
      ...state,
      async *scan(space, partition) {
        for await (const one of state.scan(space, partition)) {
          yield one;
          if (breaks-- === 1) await down();
        }
      },
    };
    const calm = patient(stream, store, { ...clock, sleep: async () => {} });
    const read: string[] = [];
    for await (const { bytes, starts, ends, count } of calm.stream.read("events", 0, 0))
      for (let at = 0; at < count; at++) read.push(bytes.toString("utf8", starts[at], ends[at]));
    breaks = 1;
    const scanned: string[] = [];
    for await (const [group] of calm.store.scan("s", 0)) scanned.push(group);
    expect([read, scanned]).toEqual([
      ["1", "2", "3"],
      ["a", "b", "c"],
    ]);
  });
});
