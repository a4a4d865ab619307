/** What is kept of an agent's incidents, and for how long. */
import type { Store } from "../ports/store.ts";
import type { AgentState } from "./state.ts";
import { agentOf, SPACE } from "./stored.ts";

/** The state without incidents that were closed before a time; the same one if there are none; undefined if nothing is left to know. */
export function withoutOld(state: AgentState, beforeMs: number): AgentState | undefined {
  const tracked = state.tracked.filter(
    ({ incident: { status, updatedAt } }) => status !== "closed" || Date.parse(updatedAt) >= beforeMs,
  );
  // A release says which findings came too late for it; those of that age act no more by themselves.
  if (tracked.length === 0 && state.releasedAtMs < beforeMs) return undefined;
  return tracked.length === state.tracked.length ? state : { ...state, tracked };
}

/** Groups of agents of which something can be forgotten; at most `most`. */
export async function loadOld(
  store: Store,
  partition: number,
  beforeMs: number,
  most: number,
): Promise<string[]> {
  const groups: string[] = [];
  for await (const [group, entries] of store.scan(SPACE, partition)) {
    const state = group.startsWith("agent\n") ? agentOf(entries) : undefined;
    if (state !== undefined && withoutOld(state, beforeMs) !== state) groups.push(group);
    if (groups.length === most) break;
  }
  return groups;
}
