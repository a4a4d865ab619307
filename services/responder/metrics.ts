/** Counters of the responder. */
import { metrics } from "@opentelemetry/api";
import type { Turn } from "./turn.ts";

export interface ResponderMetrics {
  count(turn: Turn): void;
}

/** `offgraph_responder_*_total`: incidents opened, actions asked, steps held back by guard, outcomes by result. */
export function responderMetrics(): ResponderMetrics {
  const meter = metrics.getMeter("offgraph");
  const opened = meter.createCounter("offgraph_responder_incidents_total", {
    description: "Incidents opened.",
  });
  const asked = meter.createCounter("offgraph_responder_actions_total", {
    description: "Actions asked for.",
  });
  const held = meter.createCounter("offgraph_responder_held_total", {
    description: "Playbook steps held back, by what.",
  });
  const outcomes = meter.createCounter("offgraph_responder_outcomes_total", {
    description: "Outcomes of actions, by result.",
  });
  return {
    count({ audit }) {
      for (const record of audit) {
        if (record.what === "incident.opened") opened.add(1);
        if (record.what === "action.asked")
          asked.add(1, { kind: record.action.kind, mode: record.action.mode });
        if (record.what === "action.held") held.add(1, { by: record.by });
        if (record.what === "outcome.recorded") outcomes.add(1, { result: record.outcome.result });
      }
    },
  };
}
