/**
 * The event: one thing that a principal did, normalised. The contract of the product.
 *
 * An event concerns the principal whose credential it is about: for issuance, refresh, exchange and revocation
 * the one that the token is issued to, for a call the one that the token names. Unknown fields are ignored, so that
 * a newer writer never stops an older reader. Where each field comes from in foreign sources is in
 * services/ingest/README.md.
 */
import { z } from "zod";
import { AgentId, EventId, ID_LENGTH, NAME_LENGTH, Tenant, Timestamp, text } from "./ids.ts";

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
export const EventKind = z.enum(EVENT_KINDS);
export type EventKind = z.infer<typeof EventKind>;

/** How the agent of an event was found, in the order tried (DESIGN, "Whose event is it?"). */
export const ATTRIBUTIONS = ["named", "claims", "index", "token"] as const;

const name = text(NAME_LENGTH);
const id = text(ID_LENGTH);
const count = z.int().min(0).max(0x7fffffff);

export const Agent = z.object({
  /** Unique within the tenant; a role or deployment, not one running copy of it. */
  id: AgentId,
  /** Build or model version; a change forks the baseline. */
  version: name.optional(),
  /** One running copy: pod, sandbox, process. Owns no baseline. */
  instance: name.optional(),
  owner: name.optional(),
  /** Peer group whose baseline backs this agent's. */
  group: name.optional(),
  attribution: z.enum(ATTRIBUTIONS).optional(),
});

/** The fields of a token. */
export const tokenFields = {
  /** A public identifier, kept because revocation needs it: jti, uti, AWS access key id, Vault accessor. */
  publicId: id.optional(),
  /** `<key name>:<hex>`, a keyed hash of the token's value made at the door; never the value. */
  hash: z
    .string()
    .max(ID_LENGTH)
    .regex(/^[A-Za-z0-9_.-]{1,32}:[0-9a-f]{16,128}$/, "must be <key name>:<hex digits>")
    .optional(),
  issuer: id.optional(),
  /** Refresh tokens descended from one grant by rotation (RFC 9700 section 4.14). */
  family: id.optional(),
  /** Rotation count within the family, from 0. */
  generation: count.optional(),
  /** `publicId` or `hash` of the token this one was derived from. */
  parent: id.optional(),
  /** The grant at the root of a chain of exchanges. */
  rootGrant: id.optional(),
  /** RFC 7519 `aud`: the services that may accept the token. Absent: unknown, which is not the same as none. */
  audience: z.array(name).max(16).optional(),
  scopes: z.array(name).max(64).optional(),
  issuedAt: Timestamp.optional(),
  expiresAt: Timestamp.optional(),
  /** RFC 7800 `cnf`: thumbprint of the key the token is bound to (`jkt` of RFC 9449, `x5t#S256` of RFC 8705). */
  binding: id.optional(),
  /** Thumbprint of the key that was proved when the token was presented. */
  proof: id.optional(),
};
const identified = (token: { publicId?: string | undefined; hash?: string | undefined }) =>
  token.publicId !== undefined || token.hash !== undefined;

/** A token as the log holds it. Identified by `publicId` where known, else by `hash`. */
export const Token = z.object(tokenFields).refine(identified, { message: "needs publicId or hash" });

/** What is revoked: a token, or at once all that descend from a family or grant. */
export const RevokedToken = z
  .object(tokenFields)
  .refine((token) => identified(token) || token.family !== undefined || token.rootGrant !== undefined, {
    message: "needs publicId, hash, family or rootGrant",
  });

/** What an operation can do: 0 reads, 1 writes, 2 sends out, touches credentials or administers. */
export const Tier = z.union([z.literal(0), z.literal(1), z.literal(2)]);

/** A name of a field that holds a target, such as `recipient` or `bucketName`. */
export const FieldName = z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, "must be a field name of at most 64 characters");

/** Most target values that one event may name. */
export const MAX_TARGETS = 16;
/** Longest target value, in characters; sources drop longer text, because it is content and not an identifier. */
export const TARGET_LENGTH = 512;

/** The fields of an operation. */
export const operationFields = {
  service: name,
  name,
  tier: Tier,
  /** What was acted on, by field: `{"recipient": ["a@example.com"]}`. At most 16 values in all. */
  targets: z
    .record(FieldName, z.array(text(TARGET_LENGTH)).min(1).max(MAX_TARGETS))
    .refine((targets) => Object.values(targets).reduce((sum, values) => sum + values.length, 0) <= MAX_TARGETS, {
      message: `must name at most ${MAX_TARGETS} values`,
    })
    .optional(),
  /** Where each argument's value came from, if a gateway saw the content: the request, an earlier output, or neither. */
  provenance: z.record(FieldName, z.enum(["request", "output", "neither"])).optional(),
};
export const Operation = z.object(operationFields);

export const OUTCOMES = ["ok", "denied", "error"] as const;
export const Outcome = z.object({
  result: z.enum(OUTCOMES),
  /** HTTP status or the like. */
  status: z.int().min(0).max(999).optional(),
  /** A short code such as `invalid_grant`; never a message with content. */
  reason: name.optional(),
});

export const Network = z.object({
  /** Address text as the source gave it; clouds sometimes write a host name here. */
  ip: name.optional(),
  asn: z.int().min(0).max(4_294_967_295).optional(),
  region: name.optional(),
  userAgent: text(512).optional(),
  /** Attested node or workload instance that the call came from. */
  node: name.optional(),
  /** True for a call that a provider makes by itself on the principal's behalf; such a call has no fingerprint. */
  provider: z.boolean().optional(),
});

/** The fields of every event. */
export const commonFields = {
  id: EventId,
  /** When it happened, at the source. */
  time: Timestamp,
  /** When we first saw it. */
  observedTime: Timestamp.optional(),
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
    z.object({
      ...common,
      kind: z.literal("identity.changed"),
      change: z.enum(["registered", "deployed", "attested", "decommissioned"]),
    }),
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

const ofAgent = { ...commonFields, agent: Agent };

/** An event as the `events` stream holds it. */
export const Event = z.discriminatedUnion("kind", [
  ...reportedKinds(ofAgent, Token, Operation, RevokedToken),
  z.object({
    ...ofAgent,
    kind: z.literal("decision.made"),
    /** A person's decision about what was learned: who, what, why. */
    decision: z.object({
      verdict: z.enum(["approve-edge", "release-session", "confirm-session", "undo", "import"]),
      by: name,
      reason: text(1024).optional(),
      subject: id.optional(),
    }),
  }),
  z.object({ ...commonFields, kind: z.literal("tick") }),
]);
export type Event = z.infer<typeof Event>;
