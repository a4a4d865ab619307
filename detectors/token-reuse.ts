/** A token that turns up where, when or with whom it should not. */
import { z } from "zod";
import { ASN, type EventView, PROVIDER, TEXT } from "../schemas/event-view.ts";
import type { Columns, Detector, Out, Rows } from "./detector.ts";
import type { TokenRow } from "./rows.ts";
import { PairMap } from "./stats/pair-map.ts";
import { internedText } from "./stats/interned.ts";

const Settings = z.strictObject({
  skewMs: z.int().min(0).max(300_000).default(60_000).describe("Clock difference between issuer and services that is forgiven after expiry, ms."),
  propagationMs: z.int().min(0).default(60_000).describe("Time that a revocation may take to reach every service, ms."),
  alternationMs: z.int().min(1000).default(300_000).describe("Longest time within which two places must alternate (A-B-A), ms."),
  aliases: z.record(z.string(), z.string()).default({}).describe("Audience names by service name, where the two differ: `{\"billing-api\": \"https://billing.example.com\"}`."),
  fanOutMinTokens: z.int().min(1).default(20).describe("Finished tokens of the agent before fan-out is judged."),
  fanOutFloor: z.int().min(2).default(4).describe("Fewest services at which fan-out can be unusual."),
});
type Settings = z.infer<typeof Settings>;

/** How many services the agent's finished tokens reached: index = services, the last one is that many or more. */
interface AgentColumns {
  readonly reached: number[];
}
const MOST_SERVICES = 16;

/** A place that a token was used from. */
interface Place {
  readonly low: number;
  readonly high: number;
  readonly text: string;
  /** A workload or node is named, not only an address. */
  readonly attested: boolean;
  readonly eventId: string;
  time: number;
}

interface Use {
  /** Hash of the service's name. */
  readonly low: number;
  readonly eventId: string;
  readonly time: number;
  readonly service: string;
  readonly accepted: boolean;
}

const MOST_PLACES = 4;

interface TokenColumns {
  /** First use of each service, at most MOST_SERVICES. */
  uses: Use[];
  /** The newest use. */
  last: Use | undefined;
  /** The newest MOST_PLACES. */
  places: readonly Place[];
  /** Kinds already told of this token, as bits. */
  told: number;
}

const TOLD = ["audience-mismatch", "audience-probe", "use-after-expiry", "use-after-revocation", "used-in-two-places", "service-fan-out"] as const;
type Kind = (typeof TOLD)[number];

const agentColumns: Columns<AgentColumns, Settings> = {
  start: () => ({ reached: [] }),
  write: (state, to) => to.numbers(state.reached),
  read: (from) => ({ reached: from.numbers() }),
};

const NOWHERE: readonly Place[] = [];

const tokenColumns: Columns<TokenColumns, Settings> = {
  start: () => ({ uses: [], last: undefined, places: NOWHERE, told: 0 }),
  write(state, to) {
    const uses = state.last === undefined ? state.uses : [...state.uses, state.last];
    to.u8(state.last === undefined ? 0 : 1);
    to.u8(uses.length);
    for (const use of uses) {
      to.texts([use.eventId, use.service]);
      to.i32(use.low);
      to.f64(use.time);
      to.u8(use.accepted ? 1 : 0);
    }
    to.u8(state.places.length);
    for (const place of state.places) {
      to.numbers([place.low, place.high]);
      to.texts([place.text, place.eventId]);
      to.u8(place.attested ? 1 : 0);
      to.f64(place.time);
    }
    to.u8(state.told);
  },
  read(from) {
    const hasLast = from.u8() === 1;
    const uses = Array.from({ length: from.u8() }, (): Use => {
      const [eventId = "", service = ""] = from.texts();
      return { eventId, service, low: from.i32(), time: from.f64(), accepted: from.u8() === 1 };
    });
    const last = hasLast ? uses.pop() : undefined;
    const places = Array.from({ length: from.u8() }, (): Place => {
      const [low = 0, high = 0] = from.numbers();
      const [text = "", eventId = ""] = from.texts();
      return { low, high, text, eventId, attested: from.u8() === 1, time: from.f64() };
    });
    return { uses, last, places, told: from.u8() };
  },
};

const nothing = { start: () => undefined, write: () => undefined, read: () => undefined };
type OwnRows = Rows<AgentColumns, undefined, TokenColumns>;

