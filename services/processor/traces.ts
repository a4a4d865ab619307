/** Spans of one batch: one for each finding, and, when there is a finding, one for the batch. */
import type { Span } from "@opentelemetry/api";
import type { Event } from "../../schemas/event.ts";
import type { Finding } from "../../schemas/finding.ts";
import type { RecordBatch } from "../ports/stream.ts";
import { beginSpan, linkedTo } from "../telemetry/tracing.ts";

/** The event that a finding is about. */
interface Trigger {
  readonly position: number;
  /** ms since 1970, NaN if unknown. */
  readonly observedMs: number;
  /** The trace that the agent itself was in. */
  readonly own: Event["trace"];
}

/** The spans of one batch, ended together. */
export interface BatchTraces {
  /** Begins when the event was observed, after the request that brought it, if that is known. */
  begin(finding: Finding, trigger: Trigger): Span;
  end(): void;
}

/** A batch without findings leaves no span: most have none, and metrics tell of them. */
export function traceBatch(batch: RecordBatch, startMs: number): BatchTraces {
  let span: Span | undefined;
  const ofBatch = () => {
    span ??= beginSpan("process events", { kind: "CONSUMER", startMs, attributes: attributesOf(batch) });
    return span.spanContext();
  };
  return {
    begin: (finding, { position, observedMs, own }) =>
      beginSpan("finding", {
        after: batch.traceAt?.(position),
        links: [ofBatch(), linkedTo(own?.id, own?.span)],
        startMs: Math.min(Number.isNaN(observedMs) ? startMs : observedMs, startMs),
        attributes: {
          "offgraph.tenant": finding.tenant,
          "offgraph.agent": finding.agent,
          "offgraph.finding": finding.id,
          "offgraph.detector": finding.detector,
          "offgraph.kind": finding.kind,
          "offgraph.severity": finding.severity,
        },
      }),
    end: () => span?.end(),
  };
}

/** https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/. */
const attributesOf = ({ partition, count }: RecordBatch) => ({
  "messaging.operation.type": "process",
  "messaging.operation.name": "process",
  "messaging.destination.name": "events",
  "messaging.destination.partition.id": `${partition}`,
  "messaging.batch.message_count": count,
});
