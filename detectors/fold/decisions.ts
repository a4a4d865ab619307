/** A person's word about what was learned of an agent, as it comes by in the log. */
import type { BaselineDecision, Event } from "../../schemas/event.ts";
import type { EventView } from "../../schemas/event-view.ts";
import type { AgentRow } from "../rows.ts";
import { type Panel, tellDecided } from "./panel.ts";
import { endSessions } from "./sessions.ts";
import type { WorkingSet } from "./working-set.ts";

/**
 * Tells the detectors. It was said by wall clock, so it moves no agent's clock, and belongs to no session. Live sessions that it
 * is about end first, so that it meets them where ended ones wait; and all of them when what they refer to is replaced.
 */
export function decide(panel: Panel, set: WorkingSet, agent: AgentRow, event: EventView): void {
  const decision = decisionOf(event);
  // The agent may have been begun by this event, whose day says nothing of those to come.
  if (agent.clock === 0) agent.epoch = 0;
  if (decision.baseline !== undefined) endSessions(panel, set, agent);
  else if (decision.session !== undefined) endSessions(panel, set, agent, decision.session);
  tellDecided(panel, agent, decision, event);
}

/** Rare, so the columns have no room for it. */
const decisionOf = (event: EventView): BaselineDecision =>
  (JSON.parse(event.line()) as Extract<Event, { kind: "decision.made" }>).decision;
