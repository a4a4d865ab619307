/** Counters of egress. */
import { metrics } from "@opentelemetry/api";
import type { Action, ActionOutcome } from "../../schemas/action.ts";

const meter = metrics.getMeter("offgraph");

const outcomes = meter.createCounter("offgraph_egress_outcomes_total", {
  description: "Actions carried out, by kind and result",
});
const duration = meter.createHistogram("offgraph_egress_action_duration_seconds", {
  unit: "s",
  description:
    "From when the responder took up a finding or decision until the outcome of its action was durable",
});
const sinceFinding = meter.createHistogram("offgraph_egress_finding_to_outcome_seconds", {
  unit: "s",
  description: "From when a finding was made until the outcome of an action that it led to was durable",
});
export const tokensFollowed = meter.createCounter("offgraph_egress_tokens_followed_total", {
  description: "Tokens that were denied after their agent's quarantine had begun",
});
export const followPutOff = meter.createCounter("offgraph_egress_follow_put_off_total", {
  description:
    "Agents under quarantine whose new tokens were looked for a second later, because there are so many",
});
export const tokensBeyondCap = meter.createCounter("offgraph_egress_token_cap_total", {
  description: "Tokens beyond what is denied of one agent, each time they were looked up",
});

/** When an outcome was durable, and, unless a person has asked for it, when its finding was made; ms since 1970. */
interface Times {
  readonly nowMs: number;
  readonly foundAtMs?: number | undefined;
}

/** Counts an action whose outcome is durable. */
export function countOutcome(
  { kind, requestedAt }: Action,
  { result }: ActionOutcome,
  { nowMs, foundAtMs }: Times,
): void {
  const secondsSince = (ms: number) => Math.max(0, nowMs - ms) / 1000;
  outcomes.add(1, { kind, result });
  duration.record(secondsSince(Date.parse(requestedAt)), { kind, result });
  if (foundAtMs !== undefined) sinceFinding.record(secondsSince(foundAtMs), { kind, result });
}
