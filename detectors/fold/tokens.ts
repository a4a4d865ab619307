/** The token of an event: found or begun, with the facts that the event adds. */
import { EVENT_KINDS } from "../../schemas/event.ts";
import { AUDIENCE_AT, AUDIENCES, type EventView, TEXT } from "../../schemas/event-view.ts";
import type { AgentRow } from "../rows.ts";
import { internedList } from "../stats/interned.ts";
import type { TokenRow } from "../token-row.ts";
import { type Panel, tellTokenEnded } from "./panel.ts";
import { noteOrigin, revoke, revokeOrigin } from "./revocations.ts";
import type { WorkingSet } from "./working-set.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { hash: HASH_COLUMN, publicId: PUBLIC_ID_COLUMN } = TEXT;

const REVOKED = EVENT_KINDS.indexOf("token.revoked");
/** Most known tokens of one agent; beyond it the least recently used go. */
const MAX_TOKENS = 2048;
/** How long a token is remembered after its end, or after its last sight if its end is unknown. */
const KEEP_TOKEN_MS = 86_400_000;

/** The row of the event's token; undefined if it names none. */
export function tokenOf(
  panel: Panel,
  set: WorkingSet,
  agent: AgentRow,
  event: EventView,
): TokenRow | undefined {
  const column = event.has(PUBLIC_ID_COLUMN) ? PUBLIC_ID_COLUMN : HASH_COLUMN;
  if (!event.has(column)) {
    if (event.kindIndex === REVOKED) revokeOrigin(panel.caps, set.tokens, agent, event);
    return undefined;
  }
  const low = event.low(column) ^ agent.low;
  const high = event.high(column) ^ Math.imul(agent.high, 0xc2b2ae35);
  const known = set.tokens.find(low, high);
  if (known !== undefined) set.tokens.use(agent, known.slot);
  const row = known ?? begin(panel, set, agent, low, high);
  note(row, agent, event);
  return row;
}

/** Lets go of the tokens of an agent that ended long enough ago. */
export function endOldTokens(panel: Panel, set: WorkingSet, agent: AgentRow, timeMs: number): void {
  // As long as the oldest is the one that was looked at, it need not be fetched from memory for every event.
  if (agent.oldestToken === agent.watchedToken && timeMs <= agent.tokenEndsAfter) return;
  while (agent.oldestToken >= 0) {
    const { keepUntil } = set.tokens.move(agent.oldestToken);
    agent.watchedToken = agent.oldestToken;
    agent.tokenEndsAfter = keepUntil;
    if (!(keepUntil < timeMs)) return;
    endOldest(panel, set, agent);
  }
}

function begin(panel: Panel, set: WorkingSet, agent: AgentRow, low: number, high: number): TokenRow {
  if (agent.tokenCount >= MAX_TOKENS) {
    panel.caps.tokens++;
    endOldest(panel, set, agent);
  }
  return set.tokens.add(agent, low, high);
}

function endOldest(panel: Panel, set: WorkingSet, agent: AgentRow): void {
  tellTokenEnded(panel, agent, set.tokens.move(agent.oldestToken));
  set.tokens.remove(agent, agent.oldestToken);
}

/** Facts of a token, in any order of arrival: what is said later adds to what is known. */
function note(row: TokenRow, agent: AgentRow, event: EventView): void {
  // The name by which the row was found is in every event that finds it.
  if (event.has(HASH_COLUMN) && event.has(PUBLIC_ID_COLUMN) && row.hash === "")
    row.hash = event.text(HASH_COLUMN);
  if (Number.isNaN(row.issuedAt)) row.issuedAt = event.issuedAt;
  if (Number.isNaN(row.expiresAt)) row.expiresAt = event.expiresAt;
  if (event.number(AUDIENCES) > 0 && row.audience === undefined)
    row.audience = internedList(event, AUDIENCE_AT, event.number(AUDIENCES));
  noteOrigin(row, agent, event);
  if (event.kindIndex === REVOKED) revoke(row, event.time);
  const end = Number.isNaN(row.expiresAt) ? event.time : Math.max(row.expiresAt, event.time);
  if (end + KEEP_TOKEN_MS > row.keepUntil) row.keepUntil = end + KEEP_TOKEN_MS;
}
