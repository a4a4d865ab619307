/** A collector that is slow, away, guarded or not asked for: the service goes on all the same. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startCollector } from "./collector.ts";
import { called, counts, endAll, endings, send, start } from "./telling.ts";

afterEach(endAll);

describe("a collector", () => {
  it("that never answers slows nothing, and holds up the end for two seconds", async () => {
    const collector = await startCollector({ answers: false });
    const service = await start(collector, { intervalMs: 1000 });
    await send(service, [called(14, true)]);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    const stoppedMs = performance.now();
    expect(await service.stop("SIGTERM")).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(5000);
    expect(collector.headers.length).toBeGreaterThan(0);
  });

  it("that is not there slows nothing", async () => {
    const collector = await startCollector();
    await collector.close();
    const service = await start(collector, { intervalMs: 1000 });
    await send(service, [called(15, true)]);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    const stoppedMs = performance.now();
    expect(await service.stop("SIGTERM")).toBe(0);
    expect(performance.now() - stoppedMs).toBeLessThan(5000);
  });

  it("is sent the headers of the file, and what the environment says of this process", async () => {
    const collector = await startCollector();
    const folder = mkdtempSync(join(tmpdir(), "offgraph-headers-"));
    endings.push(async () => rmSync(folder, { recursive: true }));
    const headersFile = join(folder, "headers");
    writeFileSync(headersFile, "authorization=Bearer%20abc,x-team=identity\n");
    vi.stubEnv("OTEL_SERVICE_NAME", "offgraph-eu");
    vi.stubEnv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    const service = await start(collector, { headersFile });
    await send(service, [called(16, false)]);
    await service.stop("SIGTERM");
    expect(collector.spans.length).toBe(1);
    expect(collector.resource()).toMatchObject({ "service.name": "offgraph-eu" });
    expect(collector.resource()).not.toHaveProperty("process.command_args");
    for (const headers of collector.headers)
      expect(headers).toMatchObject({ authorization: "Bearer abc", "x-team": "identity" });
  });

  it("is not looked for when nobody has asked for it", async () => {
    const collector = await startCollector();
    const service = await start(collector, { endpoint: undefined });
    await send(service, [called(17, true)]);
    await counts(service, "offgraph_responder_outcomes_total", 1);
    await service.stop("SIGTERM");
    expect(collector.headers).toEqual([]);
  });
});
