/** What token-reuse keeps of an agent and of each of its tokens, and how it is written. */
import type { ByteReader, ByteWriter } from "../codec.ts";
import type { Columns, PackedColumns } from "../detector.ts";
import type { Cells } from "../token-row.ts";
import type { TokenReuseSettings } from "./settings.ts";

/** What is kept of an agent. */
export interface ReuseColumns {
  /** How many services the agent's finished tokens reached: index = services, the last one is that many or more. */
  reachedCounts: number[];
  /** Services that tokens of the agent were used at: hashes, and their names. A token's services are bits, by these places. */
  services: readonly number[];
  names: readonly string[];
}

/** Most services told apart of one agent; the last bit stands for all further ones. */
export const MOST_SERVICES = 31;
/** Most places remembered of one token. */
export const MOST_PLACES = 4;
/** Most uses that wait until the token's audience is known: the first of each service. */
export const MOST_WAITING = 16;

/** A use that is remembered, because a fact that arrives later may condemn it. */
export interface Use {
  readonly service: string;
  readonly eventId: string;
  /** ms since 1970. */
  readonly time: number;
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

/** What only few tokens have. */
interface More {
  /** All places, once there are two; else empty. */
  places: readonly Place[];
  /** Uses before the audience was known. */
  waiting: readonly Use[];
}

/** Columns of agents. */
export const agentColumns: Columns<ReuseColumns, TokenReuseSettings> = {
  start: () => ({ reachedCounts: [], services: [], names: [] }),
  write({ reachedCounts, services, names }, to) {
    to.numbers(reachedCounts);
    to.numbers(services);
    to.texts(names);
  },
  read: (from) => ({ reachedCounts: from.numbers(), services: from.numbers(), names: from.texts() }),
};

const REACHED = 0;
const ACCEPTED = 1;
const TOLD = 2;
const LAST_SERVICE = 3;
const PLACE_LOW = 4;
const PLACE_HIGH = 5;
const PLACE_FLAGS = 6;

const LAST_TIME = 0;
const PLACE_TIME = 1;

const LAST_EVENT = 0;
const PLACE_EVENT = 1;
const PLACE_TEXT = 2;
const MORE = 3;

const HAS_PLACE = 1;
const IS_ATTESTED = 2;

/** Services that the token reached, as bits. */
export const reachedBits = (cells: Cells) => cells.page.numbers[cells.number + REACHED]!;
/** Services that accepted it. */
export const acceptedBy = (cells: Cells) => cells.page.numbers[cells.number + ACCEPTED]!;
/** Notes a use by the service with this bit. */
export function noteService(cells: Cells, bit: number, accepted: boolean): void {
  cells.page.numbers[cells.number + REACHED]! |= bit;
  if (accepted) cells.page.numbers[cells.number + ACCEPTED]! |= bit;
}

/** Kinds already told of this token, as bits. */
export const toldBits = (cells: Cells) => cells.page.numbers[cells.number + TOLD]!;
/** Notes that the kind with this bit is told. */
export function noteTold(cells: Cells, bit: number): void {
  cells.page.numbers[cells.number + TOLD]! |= bit;
}

/** Time of the newest accepted use that is remembered; NaN before the first. */
export const lastTime = (cells: Cells) => cells.page.times[cells.time + LAST_TIME]!;
/** The newest accepted use. */
export function lastUse(cells: Cells, { names }: ReuseColumns): Use | undefined {
  const time = lastTime(cells);
  if (Number.isNaN(time)) return undefined;
  const service = names[cells.page.numbers[cells.number + LAST_SERVICE]!] ?? "(one of many)";
  return { service, eventId: cells.page.others[cells.other + LAST_EVENT] as string, time, accepted: true };
}
/** Remembers the newest accepted use, at the service with this place in the agent's list. */
export function setLast(cells: Cells, service: number, eventId: string, timeMs: number): void {
  cells.page.numbers[cells.number + LAST_SERVICE] = service;
  cells.page.others[cells.other + LAST_EVENT] = eventId;
  cells.page.times[cells.time + LAST_TIME] = timeMs;
}

/** What the token has beyond what all have; undefined for most. */
export const moreOf = (cells: Cells) => cells.page.others[cells.other + MORE] as More | undefined;
/** The same, begun if it is not there. */
export function begunMore(cells: Cells): More {
  const more = moreOf(cells) ?? { places: [], waiting: [] };
  cells.page.others[cells.other + MORE] = more;
  return more;
}

/** Whether the token was used from anywhere yet. */
export const hasPlace = (cells: Cells) => cells.page.numbers[cells.number + PLACE_FLAGS] !== 0;
/** Whether the first place is this one. */
export const isPlace = (cells: Cells, low: number, high: number) =>
  cells.page.numbers[cells.number + PLACE_LOW] === low &&
  cells.page.numbers[cells.number + PLACE_HIGH] === high;
/** Notes a use from the first place. */
export function notePlace(cells: Cells, timeMs: number): void {
  if (timeMs > cells.page.times[cells.time + PLACE_TIME]!) cells.page.times[cells.time + PLACE_TIME] = timeMs;
}
/** The first place. */
export const firstPlace = (cells: Cells): Place => ({
  low: cells.page.numbers[cells.number + PLACE_LOW]!,
  high: cells.page.numbers[cells.number + PLACE_HIGH]!,
  text: cells.page.others[cells.other + PLACE_TEXT] as string,
  attested: (cells.page.numbers[cells.number + PLACE_FLAGS]! & IS_ATTESTED) !== 0,
  eventId: cells.page.others[cells.other + PLACE_EVENT] as string,
  time: cells.page.times[cells.time + PLACE_TIME]!,
});
/** Remembers the first place. */
export function setFirstPlace(cells: Cells, { low, high, text, attested, eventId, time }: Place): void {
  cells.page.numbers[cells.number + PLACE_LOW] = low;
  cells.page.numbers[cells.number + PLACE_HIGH] = high;
  cells.page.numbers[cells.number + PLACE_FLAGS] = HAS_PLACE | (attested ? IS_ATTESTED : 0);
  cells.page.others[cells.other + PLACE_EVENT] = eventId;
  cells.page.others[cells.other + PLACE_TEXT] = text;
  cells.page.times[cells.time + PLACE_TIME] = time;
}

/** Columns of tokens. */
export const tokenColumns: PackedColumns = {
  numbers: 7,
  times: 2,
  others: 4,
  write(cells, to) {
    for (let i = 0; i < 7; i++) to.i32(cells.page.numbers[cells.number + i]!);
    for (let i = 0; i < 2; i++) to.f64(cells.page.times[cells.time + i]!);
    for (let i = 0; i < MORE; i++) to.text((cells.page.others[cells.other + i] as string | undefined) ?? "");
    const { places, waiting } = moreOf(cells) ?? NO_MORE;
    to.u8(places.length);
    for (const place of places) writePlace(place, to);
    to.u8(waiting.length);
    for (const use of waiting) writeUse(use, to);
  },
  read(cells, from) {
    for (let i = 0; i < 7; i++) cells.page.numbers[cells.number + i] = from.i32();
    for (let i = 0; i < 2; i++) cells.page.times[cells.time + i] = from.f64();
    for (let i = 0; i < MORE; i++) cells.page.others[cells.other + i] = from.text();
    const places = Array.from({ length: from.u8() }, () => readPlace(from));
    const waiting = Array.from({ length: from.u8() }, () => readUse(from));
    if (places.length + waiting.length > 0) cells.page.others[cells.other + MORE] = { places, waiting };
  },
};
const NO_MORE: More = { places: [], waiting: [] };

function writeUse({ service, eventId, time, accepted }: Use, to: ByteWriter): void {
  to.texts([eventId, service]);
  to.f64(time);
  to.u8(accepted ? 1 : 0);
}

function readUse(from: ByteReader): Use {
  const [eventId = "", service = ""] = from.texts();
  return { service, eventId, time: from.f64(), accepted: from.u8() === 1 };
}

function writePlace({ low, high, text, eventId, attested, time }: Place, to: ByteWriter): void {
  to.i32(low);
  to.i32(high);
  to.texts([text, eventId]);
  to.u8(attested ? 1 : 0);
  to.f64(time);
}

function readPlace(from: ByteReader): Place {
  const [low, high] = [from.i32(), from.i32()];
  const [text = "", eventId = ""] = from.texts();
  return { low, high, text, attested: from.u8() === 1, eventId, time: from.f64() };
}
