import { describe, expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import { exportingOf } from "../../services/settings/config.ts";

const COLLECTOR = "http://collector.example.com:4318";
/** What is sent, and the environment as the SDK then finds it. */
function applied(telemetry: object, environment: Record<string, string> = {}, telemetryHeaders?: string) {
  const settings = Settings.parse({ telemetry });
  const exporting = exportingOf(settings, { webhooks: new Map(), telemetryHeaders }, environment);
  return { exporting, environment };
}

describe("telemetry", () => {
  it("is off when neither the settings nor the environment ask for it", () => {
    expect(applied({}).exporting).toEqual({ traces: false, metrics: false, intervalMs: 60_000 });
    expect(applied({}).environment).not.toHaveProperty("OTEL_EXPORTER_OTLP_ENDPOINT");
    expect(applied({}, { OTEL_EXPORTER_OTLP_ENDPOINT: " " }).exporting.traces).toBe(false);
  });

  it("says what the settings say in the SDK's own variables", () => {
    const given = { endpoint: COLLECTOR, intervalMs: 5000, sampleRatio: 0.25 };
    const { exporting, environment } = applied(given, {}, "authorization=Bearer%20abc");
    expect(exporting).toEqual({ traces: true, metrics: true, intervalMs: 5000 });
    expect(environment).toMatchObject({
      OTEL_SERVICE_NAME: "offgraph",
      OTEL_EXPORTER_OTLP_ENDPOINT: COLLECTOR,
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20abc",
      OTEL_METRIC_EXPORT_INTERVAL: "5000",
      OTEL_TRACES_SAMPLER: "parentbased_traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
    });
  });

  it("leaves what the environment says as it is", () => {
    const said = {
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318",
      OTEL_TRACES_SAMPLER: "always_on",
      OTEL_METRIC_EXPORT_INTERVAL: "1500",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=detection,team=identity",
    };
    const { exporting, environment } = applied({ endpoint: COLLECTOR, intervalMs: 5000 }, { ...said });
    expect(exporting.intervalMs).toBe(1500);
    expect(environment).toMatchObject(said);
    expect(environment).not.toHaveProperty("OTEL_SERVICE_NAME");
  });

  it("sends what the environment asks for by name, and not what it rules out", () => {
    const ask = (environment: Record<string, string>) => applied({}, environment).exporting;
    expect(ask({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: COLLECTOR })).toMatchObject({ traces: true });
    expect(ask({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "otlp" })).toMatchObject({
      traces: false,
      metrics: true,
    });
    expect(ask({ OTEL_TRACES_EXPORTER: "none" })).toMatchObject({ traces: false });
  });

  it("is not told of with a password in its address", () => {
    expect(Settings.safeParse({ telemetry: { endpoint: "http://me:secret@example.com" } }).success).toBe(
      false,
    );
    expect(Settings.safeParse({ telemetry: { headersFile: "a", headersEnv: "B" } }).success).toBe(false);
    expect(Settings.safeParse({ telemetry: { headersEnv: "B" } }).success).toBe(true);
  });
});