export const tokenReuse: Detector<Settings, AgentColumns, undefined, TokenColumns> = {
  id: "token-reuse",
  version: 1,
  about: {
    title: "A token used where, when or by whom it should not be",
    summary: "A stolen token is valid; what gives it away is a service it was not made for, a use after its end, or two places at once.",
    kinds: {
      "audience-mismatch": {
        severity: "critical",
        evidence: "invariant",
        fires: "a service that is not in the token's audience accepts it (RFC 9068 section 4, RFC 8707)",
        silencedBy: "the service being in `aud`, or an alias for it in the settings",
        tags: ["token-theft"],
      },
      "audience-probe": {
        severity: "low",
        evidence: "invariant",
        fires: "a service that is not in the token's audience is called with it and refuses",
        silencedBy: "the service being in `aud`, or an alias for it in the settings",
        tags: ["token-theft"],
      },
      "use-after-expiry": {
        severity: "high",
        evidence: "invariant",
        fires: "a service accepts a token more than skewMs after its `exp` (RFC 7519 section 4.1.4)",
        silencedBy: "the service refusing it, or the use lying within the skew",
        tags: ["token-after-end"],
      },
      "use-after-revocation": {
        severity: "critical",
        evidence: "invariant",
        fires: "a service accepts a token more than propagationMs after it was revoked (RFC 7009)",
        silencedBy: "the service refusing it, or the use lying within the propagation time",
        tags: ["token-after-end"],
      },
      "used-in-two-places": {
        severity: "high",
        evidence: "fact",
        fires: "one token is used from place A, then B, then A again within alternationMs: one switch may be a move, a return cannot",
        silencedBy: "all uses coming from one workload and network, or a provider's own calls, which have no place",
        tags: ["token-theft"],
      },
      "service-fan-out": {
        severity: "medium",
        evidence: "fact",
        fires: "an audience-restricted token reaches more than twice as many services as any of the agent's earlier tokens, and at least fanOutFloor",
        silencedBy: "an earlier token of the agent having reached half as many",
        tags: ["token-theft"],
      },
    },
    formulas: [
      "place = (node, else instance; ASN, else address); A-B-A within min(lifetime, alternationMs)",
      "after expiry: t > exp + skewMs; after revocation: t > revokedAt + propagationMs; both judged in either order of arrival",
      "fan-out: F > 2 max(F of at least fanOutMinTokens finished tokens) and F >= fanOutFloor",
    ],
    blindSpots: [
      "a thief behind the same node and network as the owner",
      "a token whose audience is not reported, for mismatch and fan-out",
      "uses by a thief only after the owner has stopped (no return to A)",
      "of the uses before a revocation that is reported late only the first of each service and the newest are remembered",
    ],
    falsePositives: ["two egress networks behind one workload when no node or instance is reported (then the severity is medium)", "service names that differ from audience names: set `aliases`"],
    runbook: [
      "Read `evidence.places` or `evidence.service`: do you own both?",
      "List the token's uses in the ten minutes around `time`: which operations came from the second place?",
      "Revoke the token at its issuer, then look where it could have been read (logs, prompts, tool output) in the hour before.",
    ],
    references: [
      "https://www.rfc-editor.org/rfc/rfc9700 (OAuth 2.0 Security Best Current Practice)",
      "https://www.rfc-editor.org/rfc/rfc7009",
      "https://netflixtechblog.com/netflix-cloud-security-detecting-credential-compromise-in-aws-9493d6fd373a",
    ],
  },
  settings: Settings,
  on: ["api.called", "token.issued", "token.exchanged", "token.refreshed", "token.revoked"],
  hearsLate: true,
  columns: { agent: agentColumns, session: nothing, token: tokenColumns },

  step(rows, event, settings, out) {
    const { token } = rows;
    if (token === undefined) return;
    if (event.kind === "api.called") use(rows, token, event, settings, out);
    // A fact that arrives after uses condemns those that it makes wrong.
    else if (rows.own.token.uses.length > 0) for (const earlier of usesOf(rows.own.token)) judgeUse(rows, token, earlier, event, settings, out);
  },

  tokenEnded(_agent, own, token, ownToken) {
    if (token.audience === undefined || ownToken.uses.length === 0) return;
    const services = Math.min(MOST_SERVICES, ownToken.uses.length);
    while (own.reached.length <= services) own.reached.push(0);
    own.reached[services] = (own.reached[services] ?? 0) + 1;
  },
};

/** The first use of each service and the newest, oldest first. */
function usesOf(own: TokenColumns): readonly Use[] {
  return own.last === undefined || own.uses.includes(own.last) ? own.uses : [...own.uses, own.last];
}

