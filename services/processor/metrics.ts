import { metrics } from "@opentelemetry/api";

const meter = metrics.getMeter("offgraph");

export const eventsTotal = meter.createCounter("offgraph_processor_events_total", {
  description: "Events folded",
});
export const unreadableTotal = meter.createCounter("offgraph_processor_unreadable_total", {
  description: "Records of the log that are no events; they are in the dead letters",
});
export const lateTotal = meter.createCounter("offgraph_processor_late_total", {
  description:
    "Events older than their agent's clock less latenessMs; out-of-graph and refresh-storm do not judge them",
});
export const duplicatesTotal = meter.createCounter("offgraph_processor_duplicates_total", {
  description: "Events dropped because their id was among the agent's newest",
});
export const commitDuration = meter.createHistogram("offgraph_processor_commit_duration_seconds", {
  unit: "s",
  description: "Time that a commit of one partition took",
});
export const lagGauge = meter.createObservableGauge("offgraph_processor_lag_events", {
  description: "Events appended and not yet folded",
});
export const agentsCapped = meter.createObservableCounter("offgraph_processor_capped_total", {
  description: "Sessions and tokens let go because an agent had too many",
});
