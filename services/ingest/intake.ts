/**
 * One batch of records on its way into the log. Refused records go to the dead letters while the batch is read; accepted
 * events are held until its end, put in order and appended at once, so that a batch that fails was not taken at all.
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
/** Dead letters that are held before they are written. */
const MAX_LETTERS = 1000;

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
  const { stream, index, clock, read, tenant, source } = options;
  const ready: Ready[] = [];
  const rejects = openRejects(options);

  async function takeBlock({ bytes, starts, ends, count, firstLine }: Block): Promise<void> {
    const nowMs = clock.now();
    const events: Event[] = [];
    const lines: string[] = [];
    for (let at = 0; at < count; at++) {
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
      await rejects.flush(MAX_LETTERS);
      // A gateway's question must not wait for a whole batch.
      await setImmediate();
    },
    reject: (rejection) => rejects.add(rejection, Buffer.alloc(0), 0),
    async finish() {
      await rejects.flush(0);
      ready.sort(inOrder);
      if (ready.length > 0) await stream.append(ready.map(({ record }) => record));
      acceptedTotal.add(ready.length, { source });
      return { accepted: ready.length, ...rejects.result() };
    },
  };
}

/** Counts what is rejected, lists the first of it, and keeps all of it as dead letters. */
function openRejects({ stream, clock, tenant, source, place }: IntakeOptions) {
  const listed: Rejection[] = [];
  let letters: DeadLetter[] = [];
  let total = 0;
  return {
    /** `bytes` is the length of the whole record, of which `record` may be the beginning. */
    add(rejection: Rejection, record: Buffer, bytes: number): void {
      total++;
      rejectedTotal.add(1, { source, code: rejection.code });
      if (listed.length < MAX_LISTED) listed.push(rejection);
      letters.push(deadLetter({ ...rejection, source, tenant, place, record, bytes }, clock.now()));
    },
    /** Writes the dead letters if there are more than `most`. */
    async flush(most: number): Promise<void> {
      if (letters.length <= most) return;
      const written = letters;
      letters = [];
      await appendDeadLetters(stream, written);
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
