/** What token-reuse keeps of an agent and of each of its tokens, and how it is written. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { Columns } from "../detector.ts";
import type { Settings } from "./settings.ts";

/** How many services the agent's finished tokens reached: index = services, the last one is that many or more. */
export interface AgentColumns {
  readonly reached: number[];
}

/** Uses of a token by one service. */
export interface Use {
  /** Hash of the service's name. */
  readonly low: number;
  readonly eventId: string;
  /** ms since 1970. */
  readonly time: number;
  readonly service: string;
  readonly accepted: boolean;
}

/** A place that a token was used from. */
export interface Place {
  readonly low: number;
  readonly high: number;
  readonly text: string;
  /** A workload or node is named, not only an address. */
  readonly attested: boolean;
  /** The first use from there. */
  readonly eventId: string;
  /** The newest use from there, ms since 1970. */
  time: number;
}

/** What is kept of a token. */
export interface TokenColumns {
  /** First use of each service, at most MOST_SERVICES. */
  uses: Use[];
  /** The newest use. */
  last: Use | undefined;
  /** The newest MOST_PLACES. */
  places: readonly Place[];
  /** Kinds already told of this token, as bits. */
  told: number;
}

/** Most services remembered of one token. */
export const MOST_SERVICES = 16;
/** Most places remembered of one token. */
export const MOST_PLACES = 4;

const NOWHERE: readonly Place[] = [];

/** Columns of agents. */
export const agentColumns: Columns<AgentColumns, Settings> = {
  start: () => ({ reached: [] }),
  write: (state, to) => to.numbers(state.reached),
  read: (from) => ({ reached: from.numbers() }),
};

/** Columns of tokens. */
export const tokenColumns: Columns<TokenColumns, Settings> = {
  start: () => ({ uses: [], last: undefined, places: NOWHERE, told: 0 }),
  write({ uses, last, places, told }, to) {
    const all = last === undefined ? uses : [...uses, last];
    to.u8(last === undefined ? 0 : 1);
    to.u8(all.length);
    for (const use of all) writeUse(use, to);
    to.u8(places.length);
    for (const place of places) writePlace(place, to);
    to.u8(told);
  },
  read(from) {
    const hasLast = from.u8() === 1;
    const uses = Array.from({ length: from.u8() }, () => readUse(from));
    const last = hasLast ? uses.pop() : undefined;
    const places = Array.from({ length: from.u8() }, () => readPlace(from));
    return { uses, last, places, told: from.u8() };
  },
};

function writeUse(use: Use, to: ByteWriter): void {
  to.texts([use.eventId, use.service]);
  to.i32(use.low);
  to.f64(use.time);
  to.u8(use.accepted ? 1 : 0);
}

function readUse(from: ByteReader): Use {
  const [eventId = "", service = ""] = from.texts();
  return { low: from.i32(), eventId, time: from.f64(), service, accepted: from.u8() === 1 };
}

function writePlace(place: Place, to: ByteWriter): void {
  to.numbers([place.low, place.high]);
  to.texts([place.text, place.eventId]);
  to.u8(place.attested ? 1 : 0);
  to.f64(place.time);
}

function readPlace(from: ByteReader): Place {
  const [low = 0, high = 0] = from.numbers();
  const [text = "", eventId = ""] = from.texts();
  return { low, high, text, attested: from.u8() === 1, eventId, time: from.f64() };
}
