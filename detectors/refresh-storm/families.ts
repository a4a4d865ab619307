/** Families of refresh tokens: which one an event belongs to, and which are remembered. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Rows } from "../detector.ts";
import { type Family, NO_EVENTS, newFamily, type RefreshColumns } from "./columns.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { family: FAMILY_COLUMN, instance: INSTANCE_COLUMN, rootGrant: ROOT_GRANT_COLUMN } = TEXT;

/** The rows that refresh-storm sees. */
export type OwnRows = Rows<RefreshColumns, undefined>;

/** Families remembered of one agent. */
const MAX_FAMILIES = 64;
const NO_FAMILY = "(no family given)";

/** A new token of the family: from here its life is counted. */
export function beginToken({ own, token }: OwnRows, event: EventView): void {
  const family = familyOf(own.agent, token?.family, event);
  family.issuedAt = Number.isNaN(event.issuedAt) ? event.time : event.issuedAt;
  family.lifetimeMs = event.expiresAt - family.issuedAt;
}

/** The event's family, which is now the most recently refreshed. `named` is its name in the token's row: it is decoded but once. */
export function familyOf({ families }: RefreshColumns, named: string | undefined, event: EventView): Family {
  const known = find(families, event);
  if (known !== undefined) return toEnd(families, known);
  const begun = begin(forgetOver(families, event.time) ?? newFamily(), named, event);
  families.push(begun);
  return begun;
}

/**
 * Whether an event uses a token of the family. A use is tied to its family by the token's own row, because calls rarely
 * name the family. Without a family both the refresh and the use go by grant or instance.
 */
export function isUseOf(family: Family, named: string, event: EventView): boolean {
  if (family.name === NO_FAMILY) return true;
  if (named !== "") return family.name === named;
  const column = familyColumn(event);
  return family.low === event.low(column) && family.high === event.high(column);
}

/** The column by which a token event names its family: the declared one, else the root grant, else the agent's one line of tokens. */
function familyColumn(event: EventView): typeof TEXT.family | typeof TEXT.rootGrant | typeof TEXT.instance {
  if (event.has(FAMILY_COLUMN)) return FAMILY_COLUMN;
  return event.has(ROOT_GRANT_COLUMN) ? ROOT_GRANT_COLUMN : INSTANCE_COLUMN;
}

function find(families: readonly Family[], event: EventView): Family | undefined {
  const column = familyColumn(event);
  const low = event.low(column);
  const high = event.high(column);
  // The newest are the likeliest.
  for (let at = families.length - 1; at >= 0; at--) {
    const family = families[at];
    if (family?.low === low && family.high === high) return family;
  }
  return undefined;
}

/** Writes all of a family, which may have been another one: most sessions bring their own, and each would be an object. */
function begin(family: Family, named: string | undefined, event: EventView): Family {
  const column = familyColumn(event);
  family.low = event.low(column);
  family.high = event.high(column);
  family.name = (column === FAMILY_COLUMN ? named : undefined) || event.text(column) || NO_FAMILY;
  family.issuedAt = Number.NaN;
  family.lifetimeMs = Number.NaN;
  family.evidence = 0;
  family.wasEarly = false;
  family.early = 0;
  family.refreshes = 0;
  family.since = event.time;
  family.refused = false;
  family.cycles = 0;
  family.cycle = NO_EVENTS;
  family.quietUntil = 0;
  return family;
}

/**
 * Families whose last token is long over go, and the least recently refreshed one when there are too many. Answers the last
 * that went.
 */
function forgetOver(families: Family[], timeMs: number): Family | undefined {
  let gone: Family | undefined;
  let oldest = families[0];
  while (
    oldest !== undefined &&
    (families.length >= MAX_FAMILIES || oldest.issuedAt + 2 * oldest.lifetimeMs < timeMs)
  ) {
    gone = families.shift();
    oldest = families[0];
  }
  return gone;
}

function toEnd(families: Family[], family: Family): Family {
  if (families[families.length - 1] === family) return family;
  families.splice(families.indexOf(family), 1);
  families.push(family);
  return family;
}
