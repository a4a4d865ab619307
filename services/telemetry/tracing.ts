/**
 * Spans of our own work, only where something is found or asked for: never one for each event. What follows from a finding is
 * one trace, over processes and restarts, because every derived record carries the span that has made it.
 */
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

interface SpanOptions {
  /** `traceparent` of the span that it follows from, or a context that holds one. Absent or not valid: it begins a trace. */
  readonly after?: string | Context | undefined;
  /** What led here too, in traces of their own. */
  readonly links?: readonly (SpanContext | undefined)[];
  /** ms since 1970; absent: now. */
  readonly startMs?: number;
  readonly kind?: keyof typeof SpanKind;
  readonly attributes?: Attributes;
}

const tracer = trace.getTracer("offgraph");
/** https://www.w3.org/TR/trace-context/#traceparent-header, version 0. */
const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Begins a span. Whoever begins it ends it when what it tells of is durable; one that is never ended is never sent. */
export function beginSpan(name: string, options: SpanOptions = {}): Span {
  const { after, links = [], startMs, kind = "INTERNAL", attributes = {} } = options;
  return tracer.startSpan(
    name,
    {
      kind: SpanKind[kind],
      attributes,
      links: links.flatMap((context): Link[] => (context === undefined ? [] : [{ context }])),
      ...(startMs !== undefined && { startTime: new Date(startMs) }),
    },
    typeof after === "object" ? after : contextAfter(after),
  );
}

/** `traceparent` for the records that a span makes, also when it is not kept, so that nothing of its trace is; undefined without telemetry. */
export const traceparentOf = (span: Span): string | undefined => written(span.spanContext());

/** `traceparent` of a caller whose trace is kept; undefined for all others. */
export function keptTraceOf(caller: Context): string | undefined {
  const context = trace.getSpanContext(caller);
  return context && (context.traceFlags & TraceFlags.SAMPLED) !== 0 ? written(context) : undefined;
}

function written(context: SpanContext): string | undefined {
  const { traceId, spanId, traceFlags } = context;
  if (!isSpanContextValid(context)) return undefined;
  return `00-${traceId}-${spanId}-0${traceFlags & TraceFlags.SAMPLED}`;
}

/** A span of somebody else's trace, by ids in hexadecimal digits; undefined if they are none. */
export function linkedTo(traceId = "", spanId = ""): SpanContext | undefined {
  const context = { traceId, spanId, traceFlags: TraceFlags.NONE, isRemote: true };
  return isSpanContextValid(context) ? context : undefined;
}

function contextAfter(traceparent = ""): Context {
  const [, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(traceparent) ?? [];
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  return isSpanContextValid(context) ? trace.setSpanContext(ROOT_CONTEXT, context) : ROOT_CONTEXT;
}
