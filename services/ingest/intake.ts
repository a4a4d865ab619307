/**
 * One batch of records on its way into the log. Accepted events and the first of the refused records are held
 * until its end; then the refused go to the dead letters, and the events are put in order and appended at once, so that a
 * batch that fails was not taken at all.
 */
import { setImmediate } from "node:timers/promises";
import { metrics } from "@opentelemetry/api";
import type { DeadLetter } from "../../schemas/dead-letter.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import { EVENT_KINDS, type Event } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import type { Clock } from "../ports/clock.ts";
import { type NewRecord, partitionOf, type Stream } from "../ports/stream.ts";
import type { TokenIndex } from "./attribute.ts";
import { appendDeadLetters, deadLetter } from "./dead-letters.ts";
import type { Block, LongRecord } from "./file-blocks.ts";
import type { RecordReader } from "./record.ts";

/** Rejections that an answer lists; the others are counted. */
const MAX_LISTED = 100;
/** Refused records of a batch that become dead letters; one more letter counts the others. */
const MAX_LETTERS = 1000;
/** Records that are read before others get their turn: a gateway's question must not wait for a whole batch. */
const TURN_RECORDS = 1000;

const meter = metrics.getMeter("offgraph");
const acceptedTotal = meter.createCounter("offgraph_ingest_events_total", {
  description: "Events accepted, by source",
});
const rejectedTotal = meter.createCounter("offgraph_ingest_rejected_total", {
  description: "Records rejected, by source and code",
});

export interface Rejection {
  readonly line: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** What became of a batch. */
export interface IntakeResult {
  readonly accepted: number;
  /** The first 100. */
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
}

export interface IntakeOptions {
  readonly stream: Stream;
  readonly index: TokenIndex;
  readonly clock: Clock;
  readonly read: RecordReader;
  readonly tenant: string;
  readonly source: string;
  /** The source's name in metrics. */
  readonly label: string;
  /** For dead letters: `http` ... */
  readonly place: string;
}

export interface Intake {
  /** Reads records. Fails when the store or the log does. */
  take(records: Block | LongRecord): Promise<void>;
  /** Sets aside what could not even be read. */
  reject(rejection: Rejection): void;
  /** Resolves when all that was accepted or refused is durable. */
  finish(): Promise<IntakeResult>;
}

/** An event with what orders it. */
interface Ready {
  readonly time: string;
  readonly rank: number;
  readonly id: string;
  readonly record: NewRecord;
}

const RANKS = new Map(EVENT_KINDS.map((kind, rank) => [kind, rank]));

export function openIntake(options: IntakeOptions): Intake {
  const { stream, index, clock, read, tenant, label } = options;
  const ready: Ready[] = [];
  const rejects = openRejects(options);

  async function takeBlock(block: Block): Promise<void> {
    for (let from = 0; from < block.count; from += TURN_RECORDS) {
      await takeTurn(block, from, Math.min(block.count, from + TURN_RECORDS));
      await setImmediate();
    }
  }
  async function takeTurn({ bytes, starts, ends, firstLine }: Block, from: number, to: number) {
    const nowMs = clock.now();
    const events: Event[] = [];
    const lines: string[] = [];
    for (let at = from; at < to; at++) {
      const record = bytes.subarray(starts[at], ends[at]);
      const admission = read(record, nowMs);
      if ("refused" in admission) {
        rejects.add({ line: firstLine + at, ...admission.refused }, record, record.length);
        continue;
      }
      events.push(admission.event);
      lines.push(admission.line);
    }
    const attributed = await index.attribute(tenant, events, nowMs);
    attributed.forEach((event, at) => {
      const line = event === events[at] ? lines[at] : undefined;
      ready.push(readied(event, line ?? canonicalLine(event), stream.partitions));
    });
  }
  return {
    async take(records) {
      if ("code" in records) {
        const { code, line, excerpt, bytes } = records;
        rejects.add({ line, code, message: "the record is too long" }, excerpt, bytes);
      } else await takeBlock(records);
    },
    reject: (rejection) => rejects.add(rejection, Buffer.alloc(0), 0),
    async finish() {
      await appendDeadLetters(stream, rejects.letters());
      ready.sort(inOrder);
      if (ready.length > 0) await stream.append(ready.map(({ record }) => record));
      acceptedTotal.add(ready.length, { source: label });
      return { accepted: ready.length, ...rejects.result() };
    },
  };
}

/** Counts what is rejected, lists the first of it, and keeps more of it as dead letters. */
function openRejects({ clock, tenant, source, label, place }: IntakeOptions) {
  const listed: Rejection[] = [];
  const letters: DeadLetter[] = [];
  let total = 0;
  let last: Rejection | undefined;
  const letterOf = (rejection: Rejection, record: Buffer, bytes: number) =>
    deadLetter({ ...rejection, source, tenant, place, record, bytes }, clock.now());
  return {
    /** `bytes` is the length of the whole record, of which `record` may be the beginning. */
    add(rejection: Rejection, record: Buffer, bytes: number): void {
      total++;
      rejectedTotal.add(1, { source: label, code: rejection.code });
      if (listed.length < MAX_LISTED) listed.push(rejection);
      if (letters.length < MAX_LETTERS) letters.push(letterOf(rejection, record, bytes));
      last = rejection;
    },
    letters(): readonly DeadLetter[] {
      const more = total - letters.length;
      if (last === undefined || more === 0) return letters;
      const message = `and ${more} more records up to this line; the last one: ${last.message}`;
      return [...letters, letterOf({ ...last, message }, Buffer.alloc(0), 0)];
    },
    result: () => ({ rejected: listed, rejectedTotal: total }),
  };
}

function readied(event: Event, line: string, partitions: number): Ready {
  const agent = "agent" in event ? event.agent.id : "";
  const partition = partitionOf(`${event.tenant}/${agent}`, partitions);
  const record: NewRecord = { stream: "events", partition, value: Buffer.from(line) };
  return { time: event.time, rank: RANKS.get(event.kind) ?? 0, id: event.id, record };
}

/** By time, then causes before effects, then id. Times are canonical, so that they compare as text. */
function inOrder(a: Ready, b: Ready): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1;
  if (a.rank !== b.rank) return a.rank - b.rank;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
