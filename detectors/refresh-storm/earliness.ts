/** R1: refreshes that come far too early in a token's life, in a test that may look after every one of them. */
import type { EventView } from "../../schemas/event-view.ts";
import type { Out } from "../detector.ts";
import { ln } from "../stats/exact.ts";
import type { Family } from "./columns.ts";
import type { RefreshStormSettings } from "./settings.ts";

/** Chance that a refresh is early: of a loop, and of a healthy client after one on time and after an early one. */
const EARLY_IF_LOOP = 0.95;
const EARLY_AFTER_ON_TIME = 0.05;
const EARLY_AFTER_EARLY = 0.5;

/** Judges a refresh by how much of the token's life had passed. A lifetime that is unknown is not judged. */
export function judgeEarliness(
  family: Family,
  event: EventView,
  settings: RefreshStormSettings,
  out: Out,
): void {
  if (!(family.lifetimeMs >= settings.minLifetimeMs)) return;
  weigh(family, event.time, event.time - family.issuedAt < settings.earlyShare * family.lifetimeMs);
  if (family.evidence < ln(settings.falseAlarmEvery)) return;
  family.evidence = 0;
  if (event.time < family.quietUntil) return;
  family.quietUntil = event.time + settings.quietMs;
  tell(family, event, settings, out);
}

/** Log likelihood ratios of an early refresh and of one on time, after one on time and after an early one. */
const [EARLY, ON_TIME] = [
  [EARLY_AFTER_ON_TIME, EARLY_AFTER_EARLY].map((healthy) => ln(EARLY_IF_LOOP / healthy)),
  [EARLY_AFTER_ON_TIME, EARLY_AFTER_EARLY].map((healthy) => ln((1 - EARLY_IF_LOOP) / (1 - healthy))),
] as [number[], number[]];
const weightOf = (isEarly: boolean, wasEarly: boolean) => (isEarly ? EARLY : ON_TIME)[wasEarly ? 1 : 0] ?? 0;

/** Adds the log likelihood ratio of one refresh to the evidence, which never falls below nothing. */
function weigh(family: Family, timeMs: number, isEarly: boolean): void {
  if (family.evidence <= 0) {
    family.since = timeMs;
    family.refreshes = 0;
    family.early = 0;
  }
  family.evidence = Math.max(family.evidence, 0) + weightOf(isEarly, family.wasEarly);
  family.wasEarly = isEarly;
  family.refreshes++;
  if (isEarly) family.early++;
}

function tell(
  { name, refreshes, early, since, lifetimeMs }: Family,
  event: EventView,
  settings: RefreshStormSettings,
  out: Out,
): void {
  const lifetimeSeconds = Math.round(lifetimeMs / 1000);
  const percent = Math.round(settings.earlyShare * 100);
  const seconds = Math.round((event.time - since) / 1000);
  out.finding({
    kind: "early-refresh-loop",
    about: name,
    summary: `${early} of ${refreshes} refreshes of one family within ${seconds} s came before ${percent} % of the token's ${lifetimeSeconds} s had passed.`,
    expected:
      "A healthy client renews late in a token's life; at most one early refresh in twenty, and clusters only by restarts.",
    rarity: `at most one false alarm in ${settings.falseAlarmEvery} refreshes`,
    evidence: { family: name, refreshes, early, seconds, lifetimeSeconds },
  });
}
