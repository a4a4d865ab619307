/** What refresh-storm is tuned by. */
import { z } from "zod";

/** False alarms, earliness, futility, and how long it is quiet after it has spoken. */
export const RefreshStormSettings = z.strictObject({
  falseAlarmEvery: z
    .number()
    .min(100)
    .default(10_000)
    .describe(
      "At least this many refreshes of a family, or minutes of an agent, lie between two false alarms on average (A in the formulas). Higher: slower, quieter.",
    ),
  earlyShare: z
    .number()
    .min(0.01)
    .max(0.9)
    .default(0.2)
    .describe(
      "A refresh is early before this share of the token's lifetime has passed. Higher: slower loops are seen, and clients that renew early by habit are taken for loops.",
    ),
  minLifetimeMs: z
    .int()
    .min(0)
    .default(120_000)
    .describe(
      "Tokens that live shorter are not judged for earliness, ms. Higher: quieter about clients of short-lived tokens, which refresh often.",
    ),
  futileCycles: z
    .int()
    .min(2)
    .default(3)
    .describe(
      "Refresh, refused use, refresh: so many cycles in a row are a loop. Higher: later, and fewer clients that retry.",
    ),
  quietMs: z
    .int()
    .min(0)
    .default(3_600_000)
    .describe(
      "Event time for which early refreshes of one family, or the rate of one agent, are not reported again, ms; each futile loop is reported. Higher: fewer findings of one storm.",
    ),
});
export type RefreshStormSettings = z.infer<typeof RefreshStormSettings>;
