/**
 * The rows that the fold keeps: one for an agent, one for each of its live sessions and tokens. Shared columns are
 * written by the fold alone; `own[i]` are the columns of the i-th detector of the catalogue.
 */
import type { ByteReader, ByteWriter } from "./codec.ts";
import { type RecentIds, readRecentIds, recentIds, writeRecentIds } from "./stats/recent-ids.ts";

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
  readonly own: unknown[];
  /** Live sessions, least recently used first. */
  oldestSession: SessionRow | undefined;
  newestSession: SessionRow | undefined;
  sessionCount: number;
  /** Known tokens, least recently used first. */
  oldestToken: TokenRow | undefined;
  newestToken: TokenRow | undefined;
  tokenCount: number;
  /** Set when something has changed since the last commit. */
  changed: boolean;
  /** Number of the batch that touched the agent last; the working set evicts the longest untouched. */
  touched: number;
}

export interface SessionRow {
  readonly agent: AgentRow;
  readonly low: number;
  readonly high: number;
  /** The id that was given, or a generated name. */
  readonly name: string;
  readonly startedAt: number;
  lastAt: number;
  events: number;
  /** A finding was made in it: baselines do not learn from it. */
  flagged: boolean;
  readonly own: unknown[];
  older: SessionRow | undefined;
  newer: SessionRow | undefined;
}

export interface TokenRow {
  readonly agent: AgentRow;
  readonly low: number;
  readonly high: number;
  publicId: string;
  hash: string;
  family: string;
  /** ms since 1970; NaN while unknown. */
  issuedAt: number;
  expiresAt: number;
  revokedAt: number;
  /** Undefined while unknown. */
  audience: readonly string[] | undefined;
  /** Event time after which the row is no longer needed. */
  keepUntil: number;
  readonly own: unknown[];
  older: TokenRow | undefined;
  newer: TokenRow | undefined;
}

export function agentRow(tenant: string, id: string, low: number, high: number): AgentRow {
  return {
    tenant,
    id,
    low,
    high,
    clock: 0,
    epoch: 0,
    position: -1,
    baselineVersion: 0,
    recent: recentIds(),
    own: [],
    oldestSession: undefined,
    newestSession: undefined,
    sessionCount: 0,
    oldestToken: undefined,
    newestToken: undefined,
    tokenCount: 0,
    changed: false,
    touched: 0,
  };
}

export function sessionRow(agent: AgentRow, low: number, high: number, name: string, startedAt: number, own: unknown[]): SessionRow {
  return { agent, low, high, name, startedAt, lastAt: startedAt, events: 0, flagged: false, own, older: undefined, newer: undefined };
}

export function tokenRow(agent: AgentRow, low: number, high: number, own: unknown[]): TokenRow {
  return {
    agent,
    low,
    high,
    publicId: "",
    hash: "",
    family: "",
    issuedAt: Number.NaN,
    expiresAt: Number.NaN,
    revokedAt: Number.NaN,
    audience: undefined,
    keepUntil: 0,
    own,
    older: undefined,
    newer: undefined,
  };
}

// ---- the two lists of an agent, least recently used first ----

/** Makes a session the newest of its agent; it may be new or already in the list. */
export function useSession(row: SessionRow): void {
  const { agent } = row;
  if (agent.newestSession === row) return;
  if (row.newer !== undefined) unlinkSession(row);
  row.older = agent.newestSession;
  row.newer = undefined;
  if (agent.newestSession === undefined) agent.oldestSession = row;
  else agent.newestSession.newer = row;
  agent.newestSession = row;
  agent.sessionCount++;
}

export function unlinkSession(row: SessionRow): void {
  const { agent, older, newer } = row;
  if (older === undefined) agent.oldestSession = newer;
  else older.newer = newer;
  if (newer === undefined) agent.newestSession = older;
  else newer.older = older;
  agent.sessionCount--;
}

/** Makes a token the newest of its agent; it may be new or already in the list. */
export function useToken(row: TokenRow): void {
  const { agent } = row;
  if (agent.newestToken === row) return;
  if (row.newer !== undefined) unlinkToken(row);
  row.older = agent.newestToken;
  row.newer = undefined;
  if (agent.newestToken === undefined) agent.oldestToken = row;
  else agent.newestToken.newer = row;
  agent.newestToken = row;
  agent.tokenCount++;
}

export function unlinkToken(row: TokenRow): void {
  const { agent, older, newer } = row;
  if (older === undefined) agent.oldestToken = newer;
  else older.newer = newer;
  if (newer === undefined) agent.newestToken = older;
  else newer.older = older;
  agent.tokenCount--;
}

// ---- shared columns, dense ----

export function writeAgent(row: AgentRow, to: ByteWriter): void {
  to.text(row.tenant);
  to.text(row.id);
  to.i32(row.low);
  to.i32(row.high);
  to.f64(row.clock);
  to.i32(row.epoch);
  to.f64(row.position);
  to.i32(row.baselineVersion);
  writeRecentIds(row.recent, to);
}

export function readAgent(from: ByteReader): AgentRow {
  const row = agentRow(from.text(), from.text(), from.i32(), from.i32());
  row.clock = from.f64();
  row.epoch = from.i32();
  row.position = from.f64();
  row.baselineVersion = from.i32();
  Object.assign(row.recent, readRecentIds(from));
  return row;
}

export function writeSession(row: SessionRow, to: ByteWriter): void {
  to.i32(row.low);
  to.i32(row.high);
  to.text(row.name);
  to.f64(row.startedAt);
  to.f64(row.lastAt);
  to.i32(row.events);
  to.u8(row.flagged ? 1 : 0);
}

export function readSession(agent: AgentRow, from: ByteReader): SessionRow {
  const row = sessionRow(agent, from.i32(), from.i32(), from.text(), from.f64(), []);
  row.lastAt = from.f64();
  row.events = from.i32();
  row.flagged = from.u8() === 1;
  return row;
}

export function writeToken(row: TokenRow, to: ByteWriter): void {
  to.i32(row.low);
  to.i32(row.high);
  for (const text of [row.publicId, row.hash, row.family]) to.text(text);
  for (const time of [row.issuedAt, row.expiresAt, row.revokedAt, row.keepUntil]) to.f64(time);
  to.u8(row.audience === undefined ? 0 : 1);
  to.texts(row.audience ?? []);
}

export function readToken(agent: AgentRow, from: ByteReader): TokenRow {
  const row = tokenRow(agent, from.i32(), from.i32(), []);
  row.publicId = from.text();
  row.hash = from.text();
  row.family = from.text();
  row.issuedAt = from.f64();
  row.expiresAt = from.f64();
  row.revokedAt = from.f64();
  row.keepUntil = from.f64();
  const known = from.u8() === 1;
  const audience = from.texts();
  row.audience = known ? audience : undefined;
  return row;
}
