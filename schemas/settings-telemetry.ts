/** Settings of what Offgraph tells of itself over OTLP. What the variables OTEL_* of the environment say comes before them. */
import { z } from "zod";
import { EnvironmentName, oneOf } from "./settings-servers.ts";

/** Traces and metrics sent to a collector; Prometheus' `/metrics` is there in any case. */
export const TelemetrySettings = z
  .strictObject({
    endpoint: z
      .string()
      .regex(/^https?:\/\/[^@\s?#]+$/, { error: "expected http://host:port or https://, without user" })
      .optional()
      .describe(
        "Collector that takes OTLP over HTTP, as OTEL_EXPORTER_OTLP_ENDPOINT: /v1/traces and /v1/metrics follow. Absent: nothing is sent.",
      ),
    headersFile: z
      .string()
      .optional()
      .describe("File with headers for the collector, `name=value,name=value`. This or headersEnv."),
    headersEnv: EnvironmentName.optional().describe("Environment variable with those headers."),
    intervalMs: z
      .int()
      .min(1000)
      .max(3_600_000)
      .default(60_000)
      .describe("How often metrics are sent; finished spans are sent every five seconds."),
    sampleRatio: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe("Part of the traces that is kept; what a caller says in `traceparent` comes first."),
  })
  .superRefine(oneOf("headersFile", "headersEnv", false));
/** Settings of telemetry. */
export type TelemetrySettings = z.infer<typeof TelemetrySettings>;
