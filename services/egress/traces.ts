/** The span of an action on its way through egress. */
import type { Span } from "@opentelemetry/api";
import type { Action } from "../../schemas/action.ts";
import type { Passage } from "../../schemas/origin.ts";
import type { Arrival } from "../records.ts";
import { beginSpan, traceparentOf } from "../telemetry/tracing.ts";

/** It goes on with the trace of the finding or decision that the action follows from. */
export const spanOf = ({ value: action, trace }: Arrival<Action> & Passage): Span =>
  beginSpan("action", {
    kind: "CONSUMER",
    after: trace,
    attributes: {
      "offgraph.tenant": action.tenant,
      "offgraph.agent": action.agent,
      "offgraph.action": action.id,
      "offgraph.action.kind": action.kind,
      "offgraph.action.mode": action.mode,
    },
  });

/** What the outcome carries. */
export const onward = ({ foundAtMs }: Passage, span: Span | undefined): Passage => ({
  trace: span && traceparentOf(span),
  foundAtMs,
});
