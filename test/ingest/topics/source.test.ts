/** A source that lies in topics: order, positions, partitions that come and go, and what it says of itself. */
import { describe, expect, it } from "vitest";
import { OffgraphError } from "../../../schemas/errors.ts";
import { memoryStore, memoryStream } from "../../../services/adapters/memory.ts";
import { call, openWorld } from "./given.ts";

describe("events of a source", () => {
  it("come in the order of their times, as far as its lateness goes, whichever partition they lie in", async () => {
    const { partition, ids, clock, service } = openWorld({ source: { latenessMs: 10_000 } });
    const [one, two] = [partition(0), partition(1)];
    await Promise.all([one.assigned(), two.assigned()]);
    await one.bring(0, [call("c", 20), call("a", 25)]);
    await two.bring(0, [call("d", 18), call("b", 22)]);
    await one.bring(2, [call("e", 5)]);
    await expect.poll(ids).toEqual(["a", "b", "c", "d"]);
    clock.advance(10_000);
    await expect.poll(ids).toEqual(["a", "b", "c", "d", "e"]);
    await service.stop();
  });

  it("wait no longer than the lateness when nothing more comes, and not for a partition that has no more", async () => {
    const { partition, ids, clock, service } = openWorld({ source: { latenessMs: 2000 } });
    const [busy, quiet] = [partition(0), partition(1)];
    await Promise.all([busy.assigned(), quiet.assigned()]);
    await quiet.bring(0, [call("old", 3600)]);
    await busy.bring(0, [call("a", 60)]);
    await busy.bring(1, [call("b", 50)]);
    await expect.poll(ids).toEqual(["old", "a"]);
    clock.advance(1999);
    expect(await ids()).toEqual(["old", "a"]);
    clock.advance(1);
    await expect.poll(ids).toEqual(["old", "a", "b"]);
    await service.stop();
  });

  it("of a partition that is ahead wait for those of one that has more, for a second at most", async () => {
    const { partition, ids, clock, service } = openWorld({ source: { latenessMs: 0 } });
    const [ahead, behind] = [partition(0), partition(1)];
    await Promise.all([ahead.assigned(), behind.assigned()]);
    await behind.bring(0, [call("a", 100)], 5);
    await ahead.bring(0, [call("d", 10)], 5);
    const next = ahead.bring(1, [call("e", 9)], 4);
    await behind.bring(1, [call("b", 90)], 4);
    await expect.poll(ids).toEqual(["a"]);
    await behind.bring(2, [call("c", 80)], 3);
    await expect.poll(ids).toEqual(["a", "b"]);
    clock.advance(1000);
    await next;
    await expect.poll(ids).toEqual(["a", "b", "c", "d"]);
    clock.advance(1000);
    await expect.poll(ids).toEqual(["a", "b", "c", "d", "e"]);
    await service.stop();
  });
});

describe("the position of a partition", () => {
  it("moves when everything before it is durable, and not for what waits", async () => {
    const { partition, clock, service, ids, topics } = openWorld({ source: { latenessMs: 5000 } });
    const one = partition(0);
    expect(await one.assigned()).toBeUndefined();
    await one.bring(7, [call("a", 60), call("b", 50)]);
    await one.bring(9, [call("c", 40)]);
    await expect.poll(ids).toEqual(["a", "b"]);
    clock.advance(1000);
    await expect.poll(one.position).toBe(9);
    expect(topics.acknowledged.get("raw/0")).toBe(9);
    clock.advance(4000);
    await expect.poll(ids).toEqual(["a", "b", "c"]);
    clock.advance(1000);
    await expect.poll(one.position).toBe(10);
    await service.stop();
  });

  it("moves over what was refused only when it is among the dead letters", async () => {
    const stream = memoryStream(2);
    const letters = Promise.withResolvers<void>();
    const append: typeof stream.append = async (records) => {
      if (records.some((record) => record.stream === "dead-letters")) await letters.promise;
      return stream.append(records);
    };
    const world = openWorld({ stream: { ...stream, append } });
    const one = world.partition(0);
    await one.assigned();
    const brought = one.bring(0, [{ value: "poison" }]);
    world.clock.advance(1000);
    expect(await one.position()).toBe(0);
    letters.resolve();
    await brought;
    await expect.poll(world.letters).toHaveLength(1);
    world.clock.advance(1000);
    await expect.poll(one.position).toBe(1);
    await world.service.stop();
  });

  it("is where the next owner begins; what was not durable is read again with the same ids", async () => {
    const [stream, store] = [memoryStream(2), memoryStore()];
    const first = openWorld({ stream, store });
    await first.partition(0).assigned();
    await first.partition(0).bring(0, [call("a", 60), call("b", 50)]);
    await expect.poll(first.ids).toEqual(["a"]);
    const second = openWorld({ stream, store });
    expect(await second.partition(0).assigned()).toBeUndefined();
    await second.partition(0).bring(0, [call("a", 60), call("b", 50)]);
    await expect.poll(second.ids).toEqual(["a", "a"]);
    await second.partition(0).revoked();
    expect(await second.partition(0).assigned()).toBe(2);
    await Promise.all([first.service.stop(), second.service.stop()]);
  });
});

