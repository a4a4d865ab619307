import { describe, expect, it } from "vitest";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStream } from "../../services/adapters/memory.ts";
import { type Copied, moveStreams, type Notes } from "../../services/cli/repartition-streams.ts";
import { type NewRecord, partitionOf, type Stream } from "../../services/ports/stream.ts";

/** What was noted, in memory. */
function notebook(): Notes {
  const notes = new Map<StreamName, Copied>();
  return {
    read: async (name) => notes.get(name),
    write: async (name, copied) => void notes.set(name, copied),
  };
}

const record = (stream: StreamName, key: string, value: object, partitions = 3): NewRecord => ({
  stream,
  partition: partitionOf(key, partitions),
  key,
  value: Buffer.from(JSON.stringify(value)),
});
const event = (agent: string, second: number) =>
  record("events", `acme/${agent}`, {
    id: `${agent}-${second}`,
    kind: "api.called",
    time: `2026-11-22T10:00:0${second}Z`,
    tenant: "acme",
    agent: { id: agent },
  });
const tick = (second: number) =>
  [0, 1, 2].map((partition): NewRecord => {
    const text = {
      id: `tick-${partition}-${second}`,
      kind: "tick",
      time: `2026-11-22T10:00:0${second}Z`,
      tenant: "acme",
    };
    return { stream: "events", partition, value: Buffer.from(JSON.stringify(text)) };
  });

/** A small log of three partitions, with a record twice. */
async function old(): Promise<Stream> {
  const stream = memoryStream(3);
  const agents = ["a", "b", "c", "d", "e", "f"];
  for (const second of [1, 2, 3, 4])
    await stream.append([...agents.map((agent) => event(agent, second)), ...tick(second)]);
  await stream.append([event("a", 4)]);
  const origin = { stage: "processor", partition: 1, position: 900, index: 0 };
  await stream.append([record("findings", "acme/a", { origin, value: { tenant: "acme", agent: "a" } })]);
  return stream;
}

async function contents(stream: Stream, name: StreamName): Promise<Record<string, unknown>[][]> {
  return Promise.all(
    Array.from({ length: stream.partitions }, async (_, partition) => {
      const found: Record<string, unknown>[] = [];
      for await (const { bytes, starts, ends, count } of stream.read(name, partition, 0))
        for (let at = 0; at < count; at++)
          found.push(JSON.parse(bytes.toString("utf8", starts[at], ends[at])));
      return found;
    }),
  );
}

describe("streams with more partitions", () => {
  it("hold every record where its key belongs now, in the order of time", async () => {
    const to = memoryStream(5);
    const counts = await moveStreams({ from: await old(), to, notes: notebook(), mark: "@0" });
    expect(counts.get("events")).toBe(6 * 4 + 1 + 4 * 5);
    const partitions = await contents(to, "events");
    for (const [partition, events] of partitions.entries()) {
      const times = events.map(({ time }) => String(time));
      expect(times).toEqual(times.toSorted());
      expect(events.filter(({ kind }) => kind === "tick")).toHaveLength(4);
      for (const { kind, agent } of events)
        if (kind !== "tick") expect(partitionOf(`acme/${(agent as { id: string }).id}`, 5)).toBe(partition);
    }
  });

  it("have origins that no new one is taken for", async () => {
    const to = memoryStream(5);
    await moveStreams({ from: await old(), to, notes: notebook(), mark: "@0" });
    const findings = (await contents(to, "findings")).flat();
    expect(findings).toMatchObject([{ origin: { stage: "processor@0", partition: 1, position: 900 } }]);
  });

  it("are the same when it was broken off in the middle of an append, and begun again", async () => {
    const [from, whole, to] = [await old(), memoryStream(5), memoryStream(5)];
    await moveStreams({ from, to: whole, notes: notebook(), mark: "@0" });
    const notes = notebook();
    for (const before of [0, 7, 20]) {
      const breaking: Stream = {
        ...to,
        async append(records) {
          await to.append(records.slice(0, before));
          throw new Error("broken off");
        },
      };
      await expect(moveStreams({ from, to: breaking, notes, mark: "@0" })).rejects.toThrow("broken off");
    }
    await moveStreams({ from, to, notes, mark: "@0" });
    for (const name of ["events", "findings"] as const)
      expect(await contents(to, name)).toEqual(await contents(whole, name));
  });

  it("refuse what somebody else has written to the new topics", async () => {
    const to = memoryStream(5);
    await to.append([{ stream: "events", partition: 0, value: Buffer.from('{"id":"foreign"}') }]);
    await expect(moveStreams({ from: await old(), to, notes: notebook(), mark: "@0" })).rejects.toThrow(
      /somebody else/,
    );
  });
});
