/** Brings the agents of a stretch of events into memory, all that are missing in one request. */
import { decodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentHigh, agentLow } from "../../detectors/fold/agents.ts";
import { groupOf } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import { EventView, TEXT } from "../../schemas/event-view.ts";
import { unreadableStateTotal } from "./metrics.ts";
import { SPACE, type State } from "./state.ts";

/** An agent that the store does not know either is begun by the fold. */
export async function load(state: State, slots: readonly number[]): Promise<void> {
  const missing = missingAgents(state, slots);
  if (missing.size === 0) return;
  const loaded = await state.store.load(SPACE, state.partition, [...missing]);
  for (const entries of loaded.values()) {
    const read = decodeAgent(entries, DETECTORS, state.judge.detectorSettings, state.set);
    // Without the shared columns nothing of the agent can be read.
    const unreadable = read?.unreadable ?? DETECTORS.map(({ id }) => ({ detector: id }));
    for (const { detector } of unreadable) unreadableStateTotal.add(1, { detector });
    if (unreadable.length > 0) state.unreadable.agents++;
  }
}

function missingAgents({ columns, set }: State, slots: readonly number[]): ReadonlySet<string> {
  const event = new EventView(columns);
  const missing = new Set<string>();
  for (const slot of slots) {
    event.move(slot);
    if (!event.has(TEXT.agent) || set.agents.get(agentLow(event), agentHigh(event)) !== undefined) continue;
    missing.add(groupOf(event.text(TEXT.tenant), event.text(TEXT.agent)));
  }
  return missing;
}
