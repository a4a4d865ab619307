/** Counters of egress. */
import { metrics } from "@opentelemetry/api";
import type { ActionOutcome } from "../../schemas/action.ts";

export interface EgressMetrics {
  outcomes(outcomes: readonly ActionOutcome[]): void;
  /** Tokens that were denied after their agent's quarantine had begun. */
  followed(tokens: number): void;
  /** Tokens of one agent for which there was no room when they were looked up. */
  beyondCap(tokens: number): void;
}

/** `offgraph_egress_*_total`: outcomes by kind and result, tokens followed, tokens beyond the cap. */
export function egressMetrics(): EgressMetrics {
  const meter = metrics.getMeter("offgraph");
  const outcomes = meter.createCounter("offgraph_egress_outcomes_total", {
    description: "Actions carried out, by result.",
  });
  const followed = meter.createCounter("offgraph_egress_tokens_followed_total", {
    description: "Tokens denied during a quarantine.",
  });
  const capped = meter.createCounter("offgraph_egress_token_cap_total", {
    description: "Tokens beyond what is denied of one agent, each time they were looked up.",
  });
  return {
    outcomes(all) {
      for (const { kind, result } of all) outcomes.add(1, { kind, result });
    },
    followed: (tokens) => followed.add(tokens),
    beyondCap: (tokens) => capped.add(tokens),
  };
}
