/** Accepted events on their way from the door into the log: one batch's, and their order. */
import { EVENT_KINDS, type Event } from "../../schemas/event.ts";
import { type NewRecord, partitionOf } from "../ports/stream.ts";

/** An event with what orders it. */
export interface Ready {
  readonly timeMs: number;
  /** Place of its kind among the kinds: causes before effects. */
  readonly rank: number;
  /** Absent: it is read from the line when it is asked for, which is seldom. */
  readonly id?: string;
  readonly record: NewRecord;
}

const RANKS = new Map(EVENT_KINDS.map((kind, rank) => [kind, rank]));

/** An event and its line, as the door wrote it. */
export function readied(event: Event, line: string, partitions: number): Ready {
  const agent = "agent" in event ? event.agent.id : "";
  return {
    timeMs: Date.parse(event.time),
    rank: RANKS.get(event.kind) ?? 0,
    id: event.id,
    record: recordFor(event.tenant, agent, Buffer.from(line), partitions),
  };
}

/** A line for the log; all of an agent's events go to one partition. */
export function recordFor(tenant: string, agent: string, value: Uint8Array, partitions: number): NewRecord {
  return { stream: "events", partition: partitionOf(`${tenant}/${agent}`, partitions), value };
}

/** By time, then causes before effects, then id. */
export function inOrder(a: Ready, b: Ready): number {
  if (a.timeMs !== b.timeMs) return a.timeMs - b.timeMs;
  if (a.rank !== b.rank) return a.rank - b.rank;
  const [own, other] = [idOf(a), idOf(b)];
  return own < other ? -1 : own > other ? 1 : 0;
}

const ID_AT = '{"id":"'.length;
const QUOTE = 34;

/** A line without an id beside it is plain text without escapes. */
function idOf({ id, record: { value } }: Ready): string {
  return id ?? String.fromCharCode(...value.subarray(ID_AT, value.indexOf(QUOTE, ID_AT)));
}
