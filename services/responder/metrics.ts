/** Counters of the responder. */
import { metrics } from "@opentelemetry/api";
import type { AuditRecord } from "./state.ts";

const meter = metrics.getMeter("offgraph");

const opened = meter.createCounter("offgraph_responder_incidents_total", {
  description: "Incidents opened",
});
const attached = meter.createCounter("offgraph_responder_attached_total", {
  description: "Findings that became part of a roll-out instead of an incident of their own",
});
/** What had to go because there was too much of it, by what. */
export const capped = meter.createCounter("offgraph_responder_capped_total", {
  description:
    "Let go because there was too much of it: incidents of an agent (also in the audit log, as `incident.dropped`), first uses, groups and roll-outs of new versions",
});
const asked = meter.createCounter("offgraph_responder_actions_total", {
  description: "Actions asked for, by kind and mode",
});
const held = meter.createCounter("offgraph_responder_held_total", {
  description: "Playbook steps held back, by what",
});
const outcomes = meter.createCounter("offgraph_responder_outcomes_total", {
  description: "Outcomes of actions, by kind and result",
});
const decisions = meter.createCounter("offgraph_responder_decisions_total", {
  description: "Decisions of persons, by verdict",
});

/** Counts what a batch has added to the audit log: everything that the responder does stands there. */
export function countAll(records: readonly AuditRecord[]): void {
  for (const record of records) {
    if (record.what === "incident.opened") opened.add(1);
    if (record.what === "finding.attached") attached.add(1);
    if (record.what === "incident.dropped") capped.add(1, { what: "incidents", status: record.status });
    if (record.what === "action.asked") asked.add(1, { kind: record.action.kind, mode: record.action.mode });
    if (record.what === "action.held") held.add(1, { by: record.by });
    if (record.what === "decision.made") decisions.add(1, { verdict: record.decision.verdict });
    if (record.what === "outcome.recorded")
      outcomes.add(1, { kind: record.outcome.kind, result: record.outcome.result });
  }
}
