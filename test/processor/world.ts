/** A processor's partition over a log and a store in memory. */
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { Settings } from "../../schemas/settings.ts";
import type { StreamName } from "../../schemas/streams.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import { inTurn } from "../../services/in-turn.ts";
import { createJudge } from "../../services/judge.ts";
import type { Stream } from "../../services/ports/stream.ts";
import type { ProcessorPartition } from "../../services/processor/partition.ts";
import type { ProcessorPartitionOptions } from "../../services/processor/state.ts";

const settings = Settings.parse({ tenant: "mine" });

/** What a partition is opened with; commits come only when they are asked for. */
export function optionsOf(stream: Stream = memoryStream(1)): ProcessorPartitionOptions {
  return {
    stream,
    store: memoryStore(),
    clock: { now: () => 0, sleep: async () => {} },
    judge: createJudge(settings, "test"),
    usesPeers: false,
    scanner: new EventScanner(hashKey(Buffer.from("0123456789abcdef"))),
    tenant: settings.tenant,
    commitIntervalMs: 1000,
    maxAgents: () => 1000,
    owned: () => 1,
    gatherInTurn: inTurn(),
    unreadable: { agents: 0 },
  };
}

export const lines = (...values: readonly (object | string)[]) =>
  values.map((value) => ({
    stream: "events" as const,
    partition: 0,
    value: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
  }));

/** Hands a partition all that waits for it. */
export async function takeAll(partition: ProcessorPartition, stream: Stream): Promise<void> {
  for await (const batch of stream.read("events", 0, partition.position())) await partition.batch(batch);
}

/** All values of a stream. */
export async function valuesOf(stream: Stream, name: StreamName, partition = 0): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const { bytes, starts, ends, count } of stream.read(name, partition, 0))
    for (let at = 0; at < count; at++) values.push(JSON.parse(bytes.toString("utf8", starts[at], ends[at])));
  return values;
}