/** The newest use is remembered to within this time, so that a busy token costs nothing for each call. */
const LAST_USE_MS = 60_000;

function use(rows: OwnRows, token: TokenRow, event: EventView, settings: Settings, out: Out): void {
  const own = rows.own.token;
  const known = useOf(own, event.low(TEXT.service));
  const ended = event.time > token.expiresAt + settings.skewMs || event.time > token.revokedAt + settings.propagationMs;
  const isNew = known === undefined || isFirstSuccess(known, event);
  if (isNew || ended || own.last === undefined || event.time > own.last.time + LAST_USE_MS) noteUse(rows, token, known, event, settings, out);
  alternation(rows, token, event, settings, out);
}

function useOf(own: TokenColumns, low: number): Use | undefined {
  for (const earlier of own.uses) if (earlier.low === low) return earlier;
  return undefined;
}

/** What a service accepts weighs more than what it refused before. */
const isFirstSuccess = (known: Use, event: EventView) => event.accepted && !known.accepted;

function noteUse(rows: OwnRows, token: TokenRow, known: Use | undefined, event: EventView, settings: Settings, out: Out): void {
  const own = rows.own.token;
  const now: Use = { low: event.low(TEXT.service), eventId: event.id, time: event.time, service: internedText(event, TEXT.service), accepted: event.accepted };
  own.last = now;
  // A literal list has room for just its one element; most tokens never see a second service.
  if (own.uses.length === 0) own.uses = [now];
  else if (known !== undefined && isFirstSuccess(known, event)) own.uses[own.uses.indexOf(known)] = now;
  else if (known === undefined && own.uses.length < MOST_SERVICES) own.uses.push(now);
  judgeUse(rows, token, now, event, settings, out);
  if (known === undefined) fanOut(rows, token, event, settings, out);
}

function judgeUse(rows: OwnRows, token: TokenRow, earlier: Use, event: EventView, settings: Settings, out: Out): void {
  const { audience } = token;
  const name = settings.aliases[earlier.service] ?? earlier.service;
  const isMeant = audience === undefined || audience.length === 0 || audience.includes(name);
  const isLate = earlier.time > token.expiresAt + settings.skewMs || earlier.time > token.revokedAt + settings.propagationMs;
  // Nearly every use ends here, so nothing is made before.
  if (isMeant && !isLate) return;
  const common = { service: earlier.service, accepted: earlier.accepted };
  const tell = teller(rows, token, earlier, event, out);
  if (!isMeant) {
    tell(earlier.accepted ? "audience-mismatch" : "audience-probe", {
      summary: `Service \`${earlier.service}\` ${earlier.accepted ? "accepted" : "was called with"} a token that was made for ${audience.map((one) => `\`${one}\``).join(", ")}.`,
      expected: "A service accepts only tokens with its own name in `aud`.",
      evidence: { ...common, audience: [...audience] },
    });
  }
  if (!earlier.accepted) return;
  const afterEnd = earlier.time - token.expiresAt;
  if (afterEnd > settings.skewMs) {
    tell("use-after-expiry", {
      summary: `Service \`${earlier.service}\` accepted a token ${seconds(afterEnd)} after it had expired.`,
      expected: `No use later than ${seconds(settings.skewMs)} after ${iso(token.expiresAt)}.`,
      evidence: { ...common, expiredAt: iso(token.expiresAt), afterMs: afterEnd },
    });
  }
  const afterRevocation = earlier.time - token.revokedAt;
  if (afterRevocation > settings.propagationMs) {
    tell("use-after-revocation", {
      summary: `Service \`${earlier.service}\` accepted a token ${seconds(afterRevocation)} after it had been revoked: the revocation is not effective there.`,
      expected: `No use later than ${seconds(settings.propagationMs)} after ${iso(token.revokedAt)}.`,
      evidence: { ...common, revokedAt: iso(token.revokedAt), afterMs: afterRevocation },
    });
  }
}

type Told = { summary: string; expected: string; evidence: Record<string, string | number | boolean | string[]>; severity?: "medium"; earlier?: string[] };

/** Tells each kind once of a token. The later of the use and the event in hand is the trigger, the other one evidence. */
function teller(rows: OwnRows, token: TokenRow, used: Moment, event: EventView, out: Out) {
  return (kind: Kind, told: Told) => {
    const bit = 1 << TOLD.indexOf(kind);
    if ((rows.own.token.told & bit) !== 0) return;
    rows.own.token.told |= bit;
    const inHand = { eventId: event.id, time: event.time };
    const [earlier, trigger] = isBefore(inHand, used) ? [inHand, used] : [used, inHand];
    out.finding({ kind, about: token.publicId || token.hash, trigger, earlier: [earlier.eventId], ...told });
  };
}

