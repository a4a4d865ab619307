/** The sessions of an agent, least recently used first. */
import type { SessionRow } from "../rows.ts";

/** Makes a session the newest of its agent; it may be new or already in the list. */
export function useSession(row: SessionRow): void {
  const { agent } = row;
  if (agent.newestSession === row) return;
  if (row.newer !== undefined) unlinkSession(row);
  row.older = agent.newestSession;
  row.newer = undefined;
  if (agent.newestSession === undefined) agent.oldestSession = row;
  else agent.newestSession.newer = row;
  agent.newestSession = row;
  agent.sessionCount++;
}

/** Takes a session out of its agent's list. */
export function unlinkSession(row: SessionRow): void {
  const { agent, older, newer } = row;
  if (older === undefined) agent.oldestSession = newer;
  else older.newer = newer;
  if (newer === undefined) agent.newestSession = older;
  else newer.older = older;
  row.older = undefined;
  row.newer = undefined;
  agent.sessionCount--;
}
