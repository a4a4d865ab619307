/** Uses of a token by services: meant for them, and before its end? */
import { TEXT } from "../../schemas/event-view.ts";
import { internedText } from "../stats/interned.ts";
import { MOST_SERVICES, type TokenColumns, type Use } from "./columns.ts";
import { judgeFanOut } from "./fan-out.ts";
import { duration, iso, type Scene, tell } from "./tell.ts";

/** The newest use is remembered to within this time, so that a busy token costs nothing for each call. */
const LAST_USE_MS = 60_000;

/** Judges a use and remembers it, if it says anything new. */
export function takeUse(scene: Scene): void {
  const { event, own } = scene;
  const known = useOf(own.token, event.low(TEXT.service));
  const { last } = own.token;
  const isNew = known === undefined || isFirstSuccess(known, scene);
  if (!isNew && !isAfterEnd(scene, event.time) && last !== undefined && event.time <= last.time + LAST_USE_MS)
    return;
  const use = newUse(scene);
  remember(own.token, known, use);
  judgeUse(scene, use);
  if (known === undefined) judgeFanOut(scene);
}

/** A fact that arrives after uses condemns those that it makes wrong. */
export function judgeEarlierUses(scene: Scene): void {
  const { uses, last } = scene.own.token;
  for (const use of uses) judgeUse(scene, use);
  if (last !== undefined && !uses.includes(last)) judgeUse(scene, last);
}

function useOf({ uses }: TokenColumns, low: number): Use | undefined {
  for (const earlier of uses) if (earlier.low === low) return earlier;
  return undefined;
}

/** What a service accepts weighs more than what it refused before. */
const isFirstSuccess = (known: Use, { event }: Scene) => event.accepted && !known.accepted;

function isAfterEnd({ token, settings }: Scene, timeMs: number): boolean {
  return timeMs > token.expiresAt + settings.skewMs || timeMs > token.revokedAt + settings.propagationMs;
}

function newUse({ event }: Scene): Use {
  const service = internedText(event, TEXT.service);
  return {
    low: event.low(TEXT.service),
    eventId: event.id,
    time: event.time,
    service,
    accepted: event.accepted,
  };
}

function remember(own: TokenColumns, known: Use | undefined, use: Use): void {
  own.last = use;
  // A literal list has room for just its one element; most tokens never see a second service.
  if (own.uses.length === 0) own.uses = [use];
  else if (known === undefined && own.uses.length < MOST_SERVICES) own.uses.push(use);
  else if (known !== undefined && use.accepted && !known.accepted) own.uses[own.uses.indexOf(known)] = use;
}

function judgeUse(scene: Scene, use: Use): void {
  const isMeant = isMeantFor(scene, use.service);
  // Nearly every use ends here, so nothing is made before.
  if (isMeant && !isAfterEnd(scene, use.time)) return;
  if (!isMeant) tellAudience(scene, use);
  if (!use.accepted) return;
  if (use.time - scene.token.expiresAt > scene.settings.skewMs) tellExpiry(scene, use);
  if (use.time - scene.token.revokedAt > scene.settings.propagationMs) tellRevocation(scene, use);
}

/** An audience that is unknown or empty allows every service. */
function isMeantFor({ token: { audience }, settings }: Scene, service: string): boolean {
  if (audience === undefined || audience.length === 0) return true;
  return audience.includes(settings.aliases[service] ?? service);
}

function tellAudience(scene: Scene, use: Use): void {
  const { service, accepted } = use;
  const audience = scene.token.audience ?? [];
  const did = accepted ? "accepted" : "was called with";
  tell(scene, accepted ? "audience-mismatch" : "audience-probe", use, {
    summary: `Service \`${service}\` ${did} a token that was made for ${audience.map((one) => `\`${one}\``).join(", ")}.`,
    expected: "A service accepts only tokens with its own name in `aud`.",
    evidence: { service, accepted, audience: [...audience] },
  });
}

function tellExpiry(scene: Scene, use: Use): void {
  const { service, accepted } = use;
  const expiredAt = iso(scene.token.expiresAt);
  const afterMs = use.time - scene.token.expiresAt;
  tell(scene, "use-after-expiry", use, {
    summary: `Service \`${service}\` accepted a token ${duration(afterMs)} after it had expired.`,
    expected: `No use later than ${duration(scene.settings.skewMs)} after ${expiredAt}.`,
    evidence: { service, accepted, expiredAt, afterMs },
  });
}

function tellRevocation(scene: Scene, use: Use): void {
  const { service, accepted } = use;
  const revokedAt = iso(scene.token.revokedAt);
  const afterMs = use.time - scene.token.revokedAt;
  tell(scene, "use-after-revocation", use, {
    summary: `Service \`${service}\` accepted a token ${duration(afterMs)} after it had been revoked: the revocation is not effective there.`,
    expected: `No use later than ${duration(scene.settings.propagationMs)} after ${revokedAt}.`,
    evidence: { service, accepted, revokedAt, afterMs },
  });
}
