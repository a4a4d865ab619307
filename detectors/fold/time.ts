/** What time alone changes: sessions that have ended, tokens that have gone, the turn of an epoch. */
import type { EventView } from "../../schemas/event-view.ts";
import type { AgentRow } from "../rows.ts";
import { type Panel, tellBeforeEpoch, tellEpochEnded } from "./panel.ts";
import { endIdleSessions } from "./sessions.ts";
import { endOldTokens } from "./tokens.ts";
import type { WorkingSet } from "./working-set.ts";

const DAY_MS = 86_400_000;

/** The epoch of a time: days since 1970. */
export const epochOf = (timeMs: number) => Math.floor(timeMs / DAY_MS);

/** Moves an agent's clock on to the time of an event that is later. (A time that is handed over is an object on the heap.) */
export function passTime(panel: Panel, set: WorkingSet, agent: AgentRow, event: EventView): void {
  const timeMs = event.time;
  const epoch = epochOf(timeMs);
  if (epoch > agent.epoch) tellBeforeEpoch(panel, agent, epoch);
  endIdleSessions(panel, set, agent, timeMs);
  endOldTokens(panel, set, agent, timeMs);
  agent.clock = timeMs;
  if (epoch <= agent.epoch) return;
  agent.epoch = epoch;
  tellEpochEnded(panel, agent, epoch);
}
