/** A client that refreshes its token for ever. */
import { z } from "zod";
import { type EventView, STATUS, TEXT } from "../schemas/event-view.ts";
import type { Detector, Out, Rows } from "./detector.ts";
import { exp, ln } from "./stats/exact.ts";

const Settings = z.strictObject({
  falseAlarmEvery: z.number().min(100).default(10_000).describe("A: at least this many refreshes (R1) or minutes (R3) lie between two false alarms on average. Higher: slower, quieter."),
  earlyShare: z.number().min(0.01).max(0.9).default(0.2).describe("A refresh is early before this share of the token's lifetime has passed."),
  minLifetimeMs: z.int().min(0).default(120_000).describe("Tokens that live shorter are not judged for earliness, ms."),
  futileCycles: z.int().min(2).default(3).describe("Refresh, refused use, refresh: so many cycles in a row are a loop."),
  quietMs: z.int().min(0).default(3_600_000).describe("Event time for which one family is not reported again, ms."),
});
type Settings = z.infer<typeof Settings>;

/** What is known of one family of refresh tokens. */
interface Family {
  readonly low: number;
  readonly high: number;
  readonly name: string;
  issuedAt: number;
  lifetimeMs: number;
  /** Log likelihood ratio of R1. */
  evidence: number;
  wasEarly: boolean;
  /** Early refreshes in a row, and all since the evidence began. */
  early: number;
  refreshes: number;
  since: number;
  /** A use was refused since the last refresh. */
  refused: boolean;
  cycles: number;
  /** Event ids of the last cycle. */
  cycle: string[];
  quietUntil: number;
}

/** Minutes are counted against a rate that is learned a day at a time and cannot be walked up. */
interface Rate {
  minute: number;
  count: number;
  /** Log likelihood ratios, one for each multiplier. */
  evidence: number[];
  day: number;
  dayCount: number;
  /** Whole days learned from; -1 while the first, broken one lasts. */
  days: number;
  /** Refreshes a minute: the learned rate, and the frozen one of the first week. */
  mean: number;
  anchor: number;
  quietUntil: number;
}

interface AgentColumns {
  readonly families: Family[];
  /** Families with a refused use or a cycle in hand: while there are none, an accepted use changes nothing. */
  suspects: number;
  readonly rate: Rate;
}

/** Families remembered of one agent, least recently refreshed first. */
const MAX_FAMILIES = 64;
const MINUTE_MS = 60_000;
const MULTIPLIERS = [2, 4, 8, 16, 32];
/** Lower bound of the dispersion of the negative binomial; 1 allows bursts as heavy as geometric. */
const DISPERSION = 1;
const [EARLY_IF_LOOP, EARLY_AFTER_ON_TIME, EARLY_AFTER_EARLY] = [0.95, 0.05, 0.5];

