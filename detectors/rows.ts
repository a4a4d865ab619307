/**
 * The rows that the fold keeps: one for an agent, one for each of its live sessions and, packed in token-row.ts, one for
 * each of its tokens. Shared columns are written by the fold alone; `own[i]` are the columns of the i-th detector of the
 * catalogue.
 */
import { type RecentIds, recentIds } from "./stats/recent-ids.ts";

/** What is kept of an agent. */
export interface AgentRow {
  readonly tenant: string;
  readonly id: string;
  /** Keyed hash of tenant and id. */
  readonly low: number;
  readonly high: number;
  /** Largest event time folded, ms since 1970: the agent's clock. */
  clock: number;
  /** Day of event time (days since 1970) that `clock` lies in. */
  epoch: number;
  /** Position of the newest event absorbed; events at or below it are skipped after a reload. */
  position: number;
  /** Raised when a new frozen baseline takes effect. */
  baselineVersion: number;
  readonly recent: RecentIds;
  /** Families and grants that were revoked as such; few, the newest. */
  readonly revocations: Revocation[];
  readonly own: unknown[];
  /** Live sessions, least recently used first. */
  oldestSession: SessionRow | undefined;
  newestSession: SessionRow | undefined;
  sessionCount: number;
  /** The oldest session and token when they were last looked at, and a time before which they do not end: not stored. */
  watchedSession: SessionRow | undefined;
  watchedToken: number;
  sessionEndsAfter: number;
  tokenEndsAfter: number;
  /** Known tokens by number, least recently used first; -1 if there is none. */
  oldestToken: number;
  newestToken: number;
  tokenCount: number;
  /** Set when something has changed since the last commit. */
  changed: boolean;
  /** Number of the commit, or of a replay's stretch, after the agent's last event; the longest untouched goes first. */
  touched: number;
}

/** That all tokens of a family or grant were revoked. */
export interface Revocation {
  /** Keyed hash of the family or grant. */
  readonly low: number;
  readonly high: number;
  /** ms since 1970. */
  readonly time: number;
}

/** What is kept of a live session. Rows of sessions that have ended are used again. */
export interface SessionRow {
  agent: AgentRow;
  low: number;
  high: number;
  /** The id that was given, or a generated name. */
  name: string;
  startedAt: number;
  lastAt: number;
  events: number;
  /** A finding was made in it: baselines do not learn from it. */
  flagged: boolean;
  readonly own: unknown[];
  older: SessionRow | undefined;
  newer: SessionRow | undefined;
}

/** An agent of which nothing is known yet, with the columns of the detectors; `low` and `high` are its key. */
export function agentRow(
  tenant: string,
  id: string,
  low: number,
  high: number,
  own: unknown[],
  recent: RecentIds = recentIds(),
): AgentRow {
  return {
    tenant,
    id,
    low,
    high,
    clock: 0,
    epoch: 0,
    position: -1,
    baselineVersion: 0,
    recent,
    revocations: [],
    own,
    oldestSession: undefined,
    newestSession: undefined,
    sessionCount: 0,
    watchedSession: undefined,
    watchedToken: -1,
    sessionEndsAfter: 0,
    tokenEndsAfter: 0,
    oldestToken: -1,
    newestToken: -1,
    tokenCount: 0,
    changed: false,
    touched: 0,
  };
}

/** A session that begins, in ms since 1970, with the columns of the detectors. */
export function sessionRow(
  agent: AgentRow,
  low: number,
  high: number,
  name: string,
  startedAt: number,
  own: unknown[],
): SessionRow {
  return {
    agent,
    low,
    high,
    name,
    startedAt,
    lastAt: startedAt,
    events: 0,
    flagged: false,
    own,
    older: undefined,
    newer: undefined,
  };
}
