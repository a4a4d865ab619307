/** Tokens and refreshes as Maps of objects. */
import type { Event } from "../../../schemas/event.ts";

/** An event that names a token. */
export type TokenEvent = Extract<Event, { token?: object | undefined }>;

/** What is known of one token; times in ms since 1970, NaN while unknown. */
export interface TokenState {
  issuedAt: number;
  expiresAt: number;
  revokedAt: number;
  audience: readonly string[] | undefined;
  keepUntil: number;
  readonly services: Set<string>;
  readonly places: Map<string, number>;
  readonly told: Set<string>;
}

interface Family {
  issuedAt: number;
  lifetimeMs: number;
  evidence: number;
  wasEarly: boolean;
}
/** By name. */
export type Families = Map<string, Family>;

const SKEW_MS = 60_000;
const PROPAGATION_MS = 60_000;
const ALTERNATION_MS = 300_000;
const KEEP_MS = 86_400_000;
const EARLY_SHARE = 0.2;
const FALSE_ALARM_EVERY = 10_000;

/** Nothing is known yet. */
export const tokenState = (): TokenState => ({
  issuedAt: Number.NaN,
  expiresAt: Number.NaN,
  revokedAt: Number.NaN,
  audience: undefined,
  keepUntil: 0,
  services: new Set(),
  places: new Map(),
  told: new Set(),
});

const timeOf = (text: string | undefined) => (text === undefined ? Number.NaN : Date.parse(text));

/** Adds what an event says of its token. */
export function note(state: TokenState, event: TokenEvent, time: number): void {
  const { issuedAt, expiresAt, audience } = event.token ?? {};
  if (Number.isNaN(state.issuedAt)) state.issuedAt = timeOf(issuedAt);
  if (Number.isNaN(state.expiresAt)) state.expiresAt = timeOf(expiresAt);
  state.audience ??= audience;
  if (event.kind === "token.revoked") state.revokedAt = time;
  state.keepUntil = (Number.isNaN(state.expiresAt) ? time : Math.max(state.expiresAt, time)) + KEEP_MS;
}

/** Judges a use of a token. Answers the kinds of finding that it makes. */
export function use(
  state: TokenState,
  event: Extract<Event, { kind: "api.called" }>,
  time: number,
): readonly string[] {
  const { service } = event.operation;
  const kinds: string[] = [];
  state.services.add(service);
  const isAccepted = event.outcome?.result === "ok";
  if (state.audience !== undefined && !state.audience.includes(service)) kinds.push("audience-mismatch");
  if (isAccepted && time > state.expiresAt + SKEW_MS) kinds.push("use-after-expiry");
  if (isAccepted && time > state.revokedAt + PROPAGATION_MS) kinds.push("use-after-revocation");
  if (alternates(state, event, time)) kinds.push("used-in-two-places");
  return kinds.filter((kind) => !state.told.has(kind) && state.told.add(kind));
}

/** Whether a token is back at a place that it has left lately. */
function alternates(
  { places }: TokenState,
  { network, agent }: Event & { agent: { instance?: string | undefined } },
  time: number,
): boolean {
  if (network === undefined || network.provider === true) return false;
  const place = `${network.node ?? agent.instance ?? ""} ${network.asn ?? network.ip ?? ""}`;
  const before = places.get(place);
  places.set(place, time);
  if (before === undefined || places.size < 2 || time - before > ALTERNATION_MS) return false;
  return [...places].some(([other, at]) => other !== place && at > before);
}

/** R1: answers whether refreshes of the family come too early too often. */
export function refresh(families: Families, event: TokenEvent, time: number): boolean {
  const name = event.token?.family ?? event.agent.instance ?? "";
  const family = families.get(name) ?? {
    issuedAt: Number.NaN,
    lifetimeMs: Number.NaN,
    evidence: 0,
    wasEarly: false,
  };
  families.set(name, family);
  const isAlarm = event.kind === "token.refreshed" && isTooEarly(family, time);
  family.issuedAt = Number.isNaN(timeOf(event.token?.issuedAt)) ? time : timeOf(event.token?.issuedAt);
  family.lifetimeMs = timeOf(event.token?.expiresAt) - family.issuedAt;
  return isAlarm;
}

function isTooEarly(family: Family, time: number): boolean {
  if (!(family.lifetimeMs >= 120_000)) return false;
  const isEarly = time - family.issuedAt < EARLY_SHARE * family.lifetimeMs;
  const q = family.wasEarly ? 0.5 : 0.05;
  family.evidence = Math.max(family.evidence, 0) + Math.log(isEarly ? 0.95 / q : 0.05 / (1 - q));
  family.wasEarly = isEarly;
  if (family.evidence < Math.log(FALSE_ALARM_EVERY)) return false;
  family.evidence = 0;
  return true;
}
