import { metrics } from "@opentelemetry/api";

const meter = metrics.getMeter("offgraph");

export const daysTotal = meter.createCounter("offgraph_learner_days_total", {
  description: "Days of event time that were added up",
});
export const versionsTotal = meter.createCounter("offgraph_learner_versions_total", {
  description: "Versions of peer groups and tenants that were written",
});
export const daysMissed = meter.createCounter("offgraph_learner_days_missed_total", {
  description:
    "Days that were not added up, because a later one was over before; agents are judged by an older version",
});
export const capped = meter.createCounter("offgraph_learner_capped_total", {
  description:
    "Days on which there were more peer groups than may have a version (groups), and groups of a day of which not every agent was added up (peers)",
});
