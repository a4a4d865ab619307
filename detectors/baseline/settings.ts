/** What out-of-graph is tuned by. */
import { z } from "zod";
import { NamedTable } from "../evidence/weights.ts";

/** When learning ends, and what an edge needs to become baseline. */
export const BaselineSettings = z.strictObject({
  minSessions: z
    .int()
    .min(1)
    .default(20)
    .describe(
      "Sessions that a workflow (or an agent) is learned from before it is judged. Lower: judged sooner, more false findings.",
    ),
  maxNovelty: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      "Largest share of sessions with a one-off sensitive operation at which learning ends. Higher: learning ends sooner, and more that is sensitive is new afterwards.",
    ),
  witnesses: z
    .int()
    .min(1)
    .max(4)
    .default(2)
    .describe(
      "Distinct trust units that must have used an edge before it is baseline; after learning one more from five units on. Higher: harder to poison, slower to learn.",
    ),
  sessions: z
    .int()
    .min(1)
    .default(5)
    .describe(
      "Sessions that must have used a reading edge before it is baseline, after learning. Higher: harder to poison, told for longer.",
    ),
  sensitive: z
    .enum(["approval", "witnesses"])
    .default("approval")
    .describe(
      "How a sensitive edge (tier 1 or 2) becomes baseline after learning. approval: only by a person's approval. witnesses: also when released sessions bring the witnesses, days and sessions that a reading edge needs.",
    ),
  heldDays: z
    .int()
    .min(0)
    .max(90)
    .default(14)
    .describe(
      "Days that a session in which something was found waits for a person to release or confirm it; then it is dropped unlearned. Higher: more time to decide. 0: it is dropped at once.",
    ),
  graceHours: z
    .number()
    .min(0)
    .max(168)
    .default(24)
    .describe(
      "Hours for which a new version of an agent is told as one: new operations and things of tier 0 and 1 at low severity. Higher: quieter roll-outs, and whoever steals a new version's identity is told quietly for longer. 0: never.",
    ),
  graceSessions: z
    .int()
    .min(0)
    .default(50)
    .describe("Sessions after which that is over, if it comes first. Higher: as for graceHours."),
  evidence: z
    .enum(["off", "on"])
    .default("off")
    .describe(
      "Whether each session is scored by named terms, and told if its score is above what clean sessions reach. on: more attacks are found, for about twice the processor time an event.",
    ),
  peers: z
    .enum(["off", "on"])
    .default("on")
    .describe(
      "Whether an agent that has learned little yet is judged by what its peer group (`agent.group`), or else its tenant, has learned. Only with `evidence: on`. off: each agent by itself alone, and later.",
    ),
  falseAlertsPerAgentDay: z
    .number()
    .min(0.001)
    .max(100)
    .default(1)
    .describe(
      "False alerts, by scores, that may be expected of one agent in a day. Higher: more is told, and fewer sessions go without a judgement.",
    ),
  weights: z
    .union([z.literal("shipped"), NamedTable])
    .default("shipped")
    .describe("Weights of the terms: those that come with the product, or what `offgraph tune fit` wrote."),
});
export type BaselineSettings = z.infer<typeof BaselineSettings>;
