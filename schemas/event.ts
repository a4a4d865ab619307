/**
 * The event: one thing that a principal did, normalised. The contract of the product.
 *
 * An event concerns the principal whose credential it is about: for issuance, refresh, exchange and revocation
 * the one that the token is issued to, for a call the one that the token names. Unknown fields are ignored, so that
 * a newer writer never stops an older reader. Where each field comes from in foreign sources is in
 * services/ingest/README.md.
 */
import { z } from "zod";
import { Agent } from "./agent.ts";
import { ContractTerms } from "./contract.ts";
import { EventId, ID_LENGTH, Instant, NAME_LENGTH, Tenant, text } from "./ids.ts";
import { Network, Operation, Outcome } from "./operation.ts";
import { RevokedToken, Token } from "./token.ts";

/** Every kind of event, in the order in which events of the same millisecond are folded: causes before effects. */
export const EVENT_KINDS = [
  "tick",
  "decision.made",
  "identity.changed",
  "token.issued",
  "token.exchanged",
  "token.refreshed",
  "token.attributed",
  "api.called",
  "token.denied",
  "policy.decided",
  "token.revoked",
] as const;
/** Which kind of event it is. */
export const EventKind = z.enum(EVENT_KINDS);
export type EventKind = z.infer<typeof EventKind>;

const name = text(NAME_LENGTH);
const id = text(ID_LENGTH);

/** The fields of every event. */
export const eventFields = {
  id: EventId,
  /** When it happened, at the source. */
  time: Instant,
  /** When we first saw it. */
  observedTime: Instant.optional(),
  tenant: Tenant,
  /** Name of the source that reported it. */
  source: text(64),
  /** The smallest thing an attacker must newly compromise to forge one more witness; from attested metadata only. */
  trustUnit: name.optional(),
  workflow: name.optional(),
  /** Session, run or conversation under one authentication. Absent: derived from trace, grant or gaps. */
  session: id.optional(),
  trace: z.object({ id, span: id.optional(), parent: id.optional() }).optional(),
  /** On whose behalf (RFC 8693 subject). */
  subject: z.object({ id, type: name.optional() }).optional(),
  /** RFC 8693 `act`, outermost first. */
  actors: z.array(id).max(8).optional(),
  /** The business action this belongs to: order, ticket, case. */
  businessAction: id.optional(),
  network: Network.optional(),
  /** How the principal proved itself: `client-jwt`, `x509`, `mfa`, the mount of a Vault login; and with which credential. */
  authentication: z.object({ method: name, credential: id.optional() }).optional(),
};
const outcome = { outcome: Outcome.optional() };

/** What became of an identity. */
export const Change = z.enum(["registered", "deployed", "attested", "decommissioned"]);

/** What a person can say about what was learned. */
export const BASELINE_VERDICTS = [
  "approve-edge",
  "deny-edge",
  "release-session",
  "confirm-session",
  "undo",
  "import",
  "contract",
] as const;

type Fields = Readonly<Record<string, z.ZodType>>;

/** The kinds of event that a source reports: the same for the log and, with laxer fields, for the door of ingest. */
export function reportedKinds<
  Common extends Fields,
  TokenSchema extends z.ZodType,
  OperationSchema extends z.ZodType,
  RevokedSchema extends z.ZodType,
>(common: Common, token: TokenSchema, operation: OperationSchema, revoked: RevokedSchema) {
  const ofToken = <Kind extends EventKind>(kind: Kind) =>
    z.object({ ...common, ...outcome, kind: z.literal(kind), token });
  return [
    ofToken("token.issued"),
    ofToken("token.exchanged"),
    ofToken("token.refreshed"),
    ofToken("token.attributed"),
    // A refused login or grant has no token yet.
    z.object({ ...common, ...outcome, kind: z.literal("token.denied"), token: token.optional() }),
    z.object({ ...common, ...outcome, kind: z.literal("token.revoked"), token: revoked }),
    z.object({ ...common, ...outcome, kind: z.literal("api.called"), operation, token: token.optional() }),
    z.object({ ...common, kind: z.literal("identity.changed"), change: Change }),
    z.object({
      ...common,
      kind: z.literal("policy.decided"),
      /** The verdict of a policy engine or gateway about one operation. */
      policy: z.object({ name, verdict: z.enum(["allow", "deny"]) }),
      operation: operation.optional(),
      token: token.optional(),
    }),
  ] as const;
}

const ofAgent = { ...eventFields, agent: Agent };

/** An event as the `events` stream holds it. */
export const Event = z.discriminatedUnion("kind", [
  ...reportedKinds(ofAgent, Token, Operation, RevokedToken),
  z.object({
    ...ofAgent,
    kind: z.literal("decision.made"),
    /** A person's decision about what was learned: who, what, why. */
    decision: z.object({
      verdict: z.enum(BASELINE_VERDICTS),
      by: name,
      reason: text(1024).optional(),
      /** What led to it: the finding, the time since which it is undone, or the file. */
      subject: id.optional(),
      /** Name of the session that is released or confirmed. */
      session: text(2 * ID_LENGTH).optional(),
      /** The edges that were found strange in that session are approved, or denied, too. */
      edges: z.boolean().optional(),
      /** What is known from now on, after an undo or an import: one detector's columns of the agent, in base64. */
      baseline: z.string().optional(),
      /** The signed contract that it carries out. */
      contract: ContractTerms.optional(),
    }),
    /** What is approved or denied: with targets these values of it, else the operation itself. */
    operation: Operation.optional(),
  }),
  z.object({ ...eventFields, kind: z.literal("tick") }),
]);
/** An event that has passed the schema. */
export type Event = z.infer<typeof Event>;
/** What a person has said about what was learned. */
export type BaselineDecision = Extract<Event, { kind: "decision.made" }>["decision"];
