/** What refresh-storm is tuned by. */
import { z } from "zod";

/** False alarms, earliness, futility, and how long it is quiet after it has spoken. */
export const Settings = z.strictObject({
  falseAlarmEvery: z
    .number()
    .min(100)
    .default(10_000)
    .describe(
      "A: at least this many refreshes (R1) or minutes (R3) lie between two false alarms on average. Higher: slower, quieter.",
    ),
  earlyShare: z
    .number()
    .min(0.01)
    .max(0.9)
    .default(0.2)
    .describe("A refresh is early before this share of the token's lifetime has passed."),
  minLifetimeMs: z
    .int()
    .min(0)
    .default(120_000)
    .describe("Tokens that live shorter are not judged for earliness, ms."),
  futileCycles: z
    .int()
    .min(2)
    .default(3)
    .describe("Refresh, refused use, refresh: so many cycles in a row are a loop."),
  quietMs: z
    .int()
    .min(0)
    .default(3_600_000)
    .describe("Event time for which one family is not reported again, ms."),
});
export type Settings = z.infer<typeof Settings>;