export const refreshStorm: Detector<Settings, AgentColumns, undefined, undefined> = {
  id: "refresh-storm",
  version: 1,
  about: {
    title: "A refresh loop",
    summary: "A client whose tokens are refused refreshes without end: it takes down its issuer, fills logs, and hides theft in noise. Three tests see it: refreshes that come far too early, refreshes that change nothing, and a rate the agent never had.",
    kinds: {
      "early-refresh-loop": {
        severity: "medium",
        evidence: "fact",
        fires: "refreshes of one family come so early in the token's life, so often, that at most one false alarm is expected in falseAlarmEvery refreshes (R1)",
        silencedBy: "refreshes after earlyShare of the lifetime",
        tags: ["refresh-storm"],
      },
      "futile-refresh-loop": {
        severity: "medium",
        evidence: "fact",
        fires: "futileCycles times in a row a refresh is followed by a refused use and the next refresh, each within a tenth of the token's lifetime (R2)",
        silencedBy: "one accepted use in between",
        tags: ["refresh-storm"],
      },
      "refresh-rate": {
        severity: "medium",
        evidence: "fact",
        fires: "the agent's refreshes a minute exceed its learned rate so far, so long, that at most one false alarm is expected in falseAlarmEvery minutes (R3)",
        silencedBy: "less than one full day of history, or a rate within the bursts that the agent has shown",
        tags: ["refresh-storm"],
      },
    },
    formulas: [
      "R1: a = (t - iat)/(exp - iat), early when a < earlyShare; W = max(W, 0) + ln(early ? q1/q : (1-q1)/(1-q)), q1 = 0.95, q = 0.5 after an early one, else 0.05; alarm at W >= ln A. A pure loop takes 1 + ceil((ln A - ln(q1/0.05))/ln(q1/0.5)) refreshes: 11 for A = 10^4",
      "R2: cycles refresh, refused (401), refresh within lifetime/10",
      "R3: minutes, null NB(mean lambda, k0 = 1), lambda at least 0.2; W_m = max(W_m, 0) + n ln(m(k0+lambda)/(k0+m lambda)) + k0 ln((k0+lambda)/(k0+m lambda)) for m in 2, 4, 8, 16, 32; alarm when ln(mean of exp W_m) >= ln A; lambda moves by a tenth a day towards min(day, 1.25 lambda) and never beyond twice its first week",
    ],
    blindSpots: ["loops slower than one refresh in a fifth of the lifetime, for R1", "tokens without issuedAt and expiresAt, for R1 and R2", "an agent's first day, for R3", "a storm spread over many agents: that is judged across agents"],
    falsePositives: ["clients that renew on every start, restarted in a crash loop", "several workers that share one refresh token"],
    runbook: [
      "Read `evidence.refreshes` and `evidence.seconds`: is it still going on?",
      "Read the status of the calls between refreshes: 401 right after a fresh token points to the service's clock or key set, not to theft.",
      "Compare the client's clock with the issuer's: an hour ahead makes every token look expired.",
      "Throttle at the issuer (deny with Retry-After); do not revoke, because revoking makes the client authenticate again at once.",
    ],
    references: [
      "https://www.rfc-editor.org/rfc/rfc6749#section-6",
      "J. Shin, A. Ramdas, A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection, NEJSDS 2023",
      "https://sre.google/sre-book/addressing-cascading-failures/",
    ],
  },
  settings: Settings,
  on: ["token.issued", "token.refreshed", "api.called"],
  hearsLate: false,
  columns: {
    agent: {
      start: () => ({ families: [], suspects: 0, rate: startRate() }),
      write(state, to) {
        to.u16(state.families.length);
        for (const family of state.families) {
          to.numbers([family.low, family.high, family.early, family.refreshes, family.cycles]);
          for (const value of [family.issuedAt, family.lifetimeMs, family.evidence, family.since, family.quietUntil]) to.f64(value);
          to.u8((family.wasEarly ? 1 : 0) | (family.refused ? 2 : 0));
          to.texts([family.name, ...family.cycle]);
        }
        const { rate } = state;
        for (const value of [rate.minute, rate.count, rate.day, rate.dayCount, rate.days, rate.mean, rate.anchor, rate.quietUntil, ...rate.evidence]) to.f64(value);
      },
      read(from) {
        const families = Array.from({ length: from.u16() }, (): Family => {
          const [low = 0, high = 0, early = 0, refreshes = 0, cycles = 0] = from.numbers();
          const [issuedAt, lifetimeMs, evidence, since, quietUntil] = [from.f64(), from.f64(), from.f64(), from.f64(), from.f64()];
          const flags = from.u8();
          const [name = "", ...cycle] = from.texts();
          return { low, high, name, issuedAt, lifetimeMs, evidence, wasEarly: (flags & 1) !== 0, early, refreshes, since, refused: (flags & 2) !== 0, cycles, cycle, quietUntil };
        });
        const [minute, count, day, dayCount, days, mean, anchor, quietUntil] = [from.f64(), from.f64(), from.f64(), from.f64(), from.f64(), from.f64(), from.f64(), from.f64()];
        return { families, suspects: families.filter(isSuspect).length, rate: { minute, count, day, dayCount, days, mean, anchor, quietUntil, evidence: MULTIPLIERS.map(() => from.f64()) } };
      },
    },
    session: { start: () => undefined, write: () => undefined, read: () => undefined },
    token: { start: () => undefined, write: () => undefined, read: () => undefined },
  },

  step(rows, event, settings, out) {
    switch (event.kind) {
      case "api.called":
        return noteUse(rows, event);
      case "token.issued":
        return begin(rows.own.agent, rows.token?.family, event);
      default:
        return refreshed(rows, event, settings, out);
    }
  },
};

function startRate(): Rate {
  return { minute: 0, count: 0, evidence: MULTIPLIERS.map(() => 0), day: 0, dayCount: 0, days: -1, mean: 0, anchor: 0, quietUntil: 0 };
}

/** Which family a token event belongs to: the declared one, else the root grant, else the agent's one line of tokens. */
function familyColumn(event: EventView): typeof TEXT.family | typeof TEXT.rootGrant | typeof TEXT.instance {
  if (event.has(TEXT.family)) return TEXT.family;
  return event.has(TEXT.rootGrant) ? TEXT.rootGrant : TEXT.instance;
}

const NO_FAMILY = "(no family given)";

function find(own: AgentColumns, event: EventView): Family | undefined {
  const column = familyColumn(event);
  const [low, high] = [event.low(column), event.high(column)];
  for (const family of own.families) if (family.low === low && family.high === high) return family;
  return undefined;
}

