/** The span of a request that brings events: one for all of them. */
import { propagation, ROOT_CONTEXT, SpanStatusCode } from "@opentelemetry/api";
import type { FastifyRequest } from "fastify";
import { OffgraphError } from "../../schemas/errors.ts";
import { beginSpan, traceparentOf } from "../tracing.ts";
import type { IntakeResult } from "./intake.ts";

export interface RequestTrace {
  /** For the events; undefined if the trace is not kept: then they need not carry it. */
  readonly trace: string | undefined;
  accepted(result: IntakeResult): void;
  failed(error: unknown): void;
  end(): void;
}

/** Goes on with the trace of the caller, if he has sent its context: https://www.w3.org/TR/trace-context/. */
export function traceRequest({ headers, access }: FastifyRequest): RequestTrace {
  const span = beginSpan("POST /v1/events", {
    kind: "SERVER",
    after: propagation.extract(ROOT_CONTEXT, headers),
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "offgraph.tenant": access.tenant,
    },
  });
  return {
    trace: span.isRecording() ? traceparentOf(span) : undefined,
    accepted: ({ accepted, rejectedTotal }) => {
      span.setAttribute("offgraph.accepted", accepted);
      span.setAttribute("offgraph.rejected", rejectedTotal);
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
