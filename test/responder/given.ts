/** Findings, settings and decisions for the tests of what follows from a finding. */
import type { Decision } from "../../schemas/action.ts";
import { Finding } from "../../schemas/finding.ts";
import type { AgentId, DecisionId, Tenant } from "../../schemas/ids.ts";
import { Settings } from "../../schemas/settings.ts";

export const NOW_MS = Date.parse("2026-11-22T10:00:00Z");
export const TENANT = "default" as Tenant;
export const AGENT = "billing-agent" as AgentId;
export const MINUTE_MS = 60_000;

/** A finding with its own id for each number. */
export function finding(number: number, change: Partial<Finding> | { agent: string } = {}): Finding {
  return Finding.parse({
    id: `f-${number.toString(16).padStart(32, "0")}`,
    detector: "out-of-graph",
    detectorVersion: 1,
    kind: "operation-new-to-workflow",
    severity: "high",
    evidenceKind: "fact",
    time: new Date(NOW_MS - 1000).toISOString(),
    tenant: TENANT,
    agent: AGENT,
    session: "session-1",
    eventIds: [`event-${number}`],
    summary: `billing-agent called secrets.export for the first time (${number})`,
    expected: "invoices.read, seen 412 times",
    silencedBy: "an approval",
    evidence: {},
    judgedBy: { baseline: 1, settings: "0123456789ab", key: "k1" },
    tags: { attack: [], atlas: [], owaspAgentic: [], owaspNhi: [] },
    ...change,
  });
}

/** A finding about a broken rule of tokens, which may revoke. */
export const misuse = (number: number, change: Partial<Finding> = {}): Finding =>
  finding(number, {
    detector: "token-reuse",
    kind: "use-after-revocation",
    evidenceKind: "invariant",
    token: { publicId: "jti-1", hash: "k1:0123456789abcdef" },
    ...change,
  });

/** One step that quarantines for an hour, and what is changed of it and around it. */
export function settings(
  step: Record<string, unknown> = {},
  responder: Record<string, unknown> = {},
): Pick<Settings, "playbook" | "responder"> {
  const playbook = [{ name: "stop", do: "quarantine", mode: "enforce", ...step }];
  return Settings.parse({ playbook, responder });
}

export function decision(verdict: Decision["verdict"], change: Partial<Decision> = {}): Decision {
  return {
    id: `d-${verdict.padEnd(32, "0")}` as DecisionId,
    tenant: TENANT,
    agent: AGENT,
    verdict,
    by: "analyst",
    reason: "seen and judged",
    time: new Date(NOW_MS).toISOString(),
    ...change,
  };
}
