/** Incidents, decisions, actions, outcomes and denials: what follows from a finding. */
import { z } from "zod";
import { MAX_SIGNED_BYTES } from "./contract.ts";
import { BASELINE_VERDICTS } from "./event.ts";
import {
  ActionId,
  AgentId,
  DecisionId,
  FindingId,
  ID_LENGTH,
  IncidentId,
  Instant,
  Severity,
  Tenant,
} from "./ids.ts";

/** How far a playbook step may go by itself. `observe` is the default of a fresh install. */
export const PlaybookMode = z.enum(["observe", "dry-run", "approve", "enforce"]);
export type PlaybookMode = z.infer<typeof PlaybookMode>;

/** What can be asked of a target. Quarantine has an expiry and its inverse is release. */
export const ActionKind = z.enum(["quarantine", "revoke-token", "revoke-family", "release"]);
export type ActionKind = z.infer<typeof ActionKind>;

/** What is denied at a gate: an agent, one token (by keyed hash or public id), or a family of refresh tokens. */
export const Target = z.discriminatedUnion("type", [
  z.object({ type: z.literal("agent"), id: AgentId }),
  z.object({ type: z.literal("token"), id: z.string() }),
  z.object({ type: z.literal("family"), id: z.string() }),
]);
export type Target = z.infer<typeof Target>;

/** A target's name among all tenants': the key of `denials`. No part of it may hold a line feed. */
export const targetKey = (tenant: string, target: { type: string; id: string }) =>
  `${tenant}\n${target.type}\n${target.id}`;

/**
 * What held a playbook step back, so that it was only proposed: the step's own mode (`observe`, `approval`), a finding that
 * may not revoke (`evidence`), a protected agent, a finding that came late (`age`) or is older than the agent's release
 * (`released`), or too many agents in ten minutes (`cap`).
 */
export const Guard = z.enum(["observe", "approval", "evidence", "protected", "age", "released", "cap"]);
export type Guard = z.infer<typeof Guard>;

/** A playbook step that was not asked for, because something held it back. */
export const Proposal = z.object({
  step: z.string(),
  kind: ActionKind,
  target: Target,
  mode: PlaybookMode,
  durationMs: z.int(),
  heldBy: Guard,
});
export type Proposal = z.infer<typeof Proposal>;

/** One playbook step asked of one target. */
export const Action = z.object({
  id: ActionId,
  kind: ActionKind,
  tenant: Tenant,
  agent: AgentId,
  target: Target,
  /** Absent when a person quarantined without an incident. */
  incident: IncidentId.optional(),
  /** Name of the playbook step, or `manual`. */
  step: z.string(),
  /** Counts how often this step has been asked of this target; a release begins a new occurrence. */
  occurrence: z.int().min(0),
  /** `enforce` acts; `dry-run` only reports what it would have done. */
  mode: z.enum(["dry-run", "enforce"]),
  /** Wall clock. */
  requestedAt: Instant,
  /** Wall clock; every denial ends. Absent only for a release. */
  expiresAt: Instant.optional(),
  /** What undoes it. */
  inverse: ActionKind.optional(),
  reason: z.string(),
});
export type Action = z.infer<typeof Action>;

/** `pending` until the enforcement point has answered. */
const Result = z.enum(["pending", "confirmed", "failed", "simulated"]);

/** An action as its incident lists it, with what came of it. */
export const IncidentAction = Action.pick({
  id: true,
  kind: true,
  target: true,
  step: true,
  mode: true,
  requestedAt: true,
  expiresAt: true,
}).extend({
  result: Result,
  /** Wall clock; absent while it is pending. */
  resultAt: Instant.optional(),
  /** Why it failed, for example. */
  detail: z.string().optional(),
  /** Wall clock of the release that ended it before its time. */
  releasedAt: Instant.optional(),
});
export type IncidentAction = z.infer<typeof IncidentAction>;

