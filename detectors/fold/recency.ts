/** The two lists of an agent, its sessions and its tokens, least recently used first. */
import type { SessionRow, TokenRow } from "../rows.ts";

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
  agent.sessionCount--;
}

/** Makes a token the newest of its agent; it may be new or already in the list. */
export function useToken(row: TokenRow): void {
  const { agent } = row;
  if (agent.newestToken === row) return;
  if (row.newer !== undefined) unlinkToken(row);
  row.older = agent.newestToken;
  row.newer = undefined;
  if (agent.newestToken === undefined) agent.oldestToken = row;
  else agent.newestToken.newer = row;
  agent.newestToken = row;
  agent.tokenCount++;
}

/** Takes a token out of its agent's list. */
export function unlinkToken(row: TokenRow): void {
  const { agent, older, newer } = row;
  if (older === undefined) agent.oldestToken = newer;
  else older.newer = newer;
  if (newer === undefined) agent.newestToken = older;
  else newer.older = older;
  agent.tokenCount--;
}
