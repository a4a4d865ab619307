/** Findings on their way out: each with its origin, to the partition of its agent. */
import type { Span } from "@opentelemetry/api";
import { z } from "zod";
import { groupOf } from "../../detectors/fold/working-set.ts";
import { eventFields } from "../../schemas/event.ts";
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { Derived } from "../../schemas/origin.ts";
import { type NewRecord, partitionOf } from "../ports/stream.ts";
import { traceparentOf } from "../telemetry/tracing.ts";
import { countFindings } from "./metrics.ts";
import type { State } from "./state.ts";
import type { BatchTraces } from "./traces.ts";

/** A finding to be appended, and when its event was observed: ms since 1970, NaN if unknown. */
export interface FindingRecord extends NewRecord {
  readonly finding: Finding;
  readonly observedMs: number;
  /** Ends when the finding is durable. */
  readonly span: Span;
}

/** Collects the findings of one event after another: one for many events, because most have none. */
interface Collector {
  /** The event in hand is the one at this position. */
  at(position: number): void;
  readonly emit: (finding: Finding) => void;
}

/** The span in which the agent was; a view has no column for it. */
const Traced = z.object({ trace: eventFields.trace });
const ownTrace = (event: EventView) =>
  event.has(TEXT.trace) ? Traced.parse(JSON.parse(event.line())).trace : undefined;

/** Collects into `out`; `event` is the view that the events are folded by. */
export function collector(
  out: NewRecord[],
  { partition, stream, clock }: State,
  event: EventView,
  traces: BatchTraces,
): Collector {
  let position = 0;
  let index = 0;
  const at = (next: number) => {
    position = next;
    index = 0;
  };
  const emit = (finding: Finding): void => {
    const origin = { stage: "processor", partition, position, index: index++ } as const;
    const observedMs = event.observedAt;
    const span = traces.begin(finding, { position, observedMs, own: ownTrace(event) });
    const trace = traceparentOf(span);
    const derived: Derived<Finding> = { origin, trace, foundAtMs: clock.now(), value: finding };
    const record: FindingRecord = {
      stream: "findings",
      partition: partitionOf(groupOf(finding.tenant, finding.agent), stream.partitions),
      value: Buffer.from(JSON.stringify(derived)),
      trace,
      finding,
      observedMs,
      span,
    };
    out.push(record);
  };
  return { at, emit };
}

/** Appends what events have led to, and counts the findings among it. */
export async function send(out: readonly NewRecord[], { stream, clock }: State): Promise<void> {
  if (out.length === 0) return;
  await stream.append(out);
  const findings = out.filter(isFinding);
  countFindings(findings, clock.now());
  for (const { span } of findings) span.end();
}

const isFinding = (record: NewRecord): record is FindingRecord => "finding" in record;
