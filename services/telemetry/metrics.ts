/**
 * Metrics of this process in Prometheus' text form. Importing this file starts telemetry unless it runs already, so it comes
 * before everything that makes a counter.
 */
import { metrics } from "@opentelemetry/api";
import { version } from "../version.ts";
import { startTelemetry } from "./telemetry.ts";

const telemetry = startTelemetry();

const build = { version: version(), node: process.version };
metrics
  .getMeter("offgraph")
  .createObservableGauge("offgraph_build_info", {
    description: "Which release runs, on which Node; always 1",
  })
  .addCallback((result) => result.observe(1, build));

/** Every metric as it stands now; `text/plain; version=0.0.4`. */
export const prometheusText = (): Promise<string> => telemetry.prometheusText();
