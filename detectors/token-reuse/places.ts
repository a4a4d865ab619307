/** Places that a token is used from: one switch may be a move, a return cannot. */
import { ASN, type EventView, PROVIDER, TEXT } from "../../schemas/event-view.ts";
import type { Out } from "../detector.ts";
import { PairMap } from "../stats/pair-map.ts";
import type { Cells, TokenRow } from "../token-row.ts";
import {
  begunMore,
  firstPlace,
  hasPlace,
  isPlace,
  MOST_PLACES,
  moreOf,
  notePlace,
  type Place,
  setFirstPlace,
} from "./columns.ts";
import type { TokenReuseSettings } from "./settings.ts";
import { duration, type Own, type Scene, tell } from "./tell.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const { instance: INSTANCE_COLUMN, ip: IP_COLUMN, node: NODE_COLUMN } = TEXT;

/** Judges where a use comes from. What a provider calls by itself, and what has neither workload nor network, has no place. */
export function takePlace(
  token: TokenRow,
  own: Own,
  event: EventView,
  settings: TokenReuseSettings,
  out: Out,
): void {
  if (event.number(PROVIDER) === 1) return;
  const workload = event.low(event.has(NODE_COLUMN) ? NODE_COLUMN : INSTANCE_COLUMN);
  const network = event.number(ASN) || event.low(IP_COLUMN);
  if (workload === 0 && network === 0) return;
  const high = Math.imul(network, 0x9e3779b1);
  const places = moreOf(own.token)?.places;
  if (places === undefined || places.length === 0) {
    takeFirst(own.token, event, workload, high);
    return;
  }
  const known = placeIn(places, workload, high);
  if (known !== undefined) judgeReturn({ token, own, event, settings, out }, places, known);
  else begunMore(own.token).places = [...withRoom(places), newPlace(event, workload, high)];
}

/** A loop and not a closure, which would cost an object for every event. */
function placeIn(places: readonly Place[], low: number, high: number): Place | undefined {
  for (const place of places) if (place.low === low && place.high === high) return place;
  return undefined;
}

/** Most tokens are used from one place for their whole life. */
function takeFirst(cells: Cells, event: EventView, low: number, high: number): void {
  if (!hasPlace(cells)) setFirstPlace(cells, newPlace(event, low, high));
  else if (isPlace(cells, low, high)) notePlace(cells, event.time);
  else begunMore(cells).places = [firstPlace(cells), newPlace(event, low, high)];
}

/** Without the place that was used least recently, if there are as many as may be remembered. */
function withRoom(places: readonly Place[]): readonly Place[] {
  if (places.length < MOST_PLACES) return places;
  const oldest = Math.min(...places.map(({ time }) => time));
  const at = places.findIndex(({ time }) => time === oldest);
  return places.toSpliced(at, 1);
}

/** The token is back at A: if it was at B in between and lately, nobody moved. */
function judgeReturn(scene: Scene, places: readonly Place[], here: Place): void {
  const { event } = scene;
  const before = here.time;
  // What comes out of order here is older than what is known of the place, and says nothing new.
  if (event.time < before) return;
  here.time = event.time;
  const away = places.find((other) => other.time > before && other.time < event.time);
  if (away !== undefined && event.time - before <= longestMs(scene)) tellReturn(scene, here, away, before);
}

/** Longest time within which two places must alternate: a token that lives shorter has no longer. */
function longestMs({ token, settings }: Scene): number {
  const lifetimeMs = token.expiresAt - token.issuedAt;
  return Number.isNaN(lifetimeMs) ? settings.alternationMs : Math.min(settings.alternationMs, lifetimeMs);
}

function tellReturn(scene: Scene, here: Place, away: Place, before: number): void {
  const attested = here.attested && away.attested;
  const returnedAfterMs = scene.event.time - before;
  tell(
    scene,
    "used-in-two-places",
    { eventId: away.eventId, time: before },
    {
      summary: `One token is used from two places at once: ${here.text}, then ${away.text}, and back within ${duration(returnedAfterMs)}.`,
      expected:
        "A token stays with the workload that it was issued to; a move happens once and does not return.",
      ...(attested ? {} : { severity: "medium" as const }),
      earlier: [here.eventId, away.eventId],
      evidence: { places: [here.text, away.text], returnedAfterMs, attested },
    },
  );
}

function newPlace(event: EventView, low: number, high: number): Place {
  const attested = event.has(NODE_COLUMN) || event.has(INSTANCE_COLUMN);
  return { low, high, text: placeText(event), attested, eventId: event.id, time: event.time };
}

/** Texts of places, found by the hash of all they show: many tokens are used from the same ones. Begins anew when it is full. */
const texts = new PairMap<string>();
const MOST_TEXTS = 20_000;

function placeText(event: EventView): string {
  const named = event.has(NODE_COLUMN) ? NODE_COLUMN : INSTANCE_COLUMN;
  const low = event.low(named) ^ Math.imul(event.low(IP_COLUMN), 0x85ebca6b);
  const network = Math.imul(event.high(IP_COLUMN), 0xc2b2ae35) ^ Math.imul(event.number(ASN), 0x9e3779b1);
  const high = event.high(named) ^ network;
  const known = texts.get(low, high);
  if (known !== undefined) return known;
  const text = textOf(event, named);
  if (texts.size >= MOST_TEXTS) texts.clear();
  texts.set(low, high, text);
  return text;
}

function textOf(event: EventView, named: typeof TEXT.node | typeof TEXT.instance): string {
  const asn = event.number(ASN) === 0 ? "" : `AS${event.number(ASN) >>> 0}`;
  const network = [event.text(IP_COLUMN), asn].filter((part) => part !== "").join(" ");
  return [event.text(named), network].filter((part) => part !== "").join(" at ");
}
