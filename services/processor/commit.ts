/** What a commit of a partition holds, and how its memory stays bounded. */
import { DETECTORS } from "../../detectors/index.ts";
import type { AgentRow } from "../../detectors/rows.ts";
import { encodeAgent, forget, groupOf, type WorkingSet } from "../../detectors/working-set.ts";
import type { GroupChange, Store } from "../ports/store.ts";

/** Space of the store in which agents are kept, a group each. */
export const SPACE = "processor";

/** Detectors left out, by position of the event at which they threw. */
export type Skips = Map<number, ReadonlySet<string>>;

/** Group of a partition's skips; no agent has it, because a tenant has at least one character. */
const SKIPS_GROUP = "/skips";
/** Most skips remembered; older events are long folded. */
const MAX_SKIPS = 1000;

export function changesOf(changed: readonly AgentRow[], skips: Skips): GroupChange[] {
  const agents = changed.map((agent) => ({ group: groupOf(agent.tenant, agent.id), entries: encodeAgent(agent, DETECTORS) }));
  return skips.size === 0 ? agents : [...agents, { group: SKIPS_GROUP, entries: new Map([["skips", skipsBytes(skips)]]) }];
}

function skipsBytes(skips: Skips): Uint8Array {
  const newest = [...skips].slice(-MAX_SKIPS).map(([position, detectors]) => [position, [...detectors]]);
  return Buffer.from(JSON.stringify(newest));
}

export async function readSkips(store: Store, partition: number): Promise<Skips> {
  const entries = (await store.load(SPACE, partition, [SKIPS_GROUP])).get(SKIPS_GROUP);
  const stored = JSON.parse(Buffer.from(entries?.get("skips") ?? Buffer.from("[]")).toString()) as [number, string[]][];
  return new Map(stored.map(([position, detectors]) => [position, new Set(detectors)]));
}

/** Lets go of the agents that were not touched for longest, down to half, when there are too many. Call after a commit. */
export function forgetIdle(set: WorkingSet, maxAgents: number): void {
  if (set.agents.size <= maxAgents) return;
  const agents = [...set.agents.values()].sort((a, b) => a.touched - b.touched);
  for (const agent of agents.slice(0, agents.length - (maxAgents >> 1))) forget(set, agent);
}
