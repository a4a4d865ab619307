/** The span of a request that brings events: one for all of them. */
import { type Context, metrics, propagation, ROOT_CONTEXT, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyRequest } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import type { Clock } from "../ports/clock.ts";
import { beginSpan, keptTraceOf, traceparentOf } from "../telemetry/tracing.ts";
import type { IntakeResult } from "./intake.ts";

/** Requests of a second that have a span: with one event in each request, it would be a span for each event. */
const MOST_PER_SECOND = 100;

const untracedTotal = metrics.getMeter("offgraph").createCounter("offgraph_ingest_untraced_total", {
  description: "Requests without a span, because their second had too many of them",
});

/** The span of one request, until it is told how that ended. */
interface RequestTrace {
  /** For the events; undefined if the trace is not kept: then they need not carry it. */
  readonly trace: string | undefined;
  accepted(result: IntakeResult): void;
  failed(error: unknown): void;
  end(): void;
}

/** Goes on with the traces of callers that send their context: https://www.w3.org/TR/trace-context/. */
export function openTraces({ now }: Clock): (request: FastifyRequest) => RequestTrace {
  let [second, count] = [0, 0];
  const hasRoom = () => {
    const current = Math.floor(now() / 1000);
    if (current !== second) [second, count] = [current, 0];
    return count++ < MOST_PER_SECOND;
  };
  return ({ headers, access }) => {
    const caller = propagation.extract(ROOT_CONTEXT, headers);
    if (hasRoom()) return traced(caller, access.tenant);
    untracedTotal.add(1);
    return untraced(caller);
  };
}

const nothing = () => {};
/** What is found in its events goes on with the caller's own span. */
const untraced = (caller: Context): RequestTrace => ({
  trace: keptTraceOf(caller),
  accepted: nothing,
  failed: nothing,
  end: nothing,
});

function traced(caller: Context, tenant: string): RequestTrace {
  const span = beginSpan("POST /v1/events", {
    kind: "SERVER",
    after: caller,
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "offgraph.tenant": tenant,
    },
  });
  return {
    trace: span.isRecording() ? traceparentOf(span) : undefined,
    accepted: ({ accepted, rejectedTotal }) => {
      span.setAttributes({ "offgraph.accepted": accepted, "offgraph.rejected": rejectedTotal });
    },
    failed: (error) => {
      const code = error instanceof OffgraphError ? error.code : "internal";
      span.setAttribute("error.type", code);
      // What the caller has done wrong is no error of ours.
      if (code === "unavailable" || code === "internal") span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}
