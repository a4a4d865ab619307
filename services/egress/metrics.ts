/** Counters of egress. */
import { metrics } from "@opentelemetry/api";
import type { ActionOutcome } from "../../schemas/action.ts";

export interface EgressMetrics {
  outcomes(outcomes: readonly ActionOutcome[]): void;
  /** Tokens that were denied after their agent's quarantine had begun. */
  followed(tokens: number): void;
  /** An agent has more live tokens than are denied one by one. */
  tooManyTokens(): void;
}

/** `offgraph_egress_*_total`: outcomes by kind and result, tokens followed, agents over the cap of tokens. */
export function egressMetrics(): EgressMetrics {
  const meter = metrics.getMeter("offgraph");
  const outcomes = meter.createCounter("offgraph_egress_outcomes_total", {
    description: "Actions carried out, by result.",
  });
  const followed = meter.createCounter("offgraph_egress_tokens_followed_total", {
    description: "Tokens denied during a quarantine.",
  });
  const capped = meter.createCounter("offgraph_egress_token_cap_total", {
    description: "Times an agent had more tokens than are denied one by one.",
  });
  return {
    outcomes(all) {
      for (const { kind, result } of all) outcomes.add(1, { kind, result });
    },
    followed: (tokens) => followed.add(tokens),
    tooManyTokens: () => capped.add(1),
  };
}
