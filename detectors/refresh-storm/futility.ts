/** R2: refreshes that change nothing, because the fresh token is refused like the one before. */
import { type EventView, STATUS } from "../../schemas/event-view.ts";
import type { Out } from "../detector.ts";
import { type Family, isSuspect, NO_EVENTS } from "./columns.ts";
import { isUseOf, type OwnRows } from "./families.ts";
import type { RefreshStormSettings } from "./settings.ts";

/** Events of the last cycles that are kept as evidence. */
const KEPT_EVENTS = 5;

/** Notes whether a token of a family is accepted. While no family is suspect, an accepted use changes nothing. */
export function noteUse({ own, token }: OwnRows, event: EventView): void {
  const status = event.number(STATUS);
  const refused = event.denied && (status === 401 || status === -1);
  if (!refused && (own.agent.suspects === 0 || !event.accepted)) return;
  const named = token?.family ?? "";
  for (const family of own.agent.families)
    if (isUseOf(family, named, event)) noteResult(family, refused, event);
  own.agent.suspects = own.agent.families.filter(isSuspect).length;
}

function noteResult(family: Family, refused: boolean, event: EventView): void {
  if (refused && !family.refused) keep(family, event);
  family.refused = refused;
  if (!refused) family.cycles = 0;
}

/** Judges a refresh by what came before it: a refusal, soon after the last refresh. */
export function judgeFutility(
  family: Family,
  event: EventView,
  settings: RefreshStormSettings,
  out: Out,
): void {
  const soon = event.time - family.issuedAt < family.lifetimeMs / 10;
  const { refused } = family;
  family.refused = false;
  if (!refused || !soon) {
    family.cycles = 0;
    family.cycle = NO_EVENTS;
    return;
  }
  family.cycles++;
  const earlier = family.cycle;
  keep(family, event);
  if (family.cycles === settings.futileCycles) tell(family, earlier, out);
}

function keep(family: Family, event: EventView): void {
  family.cycle = [...family.cycle.slice(1 - KEPT_EVENTS), event.id];
}

function tell({ name, cycles, lifetimeMs }: Family, earlier: readonly string[], out: Out): void {
  out.finding({
    kind: "futile-refresh-loop",
    about: name,
    summary: `${cycles} times in a row a fresh token was refused at once and refreshed again.`,
    expected:
      "A fresh token is accepted; a refusal right after a refresh is a clock, key or audience fault, and refreshing again cannot mend it.",
    earlier,
    evidence: { family: name, cycles, lifetimeSeconds: Math.round(lifetimeMs / 1000) },
  });
}
