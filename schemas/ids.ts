/**
 * Branded identifiers. A brand costs nothing at run time and keeps an agent's id from being passed where an
 * incident's or a tenant's is meant. Parsing happens once, at the door; inside the house nobody checks shapes again.
 */
import { z } from "zod";

/**
 * One line of text without control characters, 1 to `max` UTF-16 code units.
 * Control characters are refused because names end up in terminals, logs and SIEM lines.
 */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .regex(/^[^\p{Cc}]*$/u, "must not contain control characters");

/** Longest event, session, trace or token identifier, in characters. */
export const ID_LENGTH = 256;
/** Longest name (operation, service, workflow, version ...), in characters. */
export const NAME_LENGTH = 256;

/** An event's id, given by its source and unique among that source's: by both repeats are dropped. */
export const EventId = text(ID_LENGTH).brand<"EventId">();
export type EventId = z.infer<typeof EventId>;

/** A principal's id, unique within a tenant: an agent, workload or service account. */
export const AgentId = text(ID_LENGTH).brand<"AgentId">();
export type AgentId = z.infer<typeof AgentId>;

/** One word of letters, digits and `_ . -`: tenant and agent together name a partition, with a slash between them. */
export const Tenant = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,64}$/, "must be 1 to 64 letters, digits, dots, dashes or underscores")
  .brand<"Tenant">();
export type Tenant = z.infer<typeof Tenant>;

/** SHA-256 of detector, subject, triggering event id and kind; 32 hexadecimal digits. Never of a position. */
export const FindingId = z
  .string()
  .regex(/^f-[0-9a-f]{32}$/)
  .brand<"FindingId">();
export type FindingId = z.infer<typeof FindingId>;

/** Hash of tenant, agent, cause and the first finding; 32 hexadecimal digits. */
export const IncidentId = z
  .string()
  .regex(/^i-[0-9a-f]{32}$/)
  .brand<"IncidentId">();
export type IncidentId = z.infer<typeof IncidentId>;

/** Hash of incident, step, target and occurrence; 32 hexadecimal digits. */
export const ActionId = z
  .string()
  .regex(/^a-[0-9a-f]{32}$/)
  .brand<"ActionId">();
export type ActionId = z.infer<typeof ActionId>;

/** Id of what a person decided; 32 hexadecimal digits. */
export const DecisionId = z
  .string()
  .regex(/^d-[0-9a-f]{32}$/)
  .brand<"DecisionId">();
export type DecisionId = z.infer<typeof DecisionId>;

/** Earliest and latest time that an event may carry: 2000-01-01 (inclusive) to 2100-01-01 (exclusive), ms since 1970. */
export const TIME_RANGE = { from: 946_684_800_000, to: 4_102_444_800_000 } as const;

/** A moment, RFC 3339 with an offset or `Z`, up to nanoseconds (kept to the millisecond), from 2000 to 2099. */
export const Instant = z.iso.datetime({ offset: true }).refine(
  (value) => {
    const ms = Date.parse(value);
    return ms >= TIME_RANGE.from && ms < TIME_RANGE.to;
  },
  { message: "must be a time from 2000-01-01 to 2099-12-31" },
);

/** Ms since 1970 in RFC 3339, UTC. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** Severities, least first. */
export const SEVERITIES = ["informational", "low", "medium", "high", "critical"] as const;
/** How bad it would be (Sigma, OCSF); how sure we are is told apart from it. */
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;

/** Whether one severity is as bad as another, or worse. */
export const isAtLeast = (severity: Severity, least: Severity): boolean =>
  SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
