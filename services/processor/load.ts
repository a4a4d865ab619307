/** Brings the agents of a stretch of events into memory, all that are missing in one request. */
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentHigh, agentLow } from "../../detectors/fold/agents.ts";
import { groupOf } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventView, TEXT } from "../../schemas/event-view.ts";
import { agentsFound, unreadableStateTotal } from "./metrics.ts";
import { SPACE, type State } from "./state.ts";

/** An agent that the store does not know either is begun by the fold. */
export async function load(state: State, slots: readonly number[]): Promise<void> {
  const { missing, found } = lookUp(state, slots);
  agentsFound.add(found, { in: "memory" });
  if (missing.size === 0) return;
  const loaded = await state.store.load(SPACE, state.partition, [...missing]);
  agentsFound.add(loaded.size, { in: "store" });
  agentsFound.add(missing.size - loaded.size, { in: "nowhere" });
  for (const entries of loaded.values()) {
    const read = decodeAgent(entries, DETECTORS, state.judge.detectorSettings, state.set);
    // Without the shared columns nothing of the agent can be read.
    const unreadable = read?.unreadable ?? DETECTORS.map(({ id }) => ({ detector: id }));
    for (const { detector } of unreadable) unreadableStateTotal.add(1, { detector });
    if (unreadable.length > 0) state.unreadable.agents++;
  }
}

/** Agents of events that are not in memory, and how many events have one that is. */
function lookUp({ columns, set }: State, slots: readonly number[]) {
  const event = new EventView(columns);
  const missing = new Set<string>();
  let found = 0;
  for (const slot of slots) {
    event.move(slot);
    if (!event.has(TEXT.agent)) continue;
    if (set.agents.get(agentLow(event), agentHigh(event)) !== undefined) found++;
    else missing.add(groupOf(event.text(TEXT.tenant), event.text(TEXT.agent)));
  }
  return { missing, found };
}