/** What the agents of a peer group do for the first time since they run new versions. */
export const Rollout = z.object({
  /** Absent: agents without a group. */
  group: z.string().optional(),
  /** The first 20 new versions, and those that ran before. */
  versions: z.array(z.string()).max(20),
  parents: z.array(z.string()).max(20),
  /** Each deployment was told by an event. */
  announced: z.boolean(),
  /** The first 1,000. */
  agents: z.array(z.string()).max(1000),
  /** The first 20 things that are new. */
  edges: z.array(z.string()).max(20),
  /** Those of them that so many agents do that no agent is told of alone. */
  recognised: z.array(z.string()).max(20),
});
export type Rollout = z.infer<typeof Rollout>;

/** Findings about one agent with one cause, gathered; of a roll-out, those about all its agents. */
export const Incident = z.object({
  id: IncidentId,
  tenant: Tenant,
  /** Of a roll-out, the agent that showed it first. */
  agent: AgentId,
  /** Why it is one incident: `left-its-graph`, `token-misuse`, `refresh-storm`, `rollout`. */
  cause: z.string(),
  status: z.enum(["open", "contained", "released", "closed"]),
  severity: Severity,
  openedAt: Instant,
  updatedAt: Instant,
  /** The newest 100; `findingCount` counts all. */
  findings: z.array(FindingId).max(100),
  findingCount: z.int(),
  summary: z.string(),
  rollout: Rollout.optional(),
  /** What was asked for, and what came of it; newest 100. */
  actions: z.array(IncidentAction).max(100),
  /** What the playbook would do or waits for, and what held it back. */
  proposed: z.array(Proposal).max(100),
});
export type Incident = z.infer<typeof Incident>;

/** A person's word about an incident, an agent, or what was learned of it; the last is also an event of the agent. */
export const Decision = z.object({
  id: DecisionId,
  tenant: Tenant,
  agent: AgentId,
  verdict: z.enum(["quarantine", "release", "approve", "reject", "close", ...BASELINE_VERDICTS]),
  /** For approve, reject and close. */
  incident: IncidentId.optional(),
  /** What of the baseline it is about, in words. */
  subject: z.string().max(ID_LENGTH).optional(),
  by: z.string().min(1).max(256),
  reason: z.string().min(1).max(1024),
  time: Instant,
  /** For quarantine: how long, in milliseconds. */
  durationMs: z.int().min(1000).optional(),
  /** The contract that was applied, as its owner has signed it, so that anybody can check it again. */
  contract: z.string().max(MAX_SIGNED_BYTES).optional(),
});
export type Decision = z.infer<typeof Decision>;

/** What came of an action at one enforcement point. */
export const ActionOutcome = z.object({
  action: ActionId,
  tenant: Tenant,
  agent: AgentId,
  incident: IncidentId.optional(),
  kind: ActionKind,
  target: Target,
  result: Result,
  /** Which enforcement point answered: `gate` ... */
  point: z.string(),
  time: Instant,
  detail: z.string().optional(),
});
export type ActionOutcome = z.infer<typeof ActionOutcome>;

/** A target that is denied now, as people are told; gates answer from the deny list. */
export const DenialInForce = z.object({
  agent: AgentId,
  target: Target,
  /** Wall clock: since when, without a gap. Absent for what an earlier version denied. */
  since: Instant.optional(),
  /** Wall clock. */
  until: Instant,
  /** Absent when a person quarantined without an incident. */
  incident: IncidentId.optional(),
  action: ActionId,
  reason: z.string(),
});
export type DenialInForce = z.infer<typeof DenialInForce>;

/** One line of the deny list; absolute, so that reading it twice or out of order per target changes nothing. */
export const Denial = z.object({
  tenant: Tenant,
  target: Target,
  /** False lifts the denial. */
  denied: z.boolean(),
  /** Wall clock, ms since 1970; after it the denial no longer holds. */
  expiresAtMs: z.number(),
  action: ActionId,
  agent: AgentId,
  reason: z.string(),
});
export type Denial = z.infer<typeof Denial>;

/** Most edges of one agent that are denied at a time; a denial beyond is refused. */
export const MAX_DENIED_EDGES = 256;
