/**
 * The quick way into the log. A line that has the form in which the log holds events is not parsed: what the door would
 * stamp is put in where it is missing, and the strict scanner vouches for all the rest. What is accepted here is, byte for byte,
 * what the door would have made of the line; everything else is left to the door.
 */
import type { Event } from "../../schemas/event.ts";
import { LINE_FORM } from "../../schemas/event-line.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns, OBSERVED, TEXT, TIME } from "../../schemas/event-view.ts";
import { ISSUING, type TokenIndex } from "./attribute.ts";
import { MAX_AHEAD_MS } from "./door.ts";
import type { Key } from "./key.ts";
import { type Ready, recordFor } from "./ready.ts";
import { looksSecret } from "./secrets.ts";

/** Longer lines are left to the door: ours are short, and matching a form takes memory. */
const MAX_BYTES = 16_384;
/** Readable bytes that the scanner wants after a line. */
const PADDING = 32;
/** Memory for lines that are put together is taken in pieces. */
const ROOM_BYTES = 65_536;

/** What lines in our own form are read with. */
export interface QuickOptions {
  readonly key: Key;
  readonly index: TokenIndex;
  readonly tierOf: (service: string, name: string) => 0 | 1 | 2;
  readonly partitions: number;
}

/** An accepted event. `event` is set if the token index has to see it. */
export interface Quick {
  readonly ready: Ready;
  readonly event?: Event;
}

/** Records that are read at one time, and that the token index is then asked about together. */
export interface ReadingRound {
  readonly nowMs: number;
  /** Tokens that the index will have seen under an agent's name when it has been asked. */
  readonly told: Set<string>;
}

/** Reads `bytes[start, end)`; undefined: ask the door. The answer may be a view of `bytes`. */
export type QuickReader = (
  bytes: Buffer,
  start: number,
  end: number,
  round: ReadingRound,
) => Quick | undefined;

/** Makes a reader for what one caller sends. All of them share one scanner, which gets to know the texts that come often. */
export function quickReaders(options: QuickOptions): (tenant: string, source: string) => QuickReader {
  const { index, partitions } = options;
  const view = new EventView(eventColumns(1)).move(0);
  const scanner = new EventScanner(hashKey(options.key.secret), looksSecret);
  const place = openRoom();

  function accepts(bytes: Buffer, start: number, end: number, nowMs: number): boolean {
    if (!scanner.scan(bytes, start, end, view.columns, 0, true) || view.kind === "tick") return false;
    const observedMs = view.columns.times[OBSERVED] ?? Number.NaN;
    return observedMs <= nowMs && (view.columns.times[TIME] ?? Number.NaN) <= observedMs + MAX_AHEAD_MS;
  }
  /** Whose the token is, the index learns from an issuance, and from the first use under an agent's name. */
  function concernsIndex(tenant: string, round: ReadingRound): boolean {
    const [isPublicNew, isHashNew] = [isNew(TEXT.publicId, tenant, round), isNew(TEXT.hash, tenant, round)];
    return isPublicNew || isHashNew;
  }
  function isNew(
    column: typeof TEXT.publicId | typeof TEXT.hash,
    tenant: string,
    round: ReadingRound,
  ): boolean {
    if (!view.has(column)) return false;
    const token = view.text(column);
    const { told, nowMs } = round;
    const known = !ISSUING.has(view.kind) && (told.has(token) || index.knows(tenant, token, nowMs));
    if (!known) told.add(token);
    return !known;
  }
  function accepted(tenant: string, value: Buffer, round: ReadingRound): Quick {
    const record = recordFor(tenant, view.text(TEXT.agent), value, partitions);
    const ready = { timeMs: view.time, rank: view.kindIndex, record };
    return concernsIndex(tenant, round) ? { ready, event: JSON.parse(value.toString("latin1")) } : { ready };
  }

  return (tenant, source) => {
    const complete = completer(tenant, source, options.tierOf);
    return (bytes, start, end, round) => {
      const text = end - start <= MAX_BYTES ? bytes.toString("latin1", start, end) : "";
      const line = complete(text, round.nowMs);
      if (line === undefined) return undefined;
      const at = line === text ? { bytes, start } : place(line);
      if (!accepts(at.bytes, at.start, at.start + line.length, round.nowMs)) return undefined;
      return accepted(tenant, at.bytes.subarray(at.start, at.start + line.length), round);
    };
  };
}

/** What the door would stamp or derive, put where it is missing in a line of the right form; undefined if it has another one. */
function completer(tenant: string, source: string, tierOf: QuickOptions["tierOf"]) {
  const origin = `,"tenant":${JSON.stringify(tenant)},"source":${JSON.stringify(source)}`;
  // Lines are handled as bytes of one character each.
  if (!/^[ -~]*$/.test(origin)) return () => undefined;
  let seen = { nowMs: Number.NaN, stamp: "" };
  const stampOf = (nowMs: number) => {
    if (seen.nowMs !== nowMs) seen = { nowMs, stamp: `,"observedTime":"${new Date(nowMs).toISOString()}"` };
    return seen.stamp;
  };
  return (text: string, nowMs: number): string | undefined => {
    const parts = LINE_FORM.exec(text);
    if (parts === null) return undefined;
    const [, head = "", observed, agent = "", middle = "", service, name, rest = ""] = parts;
    const isTierless = service !== undefined && name !== undefined && !rest.startsWith(',"tier"');
    const tier = isTierless ? `,"tier":${tierOf(service, name)}` : "";
    return `${head}${observed || stampOf(nowMs)}${origin}${agent},"attribution":"named"${middle}${tier}${rest}`;
  };
}

/** Places lines side by side in large buffers, where they stay. */
function openRoom() {
  let bytes = Buffer.alloc(0);
  let used = 0;
  return (line: string) => {
    if (used + line.length + PADDING > bytes.length) {
      bytes = Buffer.allocUnsafeSlow(ROOM_BYTES);
      used = 0;
    }
    const start = used;
    used += bytes.write(line, start, "latin1");
    return { bytes, start };
  };
}
