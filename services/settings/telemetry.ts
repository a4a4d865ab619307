/**
 * Settings of telemetry in the words of OpenTelemetry's SDK, which reads its variables itself, all of them, as it documents:
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/.
 */
import type { Settings } from "../../schemas/settings.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What leaves this process besides what `/metrics` shows. */
export interface Exporting {
  readonly traces: boolean;
  readonly metrics: boolean;
  /** How often metrics are sent. */
  readonly intervalMs: number;
}

/** Any of them asks for telemetry, whatever the settings say. */
const ASKING = [
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
  "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  "OTEL_TRACES_EXPORTER",
  "OTEL_METRICS_EXPORTER",
];

/** The variables that the environment leaves to the settings. An empty one is as good as none, as for the SDK. */
export function telemetryVariables(
  { endpoint, intervalMs, sampleRatio }: Settings["telemetry"],
  headers: string | undefined,
  environment: Environment,
): Record<string, string> {
  const isNamed = environment.OTEL_RESOURCE_ATTRIBUTES?.includes("service.name=");
  const wanted = {
    OTEL_SERVICE_NAME: isNamed ? undefined : "offgraph",
    // Not the process: its detector tells the command line and the user.
    OTEL_NODE_RESOURCE_DETECTORS: "env,host,os,serviceinstance",
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_HEADERS: headers,
    OTEL_METRIC_EXPORT_INTERVAL: `${intervalMs}`,
    OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
    OTEL_TRACES_SAMPLER_ARG: `${sampleRatio}`,
  };
  return Object.fromEntries(
    Object.entries(wanted).flatMap(([name, value]) =>
      value === undefined || isSet(environment, name) ? [] : [[name, value]],
    ),
  );
}

/** What is to be sent, by an environment that holds those variables. */
export function exportingBy(environment: Environment): Exporting {
  const isAsked = ASKING.some((name) => isSet(environment, name));
  const sends = (exporter: string | undefined) => isAsked && !exporter?.split(",").includes("none");
  return {
    traces: sends(environment.OTEL_TRACES_EXPORTER),
    metrics: sends(environment.OTEL_METRICS_EXPORTER),
    intervalMs: Number(environment.OTEL_METRIC_EXPORT_INTERVAL) || 60_000,
  };
}

const isSet = (environment: Environment, name: string) => (environment[name] ?? "").trim() !== "";
