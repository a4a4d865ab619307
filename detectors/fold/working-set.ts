/** The agents that a partition holds in memory, with their live sessions and tokens. */
import type { AgentRow, SessionRow, TokenRow } from "../rows.ts";
import { PairMap } from "../stats/pair-map.ts";

/** Agents, sessions and tokens by their keys. */
export interface WorkingSet {
  readonly agents: PairMap<AgentRow>;
  readonly sessions: PairMap<SessionRow>;
  readonly tokens: PairMap<TokenRow>;
  /** Agents that have changed since the last commit, in no order that means anything. */
  changed: AgentRow[];
}

/** An empty one. */
export function workingSet(): WorkingSet {
  return { agents: new PairMap(), sessions: new PairMap(), tokens: new PairMap(), changed: [] };
}

/** The key of an agent's group in the store and of its partition: tenant and agent. */
export const groupOf = (tenant: string, agent: string) => `${tenant}/${agent}`;

/** Takes an agent and all its rows out of memory. */
export function forget(set: WorkingSet, agent: AgentRow): void {
  for (let row = agent.oldestSession; row !== undefined; row = row.newer)
    set.sessions.delete(row.low, row.high);
  for (let row = agent.oldestToken; row !== undefined; row = row.newer) set.tokens.delete(row.low, row.high);
  set.agents.delete(agent.low, agent.high);
}
