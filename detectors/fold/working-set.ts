/** The agents that a partition holds in memory, with their live sessions and tokens. */
import type { Detector } from "../detector.ts";
import type { AgentRow, SessionRow } from "../rows.ts";
import { PairMap } from "../stats/pair-map.ts";
import { endRecentIds } from "../stats/recent-ids.ts";
import { endColumns } from "./panel.ts";
import { TokenTable } from "./token-table.ts";

/** Agents, sessions and tokens by their keys. */
export interface WorkingSet {
  /** Those whose columns the rows have. */
  readonly detectors: readonly Detector[];
  readonly agents: PairMap<AgentRow>;
  readonly sessions: PairMap<SessionRow>;
  readonly tokens: TokenTable;
  /** Rows of sessions that have ended, to be used again. */
  readonly spare: SessionRow[];
  /** Agents that have changed since the last commit, in no order that means anything. */
  changed: AgentRow[];
}

/** An empty one, with room for the columns of these detectors. */
export function workingSet(detectors: readonly Detector[]): WorkingSet {
  const tokens = new TokenTable(detectors.map(({ columns }) => columns.token));
  return { detectors, agents: new PairMap(), sessions: new PairMap(), tokens, spare: [], changed: [] };
}

/** The key of an agent's group in the store and of its partition: tenant and agent. */
export const groupOf = (tenant: string, agent: string) => `${tenant}/${agent}`;

/** Takes an agent and all its rows out of memory; they are not used again. */
export function forget(set: WorkingSet, agent: AgentRow): void {
  for (let row = agent.oldestSession; row !== undefined; row = row.newer) {
    set.sessions.delete(row.low, row.high);
    endColumns(set.detectors, "session", row.own);
  }
  endColumns(set.detectors, "agent", agent.own);
  endRecentIds(agent.recent);
  while (agent.oldestToken >= 0) set.tokens.remove(agent, agent.oldestToken);
  set.agents.delete(agent.low, agent.high);
}
