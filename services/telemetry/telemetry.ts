/**
 * OpenTelemetry of this process: one SDK for traces and metrics. It has to be there before everything that makes an instrument,
 * because the API hands out idle ones until then; so whoever comes first decides what is sent. `/metrics` shows the same
 * instruments. A collector that does not answer slows nothing: spans and metrics wait in bounded queues, and go when those are full.
 */
import { setTimeout } from "node:timers/promises";
import { type DiagLogger, DiagLogLevel, diag, metrics } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { PrometheusExporter, PrometheusSerializer } from "@opentelemetry/exporter-prometheus";
import {
  AggregationType,
  InstrumentType,
  PeriodicExportingMetricReader,
  type ViewOptions,
} from "@opentelemetry/sdk-metrics";
import { NodeSDK } from "@opentelemetry/sdk-node";
import type { Exporting } from "../settings/telemetry.ts";

export interface Telemetry {
  /** Every metric as it stands now; `text/plain; version=0.0.4`. Empty if the environment has disabled the SDK. */
  prometheusText(): Promise<string>;
  /** Sends what is left. Resolves after two seconds at the latest, false if that was not enough. */
  stop(): Promise<boolean>;
}

/** Where metrics and spans go, besides `GET /metrics`. */
interface TelemetryOptions {
  /** Default: nothing is sent. */
  readonly exporting?: Exporting;
  /** Told what goes wrong in sending, at most once a minute. */
  readonly warn?: (message: string) => void;
}

const FLUSH_TIMEOUT_MS = 2000;
const WARN_INTERVAL_MS = 60_000;
/** Longest time that one export of metrics may take, in ms. */
const EXPORT_TIMEOUT_MS = 10_000;
/** Upper bounds for what is measured in seconds; the default ones are made for milliseconds. */
const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const seconds: ViewOptions = {
  instrumentName: "*_seconds",
  instrumentType: InstrumentType.HISTOGRAM,
  aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: SECONDS } },
};

let started: Telemetry | undefined;

/** Starts it, once: later calls answer what is running. */
export function startTelemetry(options: TelemetryOptions = {}): Telemetry {
  started ??= start(options);
  return started;
}

function start({ exporting, warn }: TelemetryOptions): Telemetry {
  if (warn !== undefined) diag.setLogger(seldom(warn), DiagLogLevel.WARN);
  const prometheus = new PrometheusExporter({ preventServerStart: true });
  const sdk = new NodeSDK({
    metricReaders: [prometheus, ...(exporting?.metrics ? [pushing(exporting.intervalMs)] : [])],
    views: [seconds],
    logRecordProcessors: [],
    // Who we are is for who receives it.
    autoDetectResources: exporting !== undefined && (exporting.traces || exporting.metrics),
    // Absent: those that the environment names.
    ...(!exporting?.traces && { spanProcessors: [] }),
  });
  const before = metrics.getMeterProvider();
  sdk.start();
  const isDisabled = metrics.getMeterProvider() === before;
  const serializer = new PrometheusSerializer("", false, undefined, true, true);
  return {
    async prometheusText() {
      if (isDisabled) return "";
      const { resourceMetrics } = await prometheus.collect();
      // The SDK complains about whoever looks at a resource while it is still being detected.
      await resourceMetrics.resource.waitForAsyncAttributes?.();
      return serializer.serialize(resourceMetrics);
    },
    stop: () => inTime(sdk.shutdown()),
  };
}

const pushing = (intervalMs: number) =>
  new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(EXPORT_TIMEOUT_MS, intervalMs),
  });

async function inTime(flushing: Promise<void>): Promise<boolean> {
  const sent = flushing.then(
    () => true,
    () => false,
  );
  const limit = new AbortController();
  const late = setTimeout(FLUSH_TIMEOUT_MS, false, limit).catch(() => false);
  return Promise.race([sent, late]).finally(() => limit.abort());
}

/** A collector that is down is told about at every attempt. */
function seldom(warn: (message: string) => void): DiagLogger {
  let saidAtMs = Number.NEGATIVE_INFINITY;
  const say = (message: string) => {
    if (performance.now() - saidAtMs < WARN_INTERVAL_MS) return;
    saidAtMs = performance.now();
    warn(`telemetry: ${message}`);
  };
  const quiet = () => {};
  return { error: say, warn: say, info: quiet, debug: quiet, verbose: quiet };
}
