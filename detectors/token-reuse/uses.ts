/** Uses of a token by services: meant for them, and before its end? */

import { type EventView, TEXT } from "../../schemas/event-view.ts";
import { isoTime } from "../../schemas/ids.ts";
import type { Out } from "../detector.ts";
import { internedText } from "../stats/interned.ts";
import { longer } from "../stats/longer.ts";
import type { TokenRow } from "../token-row.ts";
import {
  acceptedBy,
  begunMore,
  lastTime,
  lastUse,
  MOST_SERVICES,
  MOST_WAITING,
  moreOf,
  noteService,
  type ReuseColumns,
  reachedBits,
  setLast,
  type Use,
} from "./columns.ts";
import { isFarOut, judgeFanOut } from "./fan-out.ts";
import type { TokenReuseSettings } from "./settings.ts";
import { duration, inHand, type Own, type Scene, tell } from "./tell.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { service: SERVICE_COLUMN } = TEXT;

/** The newest use is remembered to within this time, so that a busy token costs nothing for each call. */
const LAST_USE_MS = 60_000;

/** Judges a use and remembers it, if it says anything new. */
export function takeUse(
  token: TokenRow,
  own: Own,
  event: EventView,
  settings: TokenReuseSettings,
  out: Out,
): void {
  const place = placeOf(own.agent, event);
  const bit = 1 << place;
  const { accepted, time } = event;
  const isFirst = (reachedBits(own.token) & bit) === 0;
  // What a service accepts weighs more than what it refused before; services beyond the last place are not told apart.
  const isNews = isFirst || place === MOST_SERVICES || (accepted && (acceptedBy(own.token) & bit) === 0);
  const isOver = isAfterEnd(token, settings, time);
  if (accepted && (isOver || !(time <= lastTime(own.token) + LAST_USE_MS)))
    setLast(own.token, place, event.id, time);
  if (!isNews && !isOver) return;
  noteService(own.token, bit, accepted);
  const service = internedText(event, SERVICE_COLUMN);
  // Nearly every use ends here, so nothing is made before.
  const isFar = isFirst && isFarOut(own.token, settings);
  if (!isOver && !isFar && token.audience !== undefined && isMeantFor(token, settings, service)) return;
  judgeNews({ token, own, event, settings, out }, service, isFar);
}

function judgeNews(scene: Scene, service: string, isFar: boolean): void {
  const use = { service, ...inHand(scene), accepted: scene.event.accepted };
  if (scene.token.audience === undefined) wait(scene, use);
  judgeUse(scene, use);
  if (isFar) judgeFanOut(scene);
}

/** A fact that arrives after uses condemns those that it makes wrong. */
export function judgeEarlierUses(scene: Scene): void {
  const { own, token } = scene;
  const last = lastUse(own.token, own.agent);
  if (last !== undefined) judgeUse(scene, last);
  const waiting = moreOf(own.token)?.waiting ?? [];
  for (const use of waiting) judgeUse(scene, use);
  if (waiting.length > 0 && token.audience !== undefined) begunMore(own.token).waiting = [];
}

/** The place of the event's service in the agent's list, where it is entered if it is new and there is room. */
function placeOf(columns: ReuseColumns, event: EventView): number {
  const { services } = columns;
  const low = event.low(SERVICE_COLUMN);
  for (let place = 0; place < services.length; place++) if (services[place] === low) return place;
  if (services.length >= MOST_SERVICES) return MOST_SERVICES;
  columns.services = longer(services, low);
  columns.names = longer(columns.names, internedText(event, SERVICE_COLUMN));
  return services.length;
}

/** While the audience is unknown, the first use of each service is kept. */
function wait({ own }: Scene, use: Use): void {
  const more = begunMore(own.token);
  const isKnown = more.waiting.some(
    ({ service, accepted }) => service === use.service && accepted === use.accepted,
  );
  if (!isKnown && more.waiting.length < MOST_WAITING) more.waiting = [...more.waiting, use];
}

function isAfterEnd(token: TokenRow, settings: TokenReuseSettings, timeMs: number): boolean {
  return timeMs > token.expiresAt + settings.skewMs || timeMs > token.revokedAt + settings.propagationMs;
}

function judgeUse(scene: Scene, use: Use): void {
  if (!isMeantFor(scene.token, scene.settings, use.service)) tellAudience(scene, use);
  if (!use.accepted) return;
  if (use.time - scene.token.expiresAt > scene.settings.skewMs) tellExpiry(scene, use);
  if (use.time - scene.token.revokedAt > scene.settings.propagationMs) tellRevocation(scene, use);
}

/** An audience that is unknown or empty allows every service. */
function isMeantFor({ audience }: TokenRow, settings: TokenReuseSettings, service: string): boolean {
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
  const expiredAt = isoTime(scene.token.expiresAt);
  const afterMs = use.time - scene.token.expiresAt;
  tell(scene, "use-after-expiry", use, {
    summary: `Service \`${service}\` accepted a token ${duration(afterMs)} after it had expired.`,
    expected: `No use later than ${duration(scene.settings.skewMs)} after ${expiredAt}.`,
    evidence: { service, accepted, expiredAt, afterMs },
  });
}

function tellRevocation(scene: Scene, use: Use): void {
  const { service, accepted } = use;
  const revokedAt = isoTime(scene.token.revokedAt);
  const afterMs = use.time - scene.token.revokedAt;
  tell(scene, "use-after-revocation", use, {
    summary: `Service \`${service}\` accepted a token ${duration(afterMs)} after it had been revoked: the revocation is not effective there.`,
    expected: `No use later than ${duration(scene.settings.propagationMs)} after ${revokedAt}.`,
    evidence: { service, accepted, revokedAt, afterMs },
  });
}
