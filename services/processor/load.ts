/** Brings the agents of a stretch of events into memory, all that are missing in one request. */
import { agentHigh, agentLow } from "../../detectors/fold/agents.ts";
import { groupOf } from "../../detectors/fold/working-set.ts";
import { EventView, TEXT } from "../../schemas/event-view.ts";
import { isWhole } from "./gather.ts";
import { agentsFound } from "./metrics.ts";
import { SPACE, type State } from "./state.ts";
import { takeIn } from "./take-in.ts";

/** An agent that the store does not know either is begun by the fold. When memory has all there are, nobody is looked for. */
export async function loadAgentRows(state: State, slots: readonly number[]): Promise<void> {
  if (isWhole(state)) return;
  const missing = missingFrom(state, slots);
  if (missing.size === 0) return;
  agentsFound.add((await loadMissing(state, missing)).size, { in: "store" });
}

async function loadMissing(state: State, missing: ReadonlySet<string>) {
  for (const group of missing) state.gathering?.asked.add(group);
  const loaded = await state.store.load(SPACE, state.partition, [...missing]);
  for (const entries of loaded.values()) takeIn(state, entries);
  return loaded;
}

/** Agents of events that are not in memory. */
function missingFrom({ columns, set }: State, slots: readonly number[]): Set<string> {
  const event = new EventView(columns);
  const missing = new Set<string>();
  for (const slot of slots) {
    event.move(slot);
    if (!event.has(TEXT.agent)) continue;
    if (set.agents.get(agentLow(event), agentHigh(event)) === undefined)
      missing.add(groupOf(event.text(TEXT.tenant), event.text(TEXT.agent)));
  }
  return missing;
}