/** `named` is the family's name in the token's row, which saves decoding it once more. */
function familyOf(own: AgentColumns, named: string | undefined, event: EventView): Family {
  const known = find(own, event);
  if (known !== undefined) return toEnd(own.families, known);
  const column = familyColumn(event);
  forgetOver(own.families, event.time);
  const family: Family = {
    low: event.low(column),
    high: event.high(column),
    name: (column === TEXT.family ? named : undefined) || event.text(column) || NO_FAMILY,
    issuedAt: Number.NaN,
    lifetimeMs: Number.NaN,
    evidence: 0,
    wasEarly: false,
    early: 0,
    refreshes: 0,
    since: event.time,
    refused: false,
    cycles: 0,
    cycle: [],
    quietUntil: 0,
  };
  own.families.push(family);
  return family;
}

/** Families whose last token is long over go, and the least recently refreshed one when there are too many. */
function forgetOver(families: Family[], time: number): void {
  let oldest = families[0];
  while (oldest !== undefined && (families.length >= MAX_FAMILIES || oldest.issuedAt + 2 * oldest.lifetimeMs < time)) {
    families.shift();
    oldest = families[0];
  }
}

/** Makes a family the most recently refreshed one. */
function toEnd(families: Family[], family: Family): Family {
  if (families[families.length - 1] === family) return family;
  families.splice(families.indexOf(family), 1);
  families.push(family);
  return family;
}

function begin(own: AgentColumns, named: string | undefined, event: EventView): void {
  const family = familyOf(own, named, event);
  family.issuedAt = Number.isNaN(event.issuedAt) ? event.time : event.issuedAt;
  family.lifetimeMs = event.expiresAt - family.issuedAt;
}

/**
 * A use is tied to its family by the token's own row, because calls rarely name the family. Without a family both the
 * refresh and the use go by grant or instance.
 */
function isUseOf(family: Family, named: string, event: EventView): boolean {
  if (family.name === NO_FAMILY) return true;
  if (named !== "") return family.name === named;
  const column = familyColumn(event);
  return family.low === event.low(column) && family.high === event.high(column);
}

function noteUse(rows: Rows<AgentColumns, undefined, undefined>, event: EventView): void {
  const own = rows.own.agent;
  const refused = event.denied && (event.number(STATUS) === 401 || event.number(STATUS) === -1);
  if (!refused && (own.suspects === 0 || !event.accepted)) return;
  for (const family of own.families) {
    if (isUseOf(family, rows.token?.family ?? "", event)) noteResult(family, refused, event);
  }
  own.suspects = own.families.filter(isSuspect).length;
}

const isSuspect = (family: Family) => family.refused || family.cycles > 0;

function noteResult(family: Family, refused: boolean, event: EventView): void {
  if (refused && !family.refused) family.cycle = [...family.cycle.slice(-4), event.id];
  family.refused = refused;
  if (!refused) family.cycles = 0;
}

function refreshed(rows: Rows<AgentColumns, undefined, undefined>, event: EventView, settings: Settings, out: Out): void {
  countRefresh(rows.own.agent.rate, event, settings, out);
  // A refresh that the issuer refused changes no token.
  if (event.denied) return;
  const family = familyOf(rows.own.agent, rows.token?.family, event);
  earliness(family, event, settings, out);
  futility(family, event, settings, out);
  begin(rows.own.agent, rows.token?.family, event);
}

/** R1. */
function earliness(family: Family, event: EventView, settings: Settings, out: Out): void {
  if (!(family.lifetimeMs >= settings.minLifetimeMs)) return;
  const early = event.time - family.issuedAt < settings.earlyShare * family.lifetimeMs;
  const q = family.wasEarly ? EARLY_AFTER_EARLY : EARLY_AFTER_ON_TIME;
  const ratio = early ? EARLY_IF_LOOP / q : (1 - EARLY_IF_LOOP) / (1 - q);
  if (family.evidence <= 0) {
    family.since = event.time;
    family.refreshes = 0;
    family.early = 0;
  }
  family.evidence = Math.max(family.evidence, 0) + ln(ratio);
  family.wasEarly = early;
  family.refreshes++;
  if (early) family.early++;
  if (family.evidence < ln(settings.falseAlarmEvery)) return;
  family.evidence = 0;
  if (event.time < family.quietUntil) return;
  family.quietUntil = event.time + settings.quietMs;
  const lifetime = Math.round(family.lifetimeMs / 1000);
  const elapsed = Math.round((event.time - family.since) / 1000);
  out.finding({
    kind: "early-refresh-loop",
    about: family.name,
    summary: `${family.early} of ${family.refreshes} refreshes of one family within ${elapsed} s came before a fifth of the token's ${lifetime} s had passed.`,
    expected: "A healthy client renews late in a token's life; at most one early refresh in twenty, and clusters only by restarts.",
    rarity: `at most one false alarm in ${settings.falseAlarmEvery} refreshes`,
    evidence: { family: family.name, refreshes: family.refreshes, early: family.early, seconds: elapsed, lifetimeSeconds: lifetime },
  });
}

