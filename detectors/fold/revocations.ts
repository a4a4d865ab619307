/**
 * Families and grants that are revoked as such, without naming a token: they take all their tokens along (RFC 7009
 * section 2.1), those that are known and those that are only seen later.
 */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Caps } from "../detector.ts";
import type { AgentRow, Revocation } from "../rows.ts";
import type { TokenRow } from "../token-row.ts";
import type { TokenTable } from "./token-table.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { family: FAMILY_COLUMN, rootGrant: ROOT_GRANT_COLUMN } = TEXT;

/** Most revoked families and grants remembered of one agent, the newest. */
const MAX_REVOCATIONS = 64;

/** What many tokens may descend from. */
type Origin = typeof TEXT.family | typeof TEXT.rootGrant;

/** The earliest end counts: a token revoked twice was gone after the first time. */
export function revoke(row: TokenRow, timeMs: number): void {
  if (!(row.revokedAt <= timeMs)) row.revokedAt = timeMs;
}

/** Takes in a revocation that names no token: of the family if it names one, else of the whole grant. */
export function revokeOrigin(caps: Caps, tokens: TokenTable, agent: AgentRow, event: EventView): void {
  const origin = event.has(FAMILY_COLUMN) ? FAMILY_COLUMN : ROOT_GRANT_COLUMN;
  if (!event.has(origin)) return;
  const revocation = { low: lowOf(event, origin), high: event.high(origin), time: event.time };
  remember(caps, agent.revocations, revocation);
  for (let slot = agent.oldestToken; slot >= 0; slot = tokens.newer(slot)) {
    const row = tokens.move(slot);
    if (isOf(row, revocation)) take(row, revocation);
  }
}

/** Adds what an event says of a token's descent; what is revoked already takes the token along. */
export function noteOrigin(row: TokenRow, agent: AgentRow, event: EventView): void {
  if (event.has(FAMILY_COLUMN) && row.familyLow === 0 && row.familyHigh === 0) {
    const low = lowOf(event, FAMILY_COLUMN);
    row.setFamily(event.text(FAMILY_COLUMN), low, event.high(FAMILY_COLUMN));
    takeAlong(agent, row, low, event.high(FAMILY_COLUMN));
  }
  if (event.has(ROOT_GRANT_COLUMN) && row.grantLow === 0 && row.grantHigh === 0) {
    const low = lowOf(event, ROOT_GRANT_COLUMN);
    row.setGrant(low, event.high(ROOT_GRANT_COLUMN));
    takeAlong(agent, row, low, event.high(ROOT_GRANT_COLUMN));
  }
}

/** A family and a grant may have the same name. */
const lowOf = (event: EventView, origin: Origin) => event.low(origin) ^ origin;

const isOf = (row: TokenRow, { low, high }: Revocation) =>
  (row.familyLow === low && row.familyHigh === high) || (row.grantLow === low && row.grantHigh === high);

function remember(caps: Caps, revocations: Revocation[], revocation: Revocation): void {
  const { low, high, time } = revocation;
  const at = revocations.findIndex((known) => known.low === low && known.high === high);
  const [known = revocation] = at < 0 ? [] : revocations.splice(at, 1);
  if (revocations.length >= MAX_REVOCATIONS) {
    revocations.shift();
    caps.revocations++;
  }
  revocations.push({ low, high, time: Math.min(known.time, time) });
}

function takeAlong({ revocations }: AgentRow, row: TokenRow, low: number, high: number): void {
  for (const revocation of revocations)
    if (revocation.low === low && revocation.high === high) take(row, revocation);
}

/** A token that was issued afterwards belongs to a new consent under an old name. */
function take(row: TokenRow, { time }: Revocation): void {
  if (!(row.issuedAt > time)) revoke(row, time);
}
