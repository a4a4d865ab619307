/**
 * One batch of records on its way into the log. Accepted events and the first of the refused records are held
 * until its end; then the refused go to the dead letters, and the events are put in order and appended at once, so that a
 * batch that fails was not taken at all.
 */
import { setImmediate } from "node:timers/promises";
import { metrics } from "@opentelemetry/api";
import { type AcceptedOptions, openAccepted } from "./accepted.ts";
import { appendDeadLetters } from "./dead-letters.ts";
import type { Block, LongRecord } from "./file-blocks.ts";
import type { RecordParser } from "./record.ts";
import { openRejects, type Rejection, type RejectsOptions } from "./rejects.ts";
import { openFieldWarnings, type UnknownFieldWarning } from "./unknown-fields.ts";

/** Records that are read before others get their turn: a gateway's question must not wait for a whole batch. */
const ROUND_RECORDS = 1000;

/** Events that are in the log. */
export const acceptedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_events_total", {
  description: "Events accepted, by source",
});

/** What became of a batch. */
export interface IntakeResult {
  readonly accepted: number;
  /** The first 100. */
  readonly rejected: readonly Rejection[];
  readonly rejectedTotal: number;
  /** Unknown fields, the first ten names; missing if there were none. */
  readonly warnings?: readonly UnknownFieldWarning[];
}

interface IntakeOptions extends AcceptedOptions, RejectsOptions {
  readonly read: RecordParser;
}

export interface Intake {
  /** Reads records. Fails when the store or the log does. */
  take(records: Block | LongRecord): Promise<void>;
  /** Sets aside what could not even be read. */
  reject(rejection: Rejection): void;
  /** Resolves when all that was accepted or refused is durable. */
  finish(): Promise<IntakeResult>;
}

/** Begins a batch with nothing in it. */
export function openIntake(options: IntakeOptions): Intake {
  const { stream, clock, read, label } = options;
  const accepted = openAccepted(options);
  const rejects = openRejects(options);
  const warnings = openFieldWarnings(label);

  async function takeBlock(block: Block): Promise<void> {
    for (let from = 0; from < block.count; from += ROUND_RECORDS) {
      takeTurn(block, from, Math.min(block.count, from + ROUND_RECORDS));
      await accepted.askIfMany();
      await setImmediate();
    }
  }
  function takeTurn({ bytes, starts, ends, firstLine }: Block, from: number, to: number): void {
    const round = { nowMs: clock.now(), told: accepted.told };
    for (let at = from; at < to; at++) {
      const reading = read(bytes, starts[at] ?? 0, ends[at] ?? 0, round);
      const line = firstLine + at;
      if (reading.ignored !== undefined) warnings.add(line, reading.ignored);
      if ("ready" in reading) accepted.add(reading.ready, reading.event);
      else rejects.add({ line, ...reading.refused }, reading.record, reading.record.length);
    }
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
      const count = await accepted.append();
      acceptedTotal.add(count, { source: label });
      const warned = warnings.finish();
      return { accepted: count, ...rejects.result(), ...(warned.length > 0 && { warnings: warned }) };
    },
  };
}