/** R2. */
function futility(family: Family, event: EventView, settings: Settings, out: Out): void {
  const soon = event.time - family.issuedAt < family.lifetimeMs / 10;
  if (!family.refused || !soon) {
    family.cycles = 0;
    family.cycle = [];
    family.refused = false;
    return;
  }
  family.refused = false;
  family.cycles++;
  const earlier = family.cycle;
  family.cycle = [...family.cycle.slice(-4), event.id];
  if (family.cycles !== settings.futileCycles) return;
  out.finding({
    kind: "futile-refresh-loop",
    about: family.name,
    summary: `${family.cycles} times in a row a fresh token was refused at once and refreshed again.`,
    expected: "A fresh token is accepted; a refusal right after a refresh is a clock, key or audience fault, and refreshing again cannot mend it.",
    earlier,
    evidence: { family: family.name, cycles: family.cycles, lifetimeSeconds: Math.round(family.lifetimeMs / 1000) },
  });
}

/** R3: closes the minutes that have passed, then counts this refresh. */
function countRefresh(rate: Rate, event: EventView, settings: Settings, out: Out): void {
  const minute = Math.floor(event.time / MINUTE_MS);
  if (rate.minute === 0) rate.minute = minute;
  if (minute > rate.minute) {
    closeMinute(rate, rate.count);
    skipMinutes(rate, minute - rate.minute - 1);
    rate.minute = minute;
    rate.count = 0;
  }
  turnDay(rate, Math.floor(minute / 1440));
  rate.count++;
  rate.dayCount++;
  if (rate.days <= 0 || event.time < rate.quietUntil) return;
  // The minute in hand counts as it stands, so that a storm need not wait for its end.
  const evidence = rate.evidence.map((value, at) => Math.max(value, 0) + gain(rate, at, rate.count));
  if (mixture(evidence) < ln(settings.falseAlarmEvery)) return;
  rate.quietUntil = event.time + settings.quietMs;
  rate.evidence.fill(0);
  out.finding({
    kind: "refresh-rate",
    summary: `${rate.count} refreshes in this minute: the agent refreshes more often, or for longer, than it ever did.`,
    expected: `At most ${rate.mean.toFixed(2)} a minute on average, by ${rate.days} days of history.`,
    rarity: `at most one false alarm in ${settings.falseAlarmEvery} minutes`,
    evidence: { refreshesThisMinute: rate.count, learnedPerMinute: Number(rate.mean.toFixed(4)), days: rate.days },
  });
}

function gain(rate: Rate, at: number, count: number): number {
  const m = MULTIPLIERS[at] ?? 1;
  const ratio = (DISPERSION + rate.mean) / (DISPERSION + m * rate.mean);
  return count * ln(m * ratio) + DISPERSION * ln(ratio);
}

function mixture(evidence: readonly number[]): number {
  const largest = Math.max(...evidence);
  const sum = evidence.reduce((total, value) => total + exp(Math.max(-700, value - largest)), 0);
  return largest + ln(sum / evidence.length);
}

function closeMinute(rate: Rate, count: number): void {
  if (rate.days <= 0) return;
  for (let at = 0; at < rate.evidence.length; at++) rate.evidence[at] = Math.max(rate.evidence[at] ?? 0, 0) + gain(rate, at, count);
}

/** Empty minutes only lower the evidence, so any number of them is one step. */
function skipMinutes(rate: Rate, minutes: number): void {
  if (rate.days <= 0 || minutes <= 0) return;
  for (let at = 0; at < rate.evidence.length; at++) rate.evidence[at] = Math.max(0, (rate.evidence[at] ?? 0) + minutes * gain(rate, at, 0));
}

/** The largest step of the learned rate a day, and the largest multiple of the first week's that it may reach. */
const [CLIP, ANCHOR, ANCHOR_DAYS, STEP] = [1.25, 2, 7, 0.1];
/** Rates below twelve an hour are not told apart: the start of a few instances at once is no storm. */
const FLOOR = 0.2;

function turnDay(rate: Rate, day: number): void {
  if (rate.day === 0) rate.day = day;
  if (day === rate.day) return;
  // The agent was first seen in the middle of a day: what came of it is no rate.
  if (rate.days >= 0) learnDay(rate, Math.max(FLOOR, rate.dayCount / 1440));
  rate.days++;
  rate.day = day;
  rate.dayCount = 0;
}

function learnDay(rate: Rate, seen: number): void {
  if (rate.days === 0) rate.mean = seen;
  else rate.mean = Math.max(FLOOR, (1 - STEP) * rate.mean + STEP * Math.min(seen, CLIP * rate.mean));
  if (rate.days < ANCHOR_DAYS) rate.anchor = rate.mean;
  rate.mean = Math.min(rate.mean, ANCHOR * rate.anchor);
}
