/** What one detector concluded from one step. */
import { z } from "zod";
import { AgentId, EventId, FindingId, Instant, Severity, Tenant } from "./ids.ts";

/** Taxonomy tags; the mapping is data (detectors/tags.ts) because the lists are renumbered every year. */
const Tags = z.object({
  attack: z.array(z.string()),
  atlas: z.array(z.string()),
  owaspAgentic: z.array(z.string()),
  owaspNhi: z.array(z.string()),
});

/**
 * The agent runs a version that was not seen before and is still in its time of grace. What it does for the first time may be
 * part of a roll-out.
 */
export const NewVersion = z.object({
  version: z.string(),
  /** The version that ran before it. */
  parent: z.string(),
  /** Event time: when it was first seen, or its deployment was told. */
  since: Instant,
  /** Its deployment was told. */
  announced: z.boolean(),
  /** Peer group of the agent, if it has one. */
  group: z.string().optional(),
  /** Agents of that group, where its baseline is known. */
  peerAgents: z.int().optional(),
  /** What is new, in words that are the same for every agent that does the same. */
  edge: z.string(),
  /** Told at a lower severity than without a new version. */
  quiet: z.boolean(),
});
export type NewVersion = z.infer<typeof NewVersion>;

export const Finding = z.object({
  id: FindingId,
  detector: z.string(),
  detectorVersion: z.int(),
  /** Which of the detector's facts: `operation-new-to-workflow`, `use-after-revocation` ... */
  kind: z.string(),
  severity: Severity,
  /**
   * `invariant`: a broken rule of tokens, may revoke. `fact`: a named yes/no fact about the baseline, at most quarantine.
   * `statistical`: a score above what clean sessions reach, out of a budget of false alerts, at most quarantine.
   */
  evidenceKind: z.enum(["invariant", "fact", "statistical"]),
  /** Event time of the trigger. */
  time: Instant,
  tenant: Tenant,
  agent: AgentId,
  /** Session the trigger belongs to; for a derived session a generated name. */
  session: z.string(),
  workflow: z.string().optional(),
  /** The token concerned: what a gate or issuer needs to stop it. */
  token: z
    .object({ publicId: z.string().optional(), hash: z.string().optional(), family: z.string().optional() })
    .optional(),
  /** The evidence, trigger last. */
  eventIds: z.array(EventId).min(1),
  /** One sentence: what was observed. */
  summary: z.string(),
  /** What was expected instead, with counts. */
  expected: z.string(),
  /** How rare that is, as a rank or a probability in words; absent for invariants. */
  rarity: z.string().optional(),
  /** What would have kept it silent. */
  silencedBy: z.string(),
  newVersion: NewVersion.optional(),
  /** Named numbers and names behind the sentences. */
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
  /** Which versions judged it. */
  judgedBy: z.object({
    /** Number of the agent's frozen baseline; 0 before the first. */
    baseline: z.int(),
    /** Peer group whose version backed the agent, and the day at the end of which that stands: `payers 2026-03-01`, of the tenant the day alone. */
    peerVersion: z.string().optional(),
    /** First 12 digits of the SHA-256 of the detector settings. */
    settings: z.string(),
    /** Name of the key that hashed secrets; `public` in replays without the installation's key. */
    key: z.string(),
  }),
  tags: Tags,
});
export type Finding = z.infer<typeof Finding>;
