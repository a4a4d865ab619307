/** A real service that tells a collector of itself. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { COMMITS_SOON } from "../cli/talk.ts";
import { until } from "../cluster/cluster.ts";
import { metricOf, type ServiceProcess, startService, untilReady } from "../kill/service.ts";
import type { Collector } from "./collector.ts";

/** The span of the caller's own, which every call names. */
export const OWN = { id: "4bf92f3577b34da6a3ce929d0e0e4736", span: "00f067aa0ba902b7" };

/** What is undone after a test, last first. */
export const endings: (() => Promise<unknown>)[] = [];

/** Ends the services of a test, and takes their folders and environment away. */
export async function endAll(): Promise<void> {
  vi.unstubAllEnvs();
  for (const end of endings.splice(0).reverse()) await end();
}

/** A service that tells a collector of itself. */
export async function start(collector: Collector, telemetry: object = {}, mode = "enforce") {
  const folder = mkdtempSync(join(tmpdir(), "offgraph-telemetry-"));
  const settings = {
    playbook: [{ name: "quarantine", when: { evidence: ["invariant"] }, do: "quarantine", mode }],
    partitions: 2,
    ...COMMITS_SOON,
    telemetry: { endpoint: collector.url, ...telemetry },
  };
  const service = await startService({ folder: join(folder, "data"), settings });
  endings.push(async () => {
    if (service.process.exitCode === null && service.process.signalCode === null)
      await service.stop("SIGKILL");
    rmSync(folder, { recursive: true });
    await collector.close();
  });
  await untilReady(service);
  return service;
}

/** A call with a token that is good, or one that has ended; the second breaks a rule. */
export function called(number: number, isExpired: boolean) {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  return {
    id: `call-${number}`,
    kind: "api.called",
    time: at(0),
    agent: { id: "invoice-agent" },
    workflow: "Work",
    session: "s-1",
    trace: OWN,
    token: {
      publicId: `jti-${number}`,
      issuedAt: at(-7_200_000),
      expiresAt: at(isExpired ? -3_600_000 : 3_600_000),
    },
    operation: { service: "erp", name: "read_invoice", tier: 0 },
    outcome: { result: "ok", status: 200 },
  };
}

/** Sends events, and sees them taken. */
export async function send(
  { url }: ServiceProcess,
  events: readonly object[],
  traceparent?: string,
): Promise<void> {
  const answer = await fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", ...(traceparent && { traceparent }) },
    body: events.map((event) => `${JSON.stringify(event)}\n`).join(""),
  });
  expect(answer.status).toBe(202);
}

/** Resolves when a metric of the service has come to a value. */
export const counts = (service: ServiceProcess, metric: string, value: number) =>
  until(async () => (await metricOf(service, metric)) >= value);
