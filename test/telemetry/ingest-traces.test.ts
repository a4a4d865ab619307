/** Which requests have a span, and what their events carry. */
import type { FastifyRequest } from "fastify";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { openTraces } from "../../services/ingest/traces.ts";
import { startTelemetry, type Telemetry } from "../../services/telemetry/telemetry.ts";
import { type Collector, startCollector } from "./collector.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const KEPT = `00-${TRACE}-b7ad6b7169203331-01`;
const NOT_KEPT = `00-${TRACE}-b7ad6b7169203331-00`;
const request = (traceparent?: string) =>
  ({ headers: { traceparent }, access: { tenant: "default" } }) as unknown as FastifyRequest;

let collector: Collector;
let telemetry: Telemetry;
let open: typeof openTraces;
beforeAll(async () => {
  collector = await startCollector();
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
  telemetry = startTelemetry({ exporting: { traces: true, metrics: false, intervalMs: 60_000 } });
  open = (await import("../../services/ingest/traces.ts")).openTraces;
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await telemetry.stop();
  await collector.close();
});

let nowMs = 0;
const opened = () => open({ now: () => nowMs, sleep: async () => {} });

it("events carry the span of their request, below the caller's if his trace is kept", () => {
  const traceOf = opened();
  expect(traceOf(request()).trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  expect(traceOf(request(KEPT)).trace).toMatch(
    new RegExp(`^00-${TRACE}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`),
  );
  expect(traceOf(request(NOT_KEPT)).trace).toBeUndefined();
});

it("a hundred requests of a second have a span; of the others, events carry what the caller has sent", async () => {
  const traceOf = opened();
  const first = Array.from({ length: 100 }, () => traceOf(request(KEPT)).trace);
  expect(new Set([...first, KEPT]).size).toBe(101);
  expect([KEPT, NOT_KEPT, undefined].map((caller) => traceOf(request(caller)).trace)).toEqual([
    KEPT,
    undefined,
    undefined,
  ]);
  expect(await telemetry.prometheusText()).toMatch(/^offgraph_ingest_untraced_total 3$/m);
  nowMs += 1000;
  expect(traceOf(request(KEPT)).trace).not.toBe(KEPT);
});
