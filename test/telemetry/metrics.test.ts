/** What all metrics have in common, after Prometheus' and OpenTelemetry's conventions. */
// First: counters made before the meter provider is there stay idle.
import "../../services/telemetry/metrics.ts";

import { expect, it } from "vitest";
import type { Action, ActionOutcome } from "../../schemas/action.ts";
import { instruments } from "../../scripts/docs/metrics-table.ts";
import { countOutcome } from "../../services/egress/metrics.ts";
import { countAll } from "../../services/responder/metrics.ts";
import { prometheusText } from "../../services/telemetry/metrics.ts";
import { decision, NOW_MS } from "../responder/given.ts";

const all = instruments();

it("are named and described as the conventions have it", () => {
  expect(all.length).toBeGreaterThan(20);
  for (const { kind, name, options } of all) {
    expect(name).toMatch(/^offgraph(_[a-z0-9]+)+$/);
    expect(name.endsWith("_total"), name).toBe(kind === "Counter");
    expect(options, name).toMatch(/description:\s*"[^"]{10,}/);
    // Times are in seconds and say so; nothing else does.
    expect(options.includes('unit: "s"'), name).toBe(name.endsWith("_seconds"));
    if (kind === "Histogram") expect(name).toMatch(/_(seconds|bytes|records)$/);
  }
});

it("are made in one place each", () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

it("say which release runs, on which Node", async () => {
  expect(await prometheusText()).toMatch(
    /^offgraph_build_info\{version="\d+\.\d+\.\d+[^"]*",node="v\d+[^"]*"\} 1$/m,
  );
});

it("count what the responder wrote down and what came of it, with how long it took", async () => {
  const action = {
    kind: "quarantine",
    mode: "enforce",
    requestedAt: new Date(NOW_MS).toISOString(),
  } as Action;
  const outcome = { kind: "quarantine", result: "confirmed" } as ActionOutcome;
  countAll([
    { what: "action.asked", action },
    { what: "outcome.recorded", outcome },
    { what: "decision.made", decision: decision("release") },
  ]);
  countOutcome(action, outcome, { nowMs: NOW_MS + 250 });
  const text = await prometheusText();
  const labels = 'kind="quarantine",result="confirmed"';
  for (const line of [
    'offgraph_responder_actions_total{kind="quarantine",mode="enforce"} 1',
    `offgraph_responder_outcomes_total{${labels}} 1`,
    'offgraph_responder_decisions_total{verdict="release"} 1',
    `offgraph_egress_outcomes_total{${labels}} 1`,
    `offgraph_egress_action_duration_seconds_sum{${labels}} 0.25`,
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).not.toContain("offgraph_responder_incidents_total ");
});
