/** What a user or a source sends: the event of schemas/event.ts with laxer fields, which the door completes. */
import { z } from "zod";
import { Agent } from "../../schemas/agent.ts";
import { eventFields, reportedKinds } from "../../schemas/event.ts";
import { AgentId } from "../../schemas/ids.ts";
import { FieldName, operationFields, Tier } from "../../schemas/operation.ts";
import { tokenFields } from "../../schemas/token.ts";
import { faults } from "../plain-words.ts";
import { scrubText } from "./secrets.ts";

/** Longest raw token, in characters. */
const TOKEN_LENGTH = 16_384;
/** Most problems that one refusal names, and its longest text. */
const MAX_PROBLEMS = 3;
const MESSAGE_LENGTH = 300;

const TokenInput = z
  .object({
    ...tokenFields,
    /** The token itself; the door keeps only a keyed hash of it, and what a JWT says about itself. */
    value: z.string().min(1).max(TOKEN_LENGTH).optional(),
  })
  .refine(
    ({ publicId, hash, value }) => publicId !== undefined || hash !== undefined || value !== undefined,
    "needs publicId, hash or value",
  );

const RevokedInput = z
  .object({ ...tokenFields, value: z.string().min(1).max(TOKEN_LENGTH).optional() })
  .refine(
    ({ publicId, hash, value, family, rootGrant }) =>
      [publicId, hash, value, family, rootGrant].some((name) => name !== undefined),
    "needs publicId, hash, value, family or rootGrant",
  );

const OperationInput = z.object({
  ...operationFields,
  /** Absent: derived from service and name. */
  tier: Tier.optional(),
  /** One text or several; what is no identifier (too long, control characters, more than 16) is dropped, not refused. */
  targets: z.record(FieldName, z.union([z.string(), z.array(z.string())])).optional(),
});

const inputFields = {
  ...eventFields,
  /** Replaced by what the caller has access to. */
  tenant: z.unknown().optional(),
  source: z.unknown().optional(),
  /** Absent, or without an id: derived from the token. */
  agent: Agent.extend({ id: AgentId.optional() }).optional(),
};

/** An event as it comes in. Ticks and decisions about baselines are written by the system alone, so they are not among the kinds. */
export const EventInput = z.discriminatedUnion(
  "kind",
  reportedKinds(inputFields, TokenInput, OperationInput, RevokedInput),
);
export type EventInput = z.infer<typeof EventInput>;
export type TokenInput = z.infer<typeof TokenInput>;
export type OperationInput = z.infer<typeof OperationInput>;

/** Says which fields are wrong and what was expected there, without what was found. */
export function problems(error: z.ZodError, input: unknown): string {
  const all = faults(error, input);
  const more = all.length - MAX_PROBLEMS;
  const message = all.slice(0, MAX_PROBLEMS).join("; ") + (more > 0 ? `; and ${more} more` : "");
  // A path may hold a name that the sender chose.
  return scrubText(message)
    .replace(/\p{Cc}/gu, " ")
    .slice(0, MESSAGE_LENGTH);
}
