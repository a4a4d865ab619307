/** The responder over findings in memory, from the first to the last. */
import { CAUSES } from "../../detectors/index.ts";
import { Incident } from "../../schemas/action.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Settings } from "../../schemas/settings.ts";
import { memoryStore, memoryStream } from "../../services/adapters/memory.ts";
import type { Store } from "../../services/ports/store.ts";
import { partitionOf, type Stream } from "../../services/ports/stream.ts";
import { incidents, startResponder } from "../../services/responder/index.ts";
import { NOW_MS } from "./given.ts";
import { manualClock } from "./manual-clock.ts";

export const PARTITIONS = 4;

/** What has followed. */
export interface Followed {
  readonly all: readonly Incident[];
  /** Number of actions that were asked for. */
  readonly actions: number;
  readonly store: Store;
}

/** What it works on. */
export interface Ports {
  readonly stream: Stream;
  readonly store: Store;
}

/** A log and a store without anything in them. */
export const emptyPorts = (): Ports => ({ stream: memoryStream(PARTITIONS), store: memoryStore() });

/** What follows from findings that come one after the other: which of two partitions is first is then not left to chance. */
export async function following(
  findings: readonly Finding[],
  settings: Pick<Settings, "playbook" | "responder">,
  { stream, store } = emptyPorts(),
): Promise<Followed> {
  const service = startResponder({ causes: CAUSES, stream, store, clock: manualClock(NOW_MS), settings });
  for (const value of findings) {
    await append(stream, value);
    await settled(stream, store);
  }
  await service.stop();
  await service.done;
  const all: Incident[] = [];
  for await (const one of incidents(store, PARTITIONS)) all.push(Incident.parse(one));
  let actions = 0;
  for (let at = 0; at < PARTITIONS; at++) actions += await stream.end("actions", at);
  return { all, actions, store };
}

/** Sends a finding as the processor does. */
export async function append(stream: Stream, value: Finding): Promise<void> {
  const partition = partitionOf(`${value.tenant}/${value.agent}`, PARTITIONS);
  const origin = {
    stage: "processor",
    partition,
    position: await stream.end("findings", partition),
    index: 0,
  };
  const record = Buffer.from(JSON.stringify({ origin, value }));
  await stream.append([{ stream: "findings", partition, value: record }]);
}

/** Resolves when all that was sent is committed. */
async function settled(stream: Stream, store: Store): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++)
    while ((await positionOf(store, partition)) !== (await stream.end("findings", partition)))
      await new Promise((resolve) => setImmediate(resolve));
}

async function positionOf(store: Store, partition: number): Promise<number> {
  const head = (await store.load("responder", partition, ["head"])).get("head")?.get("json");
  return head ? JSON.parse(Buffer.from(head).toString()).positions.findings : 0;
}
