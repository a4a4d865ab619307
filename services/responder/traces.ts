/** The span of a record on its way through the responder: of a finding, a decision or an outcome. */
import type { Span } from "@opentelemetry/api";
import { beginSpan } from "../telemetry/tracing.ts";
import { causeOf } from "./playbook.ts";
import type { AgentState, ResponderContext } from "./state.ts";
import type { ResponderRecord } from "./turn.ts";

const NAMES = { findings: "incident", decisions: "decision", outcomes: "outcome" } as const;

/** It goes on with the trace of its record; a decision about an incident with that of the finding that opened it. */
export function spanOf(
  arrival: ResponderRecord,
  state: AgentState,
  causes: ResponderContext["causes"],
): Span {
  const { tenant, agent } = arrival.value;
  return beginSpan(NAMES[arrival.from], {
    kind: "CONSUMER",
    after: arrival.from === "decisions" ? traceOf(arrival.value.incident, state) : arrival.trace,
    attributes: { "offgraph.tenant": tenant, "offgraph.agent": agent, ...attributesOf(arrival, causes) },
  });
}

const traceOf = (incident: string | undefined, { tracked }: AgentState) =>
  tracked.find((one) => one.incident.id === incident)?.trace;

function attributesOf({ from, value }: ResponderRecord, causes: ResponderContext["causes"]) {
  switch (from) {
    case "findings":
      return { "offgraph.finding": value.id, "offgraph.cause": causeOf(value, causes) };
    case "decisions":
      return { "offgraph.decision": value.id, "offgraph.verdict": value.verdict };
    case "outcomes":
      return { "offgraph.action": value.action, "offgraph.result": value.result };
  }
}
