/** What callers may send, checked; a refusal names the field. */
import { z } from "zod";
import { OffgraphError } from "../../schemas/errors.ts";
import { AgentId, Severity } from "../../schemas/ids.ts";
import { faults } from "../plain-words.ts";

/** Which findings are asked for. */
export const FindingQuery = z.object({
  agent: AgentId.optional().describe("Only findings about this agent."),
  severity: Severity.default("informational").describe("Only findings at least this severe."),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z.string().optional().describe("Id of a finding; only what came before it."),
  after: z.string().optional().describe("Position vector of the feed; only what came after it."),
});
export type FindingQuery = z.infer<typeof FindingQuery>;

/** How many records an answer may hold. */
export const PageQuery = z.object({ limit: z.coerce.number().int().min(1).max(100_000).default(1000) });

/** Which denials are asked for, and which page of them. */
export const DenialsQuery = z.object({
  agent: AgentId.optional().describe("Only what is denied because of this agent."),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  before: z.string().max(4096).optional().describe("`next` of the page before."),
});
export type DenialsQuery = z.infer<typeof DenialsQuery>;

/** A person's word. A reason is required, because somebody will ask for it later. */
export const DecisionBody = z.strictObject({
  reason: z.string().trim().min(1).max(1024),
  durationMs: z
    .int()
    .min(1000)
    .max(2_592_000_000)
    .optional()
    .describe("How long a quarantine lasts; default: one hour."),
});

export type DecisionBody = z.infer<typeof DecisionBody>;

/** The same with the agent that it is about. */
export const AgentDecisionBody = DecisionBody.extend({ agent: AgentId });

/** Checks what a caller sent; fails with `bad-request`. */
export function checked<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  place: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  throw new OffgraphError("bad-request", faults(parsed.error, value, place)[0] ?? place);
}
