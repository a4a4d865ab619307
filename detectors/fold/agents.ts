/** The agent of an event: found in the working set, or begun. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import { type AgentRow, agentRow } from "../rows.ts";
import { bringIdsNear, seenBefore } from "../stats/recent-ids.ts";
import { type Panel, startColumns } from "./panel.ts";
import { epochOf } from "./time.ts";
import type { WorkingSet } from "./working-set.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { agent: AGENT_COLUMN, id: ID_COLUMN, source: SOURCE_COLUMN, tenant: TENANT_COLUMN } = TEXT;

/** Low half of the key of an event's agent in a working set. */
export const agentLow = (event: EventView) =>
  event.low(AGENT_COLUMN) ^ Math.imul(event.low(TENANT_COLUMN), 0x9e3779b1);
/** High half of the key. */
export const agentHigh = (event: EventView) => event.high(AGENT_COLUMN) ^ event.high(TENANT_COLUMN);

/** The row of the event's agent. */
export function agentOf(panel: Panel, set: WorkingSet, event: EventView): AgentRow {
  const low = agentLow(event);
  const high = agentHigh(event);
  const known = set.agents.get(low, high);
  if (known !== undefined) return known;
  const own = startColumns(panel, "agent");
  const begun = agentRow(event.text(TENANT_COLUMN), event.text(AGENT_COLUMN), low, high, own);
  begun.epoch = epochOf(event.time);
  set.agents.set(low, high, begun);
  return begun;
}

/** So many events later what an agent looks up has left the processor's cache. */
const LONG = 1024;

/** Notes that the event at this position is absorbed, so that it is skipped after a reload. */
export function absorb(panel: Panel, set: WorkingSet, agent: AgentRow, position: number): void {
  if (position - agent.position > LONG) bringColumnsNear(panel, agent);
  agent.position = position;
  if (agent.changed) return;
  agent.changed = true;
  set.changed.push(agent);
}

function bringColumnsNear({ detectors }: Panel, { recent, own }: AgentRow): void {
  bringIdsNear(recent);
  for (let at = 0; at < own.length; at++) detectors[at]?.columns.agent.bringNear?.(own[at]);
}

/** Whether its source has told the event before. Mixed with the source, so that no source can use up another's ids. */
export function isRepeat(agent: AgentRow, event: EventView): boolean {
  const low = event.low(ID_COLUMN) ^ Math.imul(event.low(SOURCE_COLUMN), 0x9e3779b1);
  const high = event.high(ID_COLUMN) ^ Math.imul(event.high(SOURCE_COLUMN), 0x85ebca6b);
  return seenBefore(agent.recent, low, high);
}
