/**
 * Metrics of this process in Prometheus' text form. Importing this file registers the meter provider, so it comes before
 * everything that makes a counter: the OpenTelemetry API hands out idle meters until a provider is there.
 */
import { metrics } from "@opentelemetry/api";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import { MeterProvider } from "@opentelemetry/sdk-metrics";

const reader = new PrometheusExporter({ preventServerStart: true });
const serializer = new PrometheusSerializer("", false, undefined, true, true);
metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

/** Every metric as it stands now; `text/plain; version=0.0.4`. */
export async function prometheusText(): Promise<string> {
  const { resourceMetrics } = await reader.collect();
  return serializer.serialize(resourceMetrics);
}
