import "../../services/telemetry/metrics.ts";

import { expect, it } from "vitest";
import { Settings } from "../../schemas/settings.ts";
import { sourceLabels } from "../../services/ingest/source-label.ts";
import { prometheusText } from "../../services/telemetry/metrics.ts";
import { call, openWorld } from "../ingest/world.ts";

it("is the name of a source of the catalogue or of an access token, and no other", () => {
  const token = { name: "sender", sha256: "0".repeat(64), roles: ["ingest"], sources: ["gateway"] };
  const label = sourceLabels(Settings.parse({ http: { tokens: [token] } }));
  expect(["http", "offgraph", "cloudtrail", "gateway"].map(label)).toEqual([
    "http",
    "offgraph",
    "cloudtrail",
    "gateway",
  ]);
  expect(["billing", "", "__proto__"].map(label)).toEqual(["other", "other", "other"]);
});

it("keeps metrics from growing with the names that senders make up", async () => {
  const { post, close } = await openWorld();
  for (const name of ["made-up-1", "made-up-2"])
    await post(`${JSON.stringify(call("e-1"))}\n{`, {}, `?source=${name}`);
  await close();
  const text = await prometheusText();
  expect(text).toMatch(/offgraph_ingest_events_total\{source="other"\} 2/);
  expect(text).toMatch(/offgraph_ingest_rejected_total\{source="other",code="invalid-json"\} 2/);
  expect(text).not.toContain("made-up");
});
