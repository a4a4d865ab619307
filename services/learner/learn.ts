/** One day added up: read from the store, written to the store. It may be broken off anywhere and done again. */
import { setImmediate } from "node:timers/promises";
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { forget, workingSet } from "../../detectors/fold/working-set.ts";
import { type Sums, sumsOf } from "../../detectors/groups/add-up.ts";
import { addedBy } from "../../detectors/groups/baselines.ts";
import { newestOver } from "../../detectors/groups/schedule.ts";
import { DETECTORS, detectorSettingsOf } from "../../detectors/index.ts";
import type { Settings } from "../../schemas/settings.ts";
import { acquireVersions, clockOf, newestMade, usesPeers, writeVersions } from "../group-versions.ts";
import type { Entries, Store } from "../ports/store.ts";
import { capped, daysMissed, daysTotal, versionsTotal } from "./metrics.ts";

/** Where agents are read from, and versions written to. */
export interface Learning {
  readonly store: Store;
  readonly partitions: number;
  readonly space: string;
  readonly settings: Pick<Settings, "detectors">;
}

/** Agents between which others have their turn. */
const AGENTS_PER_TURN = 20;

/** Adds up the newest day that is over in every partition, unless that was done. Answers the day, if it was added up now. */
export async function learnNewest(learning: Learning, signal?: AbortSignal): Promise<number | undefined> {
  const { store, settings } = learning;
  if (!usesPeers(settings)) return undefined;
  const epoch = newestOver(await slowestClock(learning));
  if (epoch <= (await newestMade(store))) return undefined;
  const sums = await sumsAt(learning, epoch, signal);
  if (sums === undefined) return undefined;
  // Late, so that learners that work at the same time do not keep one another from it.
  const lease = await acquireVersions(store);
  const made = await newestMade(store);
  if (epoch <= made) return undefined;
  const versions = sums.versions();
  await writeVersions(store, lease, epoch, versions);
  daysTotal.add(1);
  versionsTotal.add(versions.length);
  if (sums.isCapped) capped.add(1, { what: "groups" });
  capped.add(sums.crowded, { what: "peers" });
  if (made > 0 && epoch > made + 1) daysMissed.add(epoch - made - 1);
  return epoch;
}

/** The event time that every partition has reached and committed. */
async function slowestClock({ store, space, partitions }: Learning): Promise<number> {
  const clocks = Array.from({ length: partitions }, (_, partition) => clockOf(store, space, partition));
  return Math.min(...(await Promise.all(clocks)));
}

/** Undefined if some agent has moved on too far by now, or the learner is stopped: then a newer day is over, or somebody else goes on. */
async function sumsAt(learning: Learning, epoch: number, signal?: AbortSignal): Promise<Sums | undefined> {
  const { store, space, partitions, settings } = learning;
  const sums = sumsOf(epoch);
  const add = adderOf(sums, epoch, detectorSettingsOf(settings.detectors));
  let agents = 0;
  for (let partition = 0; partition < partitions; partition++)
    for await (const [group, entries] of store.scan(space, partition)) {
      if (signal?.aborted || (!group.startsWith("/") && !add(entries))) return undefined;
      if (++agents % AGENTS_PER_TURN === 0) await setImmediate();
    }
  return sums;
}

/** Adds an agent as it is stored; false if what it had learned by the end of that day is no longer known. */
function adderOf(sums: Sums, epoch: number, settings: readonly unknown[]): (entries: Entries) => boolean {
  const set = workingSet(DETECTORS);
  return (entries) => {
    const agent = decodeAgent(entries, DETECTORS, settings, set)?.agent;
    if (agent === undefined) return true;
    const added = addedBy(agent, epoch);
    forget(set, agent);
    if (added !== undefined && added !== "gone") sums.add(agent.tenant, agent.low, agent.high, added);
    return added !== "gone";
  };
}