describe("a partition that is given back", () => {
  it("has nothing open: what waits is sent, and the position stands behind it", async () => {
    const { partition, ids, service } = openWorld({ source: { latenessMs: 60_000 } });
    const [one, two] = [partition(0), partition(1)];
    await Promise.all([one.assigned(), two.assigned()]);
    await one.bring(0, [call("a", 30), call("b", 20)]);
    await two.bring(0, [call("c", 25)]);
    await one.revoked();
    expect(await ids()).toEqual(["a", "b"]);
    expect(await one.position()).toBe(2);
    expect(await two.position()).toBe(0);
    await service.stop();
  });

  it("that somebody else has already gets nothing more from here", async () => {
    const [stream, store] = [memoryStream(2), memoryStore()];
    const world = openWorld({ stream, store, source: { latenessMs: 60_000 } });
    const one = world.partition(0);
    await one.assigned();
    await one.bring(0, [call("a", 30)]);
    const other = openWorld({ stream, store });
    await other.partition(0).assigned();
    await one.revoked();
    expect(await world.ids()).toEqual([]);
    expect(await one.position()).toBe(0);
    await Promise.all([world.service.stop(), other.service.stop()]);
  });

  it("refuses its next batch when its position could not be moved any more", async () => {
    const store = memoryStore();
    const world = openWorld({ store, source: { latenessMs: 0 } });
    const one = world.partition(0);
    await one.assigned();
    await one.bring(0, [call("a", 30)]);
    await expect.poll(world.ids).toEqual(["a"]);
    await store.acquire("source/own/raw", 0);
    world.clock.advance(1000);
    await expect
      .poll(() =>
        one.bring(1, [call("b", 20)]).then(
          () => "taken",
          (error: OffgraphError) => error.code,
        ),
      )
      .toBe("fenced");
    await world.service.stop();
  });
});

describe("a source that cannot be kept up with", () => {
  it("reads nothing more while the log takes nothing, and holds a bounded part of it", async () => {
    const stream = memoryStream(2);
    const opened = Promise.withResolvers<void>();
    const append: typeof stream.append = (records) => opened.promise.then(() => stream.append(records));
    const world = openWorld({ stream: { ...stream, append }, source: { latenessMs: 0 } });
    const one = world.partition(0);
    await one.assigned();
    const large = (id: number) => call(`${id}`, 3600 - id, { unknown: "x".repeat(900_000) });
    let brought = 0;
    const bringing = (async () => {
      for (let id = 0; id < 60; id++) {
        await one.bring(id, [large(id)]);
        brought++;
      }
    })();
    await expect.poll(() => brought).toBeGreaterThan(30);
    world.clock.advance(250);
    expect(brought).toBeLessThan(40);
    opened.resolve();
    await expect.poll(() => world.clock.advance(250) ?? brought).toBe(60);
    await bringing;
    await world.service.stop();
  });

  it("waits for a processor that is too far behind, says so, and goes on", async () => {
    let behind = 11;
    const world = openWorld({
      source: { latenessMs: 0 },
      settings: { ingest: { maxLagEvents: 10 } },
      lag: () => behind,
    });
    await world.partition(0).assigned();
    const brought = world.partition(0).bring(0, [call("a", 30)]);
    expect(world.service.degraded?.()).toMatch(/until the processor/);
    await world.clock.asleep();
    expect(await world.ids()).toEqual([]);
    behind = 10;
    world.clock.advance(250);
    await brought;
    await expect.poll(world.ids).toEqual(["a"]);
    expect(world.service.degraded?.()).toBeUndefined();
    await world.service.stop();
  });
});

describe("a source that is silent", () => {
  it("is told in health after so long, in a process that reads some of it, until something comes", async () => {
    const { partition, clock, service } = openWorld({ source: { silentAfterMs: 120_000, latenessMs: 0 } });
    clock.advance(300_000);
    expect(service.degraded?.()).toBeUndefined();
    await partition(0).assigned();
    clock.advance(120_000);
    expect(service.degraded?.()).toBeUndefined();
    clock.advance(60_000);
    expect(service.degraded?.()).toMatch(/^no record for 3 min: .* raw$/);
    await partition(0).bring(0, [call("a", 30)]);
    expect(service.degraded?.()).toBeUndefined();
    await service.stop();
  });

  it("is told what is wrong with it, where that is known", async () => {
    const { topics, service } = openWorld();
    topics.state.trouble = "topic raw is not there";
    expect(service.degraded?.()).toBe("topic raw is not there; it is tried again");
    await service.stop();
  });
});

it("a source ends with what the log refuses for good", async () => {
  const fault = new OffgraphError("internal", "the log is broken");
  const stream = { ...memoryStream(2), append: () => Promise.reject(fault) };
  const { partition, service } = openWorld({ stream, source: { latenessMs: 0 } });
  await partition(0).assigned();
  await partition(0).bring(0, [call("a", 30)]);
  await expect(service.done).rejects.toBe(fault);
  await service.stop();
});