type Moment = { readonly eventId: string; readonly time: number };
const isBefore = (one: Moment, other: Moment) => one.time < other.time || (one.time === other.time && one.eventId < other.eventId);

function fanOut(rows: OwnRows, token: TokenRow, event: EventView, settings: Settings, out: Out): void {
  const services = rows.own.token.uses.length;
  const { reached } = rows.own.agent;
  const finished = reached.reduce((sum, count) => sum + count, 0);
  const most = reached.length - 1;
  if (token.audience === undefined || services < settings.fanOutFloor || finished < settings.fanOutMinTokens || services <= 2 * most) return;
  teller(rows, token, { eventId: event.id, time: event.time }, event, out)("service-fan-out", {
    summary: `One token has reached ${services} services.`,
    expected: `None of the agent's ${finished} earlier tokens reached more than ${most}.`,
    evidence: { services: rows.own.token.uses.map((one) => one.service), finishedTokens: finished, mostBefore: most },
  });
}

function alternation(rows: OwnRows, token: TokenRow, event: EventView, settings: Settings, out: Out): void {
  if (event.number(PROVIDER) === 1) return;
  const own = rows.own.token;
  const low = event.low(TEXT.node) ^ (event.has(TEXT.node) ? 0 : event.low(TEXT.instance));
  const network = event.number(ASN) || event.low(TEXT.ip);
  if (low === 0 && network === 0) return;
  const high = Math.imul(network, 0x9e3779b1);
  for (const known of own.places) if (known.low === low && known.high === high) return returnTo(known, rows, token, event, settings, out);
  const others = own.places.length < MOST_PLACES ? own.places : withoutOldest(own.places);
  own.places = [...others, place(event, low, high)];
}

function withoutOldest(places: readonly Place[]): readonly Place[] {
  const oldest = Math.min(...places.map(({ time }) => time));
  return places.toSpliced(places.findIndex(({ time }) => time === oldest), 1);
}

/** The token is back at A: if it was at B in between and lately, nobody moved. */
function returnTo(here: Place, rows: OwnRows, token: TokenRow, event: EventView, settings: Settings, out: Out): void {
  const before = here.time;
  // What comes out of order here is older than what is known of the place, and says nothing new.
  if (event.time < before) return;
  here.time = event.time;
  if (rows.own.token.places.length === 1) return;
  const lifetime = token.expiresAt - token.issuedAt;
  const within = Math.min(settings.alternationMs, Number.isNaN(lifetime) ? settings.alternationMs : lifetime);
  const away = rows.own.token.places.find((other) => other.time > before && other.time < event.time);
  if (away === undefined || event.time - before > within) return;
  const attested = here.attested && away.attested;
  teller(rows, token, { eventId: away.eventId, time: before }, event, out)("used-in-two-places", {
    summary: `One token is used from two places at once: ${here.text}, then ${away.text}, and back within ${seconds(event.time - before)}.`,
    expected: "A token stays with the workload that it was issued to; a move happens once and does not return.",
    ...(attested ? {} : { severity: "medium" as const }),
    earlier: [here.eventId, away.eventId],
    evidence: { places: [here.text, away.text], returnedAfterMs: event.time - before, attested },
  });
}

function place(event: EventView, low: number, high: number): Place {
  const attested = event.has(TEXT.node) || event.has(TEXT.instance);
  return { low, high, text: placeText(event, low, high), attested, eventId: event.id, time: event.time };
}

/** Texts of places, found by their hash: many tokens are used from the same ones. Begins anew when it is full. */
const placeTexts = new PairMap<string>();
const MOST_PLACE_TEXTS = 20_000;

function placeText(event: EventView, low: number, high: number): string {
  const known = placeTexts.get(low, high);
  if (known !== undefined) return known;
  const workload = event.text(TEXT.node) || event.text(TEXT.instance);
  const network = [event.text(TEXT.ip), event.number(ASN) === 0 ? "" : `AS${event.number(ASN) >>> 0}`].filter((part) => part !== "").join(" ");
  const text = [workload, network].filter((part) => part !== "").join(" at ");
  if (placeTexts.size >= MOST_PLACE_TEXTS) placeTexts.clear();
  placeTexts.set(low, high, text);
  return text;
}

const iso = (timeMs: number) => new Date(timeMs).toISOString();
const seconds = (ms: number) => (ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`);

