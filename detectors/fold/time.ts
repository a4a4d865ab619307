/** What time alone changes: sessions that have ended, tokens that have gone, the turn of an epoch. */
import type { AgentRow } from "../rows.ts";
import { type Panel, tellBeforeEpoch, tellEpochEnded } from "./panel.ts";
import { endIdleSessions } from "./sessions.ts";
import { endOldTokens } from "./tokens.ts";
import type { WorkingSet } from "./working-set.ts";

const DAY_MS = 86_400_000;

/** The epoch of a time: days since 1970. */
export const epochOf = (timeMs: number) => Math.floor(timeMs / DAY_MS);

/** Moves an agent's clock on to a later time. */
export function passTime(panel: Panel, set: WorkingSet, agent: AgentRow, timeMs: number): void {
  const epoch = epochOf(timeMs);
  if (epoch > agent.epoch) tellBeforeEpoch(panel, agent, epoch);
  endIdleSessions(panel, set, agent, timeMs);
  endOldTokens(panel, set, agent, timeMs);
  agent.clock = timeMs;
  if (epoch <= agent.epoch) return;
  agent.epoch = epoch;
  tellEpochEnded(panel, agent, epoch);
}
