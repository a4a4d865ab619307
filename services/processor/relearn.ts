/**
 * What an agent was known by at some time, learned again from the log, in memory and beside the running system: its events and
 * decisions from before that time, folded as they were. It reads the agent's whole partition, some 100,000 events a second,
 * and is right as far as the log reaches back and the settings are the same as then.
 */
import { setImmediate } from "node:timers/promises";
import { encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { groupOf, workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns, TEXT, type TextColumn } from "../../schemas/event-view.ts";
import type { Settings } from "../../schemas/settings.ts";
import { usesPeers } from "../group-versions.ts";
import { createJudge } from "../judge.ts";
import type { Entries, Store } from "../ports/store.ts";
import { partitionOf, type RecordBatch, type Stream } from "../ports/stream.ts";
import { followGroups } from "./groups.ts";
import { positionAt, readEvent } from "./read.ts";
import { readSkips } from "./skips.ts";

interface RelearnOptions {
  readonly stream: Stream;
  readonly store: Store;
  readonly settings: Pick<Settings, "detectors" | "processor">;
  readonly key: { readonly name: string; readonly secret: Uint8Array };
}

/** Which agent, and until when: only what happened before counts, ms since 1970. */
interface RelearnQuery {
  readonly tenant: string;
  readonly agent: string;
  readonly untilMs: number;
}

interface Relearned {
  /** As the store would have them; undefined if the agent did nothing before that time. */
  readonly entries: Entries | undefined;
  /** The log has lost its beginning, so this is less than what was known. */
  readonly isCutOff: boolean;
}

/** A session with a finding teaches nothing, as when it was made; but nobody is told again. */
const untold = () => undefined;

/** Learns an agent again from the log. */
export async function relearn(options: RelearnOptions, query: RelearnQuery): Promise<Relearned> {
  const { stream, store, settings, key } = options;
  const partition = partitionOf(groupOf(query.tenant, query.agent), stream.partitions);
  const skips = await readSkips(store, partition);
  const book = usesPeers(settings) ? followGroups(store) : undefined;
  await book?.refresh();
  const { fold } = createJudge(settings, key.name, undefined, book?.groups);
  const eventAt = readerOf(key.secret, query);
  const set = workingSet(DETECTORS);
  let begin: number | undefined;
  for await (const batch of stream.read("events", partition, 0)) {
    begin ??= positionAt(batch, 0);
    for (let at = 0; at < batch.count; at++) {
      const event = eventAt(batch, at);
      const position = positionAt(batch, at);
      if (event !== undefined) fold.step(set, event, position, untold, skips.get(position));
    }
    await setImmediate();
  }
  const [agent] = set.agents.values();
  return { entries: agent && encodeAgent(agent, DETECTORS, set), isCutOff: (begin ?? 0) > 0 };
}

/** Reads record `at` of a batch; undefined if it is not meant. The event is good until the next one is read. */
function readerOf(secret: Uint8Array, { tenant, agent, untilMs }: RelearnQuery) {
  const scanner = new EventScanner(hashKey(secret));
  const [ofTenant, ofAgent] = [scanner.hash(tenant), scanner.hash(agent)];
  const columns = eventColumns(1);
  const event = new EventView(columns);
  const is = (column: TextColumn, { low, high }: { low: number; high: number }) =>
    event.has(column) && event.low(column) === low && event.high(column) === high;
  return (batch: RecordBatch, at: number): EventView | undefined => {
    if (readEvent({ scanner, columns }, batch, at, 0) !== undefined) return undefined;
    event.move(0);
    return is(TEXT.agent, ofAgent) && is(TEXT.tenant, ofTenant) && event.time < untilMs ? event : undefined;
  };
}
