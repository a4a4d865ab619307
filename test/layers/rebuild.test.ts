import { describe, expect, it } from "vitest";
import { clock } from "../../services/adapters/clock.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { rebuildFrom, rebuilding } from "../../services/layers/rebuild.ts";
import type { NewRecord, Stream } from "../../services/ports/stream.ts";
import { agree, refuseLoss } from "../../services/start/installation.ts";

const event: NewRecord = { stream: "events", partition: 0, value: Buffer.from("{}") };
const nothing = async () => {};

/** A finding of the event at this position. */
const finding = (position: number, evidenceKind = "fact"): NewRecord =>
  derived("findings", "processor", position, { evidenceKind });
const derived = (
  stream: "findings" | "actions" | "denials",
  stage: string,
  position: number,
  value = {},
): NewRecord => ({
  stream,
  partition: 0,
  key: "k",
  value: Buffer.from(JSON.stringify({ origin: { stage, partition: 0, position, index: 0 }, value })),
});

/** Three events, of which the first led to a finding and that to an action, found by somebody with an empty store. */
async function afterLoss() {
  const log = memoryStream(1);
  await log.append([
    event,
    event,
    event,
    finding(0, "invariant"),
    derived("actions", "responder:findings", 0),
  ]);
  const rebuild = await rebuildFrom(log, 1000);
  return { log, rebuild, stream: rebuilding(log, { rebuild, check: nothing }) };
}
const endsOf = (log: Stream) =>
  Promise.all((["findings", "actions", "denials"] as const).map((name) => log.end(name, 0)));

/** Where a group begins that has nothing in its store. */
async function startOf(stream: Stream, group: string): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<readonly number[]>();
  await stream.append([finding(7), finding(8)]);
  const subscription = stream.consume("findings", group, {
    assigned: async () => 0,
    batch: async ({ positions }) => resolve([...positions]),
    revoked: nothing,
  });
  return promise.finally(() => subscription.stop());
}

describe("a store that was lost", () => {
  it("is told from one that never held anything by its log", async () => {
    expect(await rebuildFrom(memoryStream(2), 1000)).toBeUndefined();
    const { rebuild } = await afterLoss();
    expect(rebuild).toMatchObject({
      atMs: 1000,
      found: [0],
      ends: { events: [3], findings: [1], actions: [1] },
    });
  });

  it("makes nobody say again what followed from the log before", async () => {
    const { log, stream } = await afterLoss();
    const before = await endsOf(log);
    await stream.append([finding(0, "invariant"), finding(0), finding(2)]);
    await stream.append([derived("actions", "responder:findings", 0), derived("denials", "egress", 0)]);
    expect(await endsOf(log)).toEqual(before);
  });

  it("keeps nobody from saying what is new, nor an invariant that was not told yet", async () => {
    const { log, stream } = await afterLoss();
    await stream.append([finding(1, "invariant"), finding(3), event]);
    await stream.append([
      derived("actions", "responder:findings", 1),
      derived("denials", "egress:follow", 0),
    ]);
    expect([await endsOf(log), await log.end("events", 0)]).toEqual([[3, 2, 1], 4]);
  });

  it("lets those learn from the beginning who keep state, and others begin at the former end", async () => {
    const { stream } = await afterLoss();
    expect(await startOf(stream, "responder")).toEqual([0, 1, 2]);
    expect(await startOf(stream, "webhook-siem")).toEqual([1, 2, 3, 4]);
  });

  it("changes nothing where there is none", async () => {
    const log = memoryStream(1);
    const stream = rebuilding(log, { rebuild: undefined, check: nothing });
    await stream.append([finding(0)]);
    expect(await startOf(stream, "webhook-siem")).toEqual([0, 1, 2]);
  });

  it("hands out no record to a process that began before", async () => {
    const check = () => Promise.reject(new Error("start again"));
    const { log, rebuild } = await afterLoss();
    const consumer = { assigned: async () => 0, batch: nothing, revoked: nothing };
    const { done } = rebuilding(log, { rebuild, check }).consume("findings", "responder", consumer);
    await expect(done).rejects.toThrow("start again");
  });
});

describe("the agreement about it", () => {
  it("is what the first process finds, and nobody adds it later", async () => {
    const { rebuild } = await afterLoss();
    const beginning = rebuild ? { rebuild } : {};
    const store = memoryStore();
    expect(await agree(store, clock, { partitions: 1 }, beginning)).toEqual({ partitions: 1, rebuild });
    const other = memoryStore();
    await agree(other, clock, { partitions: 1 });
    expect(await agree(other, clock, { hashKey: "a" }, beginning)).toEqual({ partitions: 1, hashKey: "a" });
  });

  it("stops who has begun with another one, or with one that is gone", async () => {
    const rebuild = (await afterLoss()).rebuild;
    const began = { partitions: 1 };
    expect(() => refuseLoss({}, began)).toThrow(/start again/);
    expect(() => refuseLoss({ ...began, ...(rebuild && { rebuild }) }, began)).toThrow(/start again/);
    expect(() => refuseLoss({ ...began, hashKey: "a" }, began)).not.toThrow();
    expect(() => refuseLoss({}, {})).not.toThrow();
  });
});
