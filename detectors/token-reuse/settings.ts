/** What token-reuse is tuned by. */
import { z } from "zod";

/** Clock skew, propagation, places and fan-out. */
export const Settings = z.strictObject({
  skewMs: z
    .int()
    .min(0)
    .max(300_000)
    .default(60_000)
    .describe("Clock difference between issuer and services that is forgiven after expiry, ms."),
  propagationMs: z
    .int()
    .min(0)
    .default(60_000)
    .describe("Time that a revocation may take to reach every service, ms."),
  alternationMs: z
    .int()
    .min(1000)
    .default(300_000)
    .describe("Longest time within which two places must alternate (A-B-A), ms."),
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
    .describe("Finished tokens of the agent before fan-out is judged."),
  fanOutFloor: z.int().min(2).default(4).describe("Fewest services at which fan-out can be unusual."),
});
export type Settings = z.infer<typeof Settings>;
