import { metrics } from "@opentelemetry/api";
import type { FindingRecord } from "./send.ts";

const meter = metrics.getMeter("offgraph");

export const eventsTotal = meter.createCounter("offgraph_processor_events_total", {
  description: "Events folded",
});
export const batchRecords = meter.createHistogram("offgraph_processor_batch_records", {
  description: "Records of a batch read from the log",
});
export const unreadableTotal = meter.createCounter("offgraph_processor_unreadable_total", {
  description: "Records of the log that are no events; they are in the dead letters",
});
export const unreadableStateTotal = meter.createCounter("offgraph_processor_unreadable_state_total", {
  description: "Stored states of agents that could not be read, by detector; it learns those agents anew",
});
export const lateTotal = meter.createCounter("offgraph_processor_late_total", {
  description:
    "Events older than their agent's clock less latenessMs; out-of-graph and refresh-storm do not judge them",
});
export const duplicatesTotal = meter.createCounter("offgraph_processor_duplicates_total", {
  description: "Events dropped because their id was among the agent's newest",
});
const findingsTotal = meter.createCounter("offgraph_processor_findings_total", {
  description: "Findings appended, by detector and severity",
});
const findingDelay = meter.createHistogram("offgraph_processor_event_to_finding_seconds", {
  unit: "s",
  description: "From when an event was observed until its finding was durable",
});
export const commitDuration = meter.createHistogram("offgraph_processor_commit_duration_seconds", {
  unit: "s",
  description: "Time that a commit of one partition took",
});
export const lagGauge = meter.createObservableGauge("offgraph_processor_lag_events", {
  description: "Events appended and not yet folded, by partition, as of the last look",
});
export const agentsFound = meter.createCounter("offgraph_processor_agents_total", {
  description:
    "Agents of events, by where they were found: in memory, for each event; in the store or nowhere, once",
});
export const agentsForgotten = meter.createCounter("offgraph_processor_agents_forgotten_total", {
  description:
    "Agents let go from memory because there were more than processor.maxAgents; the store has them",
});
export const cappedTotal = meter.createObservableCounter("offgraph_processor_capped_total", {
  description:
    "What an agent had too much of, by what: sessions, tokens, held sessions and revocations let go, words of persons not taken in full, and (learned) names, edges, values, versions",
});

export const sessionsStanding = meter.createObservableCounter("offgraph_processor_scored_sessions_total", {
  description:
    "Sessions that were scored, by whether they were judged and why not: learning, calibration (too few scores are known) or budget (of false alerts, spent)",
});

/** Counts findings that are durable at `nowMs`. */
export function countFindings(records: readonly FindingRecord[], nowMs: number): void {
  for (const { finding, observedMs } of records) {
    const { detector, severity } = finding;
    findingsTotal.add(1, { detector, severity });
    if (!Number.isNaN(observedMs)) findingDelay.record(Math.max(0, nowMs - observedMs) / 1000, { detector });
  }
}
