/** Versions of peer groups, made in memory by the very sums of the learner when the same days are over. */
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { forget, type WorkingSet, workingSet } from "../../detectors/fold/working-set.ts";
import { sumsOf } from "../../detectors/groups/add-up.ts";
import { addedBy } from "../../detectors/groups/baselines.ts";
import { type Book, newBook } from "../../detectors/groups/book.ts";
import { newestOver, nextOverMs } from "../../detectors/groups/schedule.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { AgentRow } from "../../detectors/rows.ts";
import type { Entries } from "../ports/store.ts";

/** What a replay knows of peer groups. */
export interface PeerGroups {
  readonly book: Book;
  /** Event time, ms since 1970, from which on another day is to be added up. */
  dueMs: number;
}

/** Before the first event; nothing is added up where agents are not judged by their peers. */
export const peerGroups = (usesPeers: boolean): PeerGroups => ({
  book: newBook(),
  dueMs: usesPeers ? 0 : Number.POSITIVE_INFINITY,
});

/** All agents of a replay: those in memory, and those put aside. */
interface Everybody {
  readonly set: WorkingSet;
  readonly cold: Iterable<Entries>;
  readonly detectorSettings: readonly unknown[];
}

/** Adds up the newest day that is over at an event time, as the learner does once all partitions have come so far. */
export function addUp(peers: PeerGroups, timeMs: number, everybody: Everybody): void {
  const epoch = newestOver(timeMs);
  peers.dueMs = nextOverMs(epoch);
  const sums = sumsOf(epoch);
  for (const agent of agentsOf(everybody)) {
    const added = addedBy(agent, epoch);
    if (added !== undefined && added !== "gone") sums.add(agent.tenant, agent.low, agent.high, added);
  }
  for (const [tenant, version] of sums.versions()) peers.book.put(tenant, version);
}

function* agentsOf({ set, cold, detectorSettings }: Everybody): Generator<AgentRow> {
  yield* set.agents.values();
  const aside = workingSet(DETECTORS);
  for (const entries of cold) {
    const agent = decodeAgent(entries, DETECTORS, detectorSettings, aside)?.agent;
    if (agent === undefined) continue;
    yield agent;
    forget(aside, agent);
  }
}
