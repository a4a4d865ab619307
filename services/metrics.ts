/**
 * Metrics of this process in Prometheus' text form. Importing this file registers the meter provider, so it comes before
 * everything that makes a counter: the OpenTelemetry API hands out idle meters until a provider is there.
 */
import { metrics } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { AggregationType, MeterProvider, type ViewOptions } from "@opentelemetry/sdk-metrics";
import { version } from "./version.ts";

const reader = new PrometheusExporter({ preventServerStart: true });
const serializer = new PrometheusSerializer("", false, undefined, true, true);
/** Upper bounds for what is measured in seconds; the default ones are made for milliseconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const seconds: ViewOptions = {
  instrumentName: "*_seconds",
  aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: SECONDS } },
};
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader], views: [seconds] }));

const build = { version: version(), node: process.version };
metrics
  .getMeter("offgraph")
  .createObservableGauge("offgraph_build_info", {
    description: "Which release runs, on which Node; always 1",
  })
  .addCallback((result) => result.observe(1, build));

/** Every metric as it stands now; `text/plain; version=0.0.4`. */
export async function prometheusText(): Promise<string> {
  const { resourceMetrics } = await reader.collect();
  return serializer.serialize(resourceMetrics);
}
