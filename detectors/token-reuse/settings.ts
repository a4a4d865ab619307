/** What token-reuse is tuned by. */
import { z } from "zod";

/** Clock skew, propagation, places and fan-out. */
export const TokenReuseSettings = z.strictObject({
  skewMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(60_000)
    .describe(
      "Clock difference between issuer and services that is forgiven after expiry, ms. Higher: quieter, and a stolen token may be used for longer after its end.",
    ),
  propagationMs: z
    .int()
    .min(0)
    .default(60_000)
    .describe(
      "Time that a revocation may take to reach every service, ms. Higher: quieter, and uses right after a revocation are not told.",
    ),
  alternationMs: z
    .int()
    .min(1000)
    .default(300_000)
    .describe(
      "Longest time within which two places must alternate (A-B-A), ms. Higher: slower thieves are seen, and more agents that move.",
    ),
  aliases: z
    .record(z.string(), z.string())
    .default({})
    .describe(
      'Audience names by service name, where the two differ: `{"billing-api": "https://billing.example.com"}`.',
    ),
  fanOutMinTokens: z
    .int()
    .min(1)
    .default(20)
    .describe(
      "Finished tokens of the agent before fan-out is judged. Higher: judged later, with fewer false findings.",
    ),
  fanOutFloor: z
    .int()
    .min(2)
    .default(4)
    .describe("Fewest services at which fan-out can be unusual. Higher: quieter."),
});
export type TokenReuseSettings = z.infer<typeof TokenReuseSettings>;
