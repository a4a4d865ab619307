/** What is told of sources that lie in topics. */
import { metrics } from "@opentelemetry/api";

const meter = metrics.getMeter("offgraph");

/** For how long nothing has come. */
export const silentGauge = meter.createObservableGauge("offgraph_source_silent_seconds", {
  description: "Time since the last record of a source, in a process that reads some of it",
  unit: "s",
});
/** What is held in memory. */
export const notDurableBytes = meter.createObservableGauge("offgraph_source_open_bytes", {
  description: "Bytes of batches of a source that are not wholly durable; at 32 MiB no more is read",
  unit: "By",
});
/** The cap was met. */
export const forcedTotal = meter.createCounter("offgraph_source_forced_total", {
  description: "Events of a source that did not wait for earlier ones, because too many were waiting",
});
