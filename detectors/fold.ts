/**
 * One event through the catalogue: rows in; rows changed in place, findings out. As pure as the detectors are: the
 * same events in the same order give the same findings, live or replayed.
 */
import { AUDIENCE_AT, AUDIENCES, type EventView, TEXT } from "../schemas/event-view.ts";
import { EVENT_KINDS } from "../schemas/event.ts";
import type { Finding } from "../schemas/finding.ts";
import type { Settings } from "../schemas/settings.ts";
import type { Draft, Out, Rows } from "./detector.ts";
import { complete, type Provenance } from "./complete.ts";
import { type AnyDetector, DETECTORS, detectorSettingsOf } from "./index.ts";
import { type AgentRow, agentRow, type SessionRow, sessionRow, type TokenRow, tokenRow, unlinkSession, unlinkToken, useSession, useToken } from "./rows.ts";
import { seenBefore } from "./stats/recent-ids.ts";
import { sharedList, sharedTextAt } from "./stats/shared-text.ts";
import { decodeAgent, type WorkingSet } from "./working-set.ts";

export interface FoldSettings {
  /** An event older than its agent's clock less this updates token facts, never baselines. */
  readonly latenessMs: number;
}

/** A session that was idle for longer has ended. */
export const SESSION_GAP_MS = 1_800_000;
const SESSION_LIMIT = { events: 4096, ms: 86_400_000 } as const;
/** Most live sessions and known tokens of one agent; beyond it the least recently used go. */
export const MAX_SESSIONS = 1024;
export const MAX_TOKENS = 2048;
/** How long a token is remembered after its end, or after its last sight if its end is unknown. */
const KEEP_TOKEN_MS = 86_400_000;
const DAY_MS = 86_400_000;

/** What became of an event. */
export type Verdict = "folded" | "late" | "duplicate" | "skipped";

/** A detector threw: a broken promise. The caller drops the working set and folds again without it. */
export class DetectorFailure extends Error {
  readonly detector: string;
  constructor(detector: string, cause: unknown) {
    super(`detector ${detector} failed`, { cause });
    this.name = "DetectorFailure";
    this.detector = detector;
  }
}

export interface Fold {
  readonly caps: { sessions: number; tokens: number };
  /** Folds one event at a position; an agent that is not in the set is begun. `without` names detectors to leave out. */
  step(set: WorkingSet, event: EventView, position: number, emit: (finding: Finding) => void, without?: ReadonlySet<string>): Verdict;
}

/** One agent in readable form, from its stored entries; undefined if they cannot be read. */
export function agentView(entries: ReadonlyMap<string, Uint8Array>, settings: Pick<Settings, "detectors">): object | undefined {
  const detectorSettings = detectorSettingsOf(settings.detectors);
  const read = decodeAgent(entries, DETECTORS, detectorSettings);
  if (read === undefined) return undefined;
  const { agent } = read;
  const learned = DETECTORS.flatMap((detector, at) => (detector.view === undefined ? [] : [[detector.id, detector.view(agent.own[at], agent, detectorSettings[at])]]));
  return {
    tenant: agent.tenant,
    id: agent.id,
    lastSeen: new Date(agent.clock).toISOString(),
    liveSessions: agent.sessionCount,
    knownTokens: agent.tokenCount,
    baselineVersion: agent.baselineVersion,
    ...Object.fromEntries(learned),
  };
}

/** Keys of an agent in a working set, from the event that concerns it. */
export const agentLow = (event: EventView) => event.low(TEXT.agent) ^ Math.imul(event.low(TEXT.tenant), 0x9e3779b1);
export const agentHigh = (event: EventView) => event.high(TEXT.agent) ^ event.high(TEXT.tenant);

export function createFold(detectors: readonly AnyDetector[], detectorSettings: readonly unknown[], settings: FoldSettings, provenance: Provenance): Fold {
  const routes = EVENT_KINDS.map((kind) => detectors.flatMap((detector, at) => (detector.on.includes(kind) ? [at] : [])));
  const rowsOf = detectors.map((): MutableRows => ({ agent: NOBODY, session: NO_SESSION, token: undefined, own: { agent: undefined, session: undefined, token: undefined } }));
  const caps = { sessions: 0, tokens: 0 };
  // One for all calls: a detector is handed the same `out` and says nothing of who it is.
  const speaker: Speaker = { detector: undefined, rows: undefined, event: undefined, emit: undefined };
  const out: Out = { finding: (draft) => tell(speaker, draft, provenance) };
  return { caps, step };

  function step(set: WorkingSet, event: EventView, position: number, emit: (finding: Finding) => void, without?: ReadonlySet<string>): Verdict {
    if (!event.has(TEXT.agent)) return "skipped";
    const agent = agentOf(set, event);
    if (position <= agent.position) return "skipped";
    agent.position = position;
    if (!agent.changed) {
      agent.changed = true;
      set.changed.push(agent);
    }
    if (seenBefore(agent.recent, event.low(TEXT.id), event.high(TEXT.id))) return "duplicate";
    const late = event.time < agent.clock - settings.latenessMs;
    if (event.time > agent.clock) passTime(set, agent, event.time);
    const session = sessionOf(set, agent, event, late);
    const token = tokenOf(set, agent, event);
    for (const at of routes[event.kindIndex] ?? []) {
      const detector = detectors[at];
      if (detector === undefined || (late && !detector.hearsLate) || without?.has(detector.id)) continue;
      judge(detector, at, agent, session, token, event, emit);
    }
    return late ? "late" : "folded";
  }

  function judge(detector: AnyDetector, at: number, agent: AgentRow, session: SessionRow, token: TokenRow | undefined, event: EventView, emit: (finding: Finding) => void): void {
    const rows = rowsOf[at];
    if (rows === undefined) return;
    rows.agent = agent;
    rows.session = session;
    rows.token = token;
    rows.own.agent = agent.own[at];
    rows.own.session = session.own[at];
    rows.own.token = token?.own[at];
    speaker.detector = detector;
    speaker.rows = rows;
    speaker.event = event;
    speaker.emit = emit;
    try {
      detector.step(rows, event, detectorSettings[at], out);
    } catch (cause) {
      throw new DetectorFailure(detector.id, cause);
    }
  }

  function agentOf(set: WorkingSet, event: EventView): AgentRow {
    const [low, high] = [agentLow(event), agentHigh(event)];
    const known = set.agents.get(low, high);
    if (known !== undefined) return known;
    const begun = agentRow(event.text(TEXT.tenant), event.text(TEXT.agent), low, high);
    begun.epoch = Math.floor(event.time / DAY_MS);
    begun.own.push(...detectors.map((detector, at) => detector.columns.agent.start(detectorSettings[at])));
    set.agents.set(low, high, begun);
    return begun;
  }

  /** What time alone changes: sessions that have ended, tokens that have gone, the turn of an epoch. */
  function passTime(set: WorkingSet, agent: AgentRow, time: number): void {
    for (let oldest = agent.oldestSession; oldest !== undefined && oldest.lastAt + SESSION_GAP_MS < time; oldest = agent.oldestSession) endSession(set, oldest);
    for (let oldest = agent.oldestToken; oldest !== undefined && oldest.keepUntil < time; oldest = agent.oldestToken) endToken(set, oldest);
    agent.clock = time;
    const epoch = Math.floor(time / DAY_MS);
    if (epoch <= agent.epoch) return;
    agent.epoch = epoch;
    detectors.forEach((detector, at) => {
      detector.epochEnded?.(agent, agent.own[at], epoch, detectorSettings[at]);
    });
  }

  function sessionOf(set: WorkingSet, agent: AgentRow, event: EventView, late: boolean): SessionRow {
    const column = sessionColumn(event);
    const low = event.low(column) ^ agent.low ^ column ^ (isGiven(column) ? 0 : partOf(event));
    const high = event.high(column) ^ Math.imul(agent.high, 0x85ebca6b);
    const known = set.sessions.get(low, high);
    if (known !== undefined) {
      if (late || !isOver(known, event.time)) return touch(known, event.time);
      endSession(set, known);
    }
    const row = sessionRow(agent, low, high, sessionName(event, column), event.time, startAll("session"));
    // A late event opens no session: what came before and after it is gone.
    if (late) return row;
    if (agent.sessionCount >= MAX_SESSIONS && agent.oldestSession !== undefined) {
      caps.sessions++;
      endSession(set, agent.oldestSession);
    }
    set.sessions.set(low, high, row);
    return touch(row, event.time);
  }

  /** Columns of all detectors; a list made at its full length, because one that grows takes several times its room. */
  function startAll(kind: "session" | "token"): unknown[] {
    const own = new Array(detectors.length);
    for (let at = 0; at < detectors.length; at++) own[at] = detectors[at]?.columns[kind].start(detectorSettings[at]);
    return own;
  }

  function touch(row: SessionRow, time: number): SessionRow {
    row.events++;
    if (time > row.lastAt) row.lastAt = time;
    useSession(row);
    return row;
  }

  function endSession(set: WorkingSet, row: SessionRow): void {
    set.sessions.delete(row.low, row.high);
    unlinkSession(row);
    detectors.forEach((detector, at) => {
      detector.sessionEnded?.(row.agent, row.agent.own[at], row, row.own[at], detectorSettings[at]);
    });
  }

  function tokenOf(set: WorkingSet, agent: AgentRow, event: EventView): TokenRow | undefined {
    const column = event.has(TEXT.publicId) ? TEXT.publicId : TEXT.hash;
    if (!event.has(column)) {
      if (event.kindIndex === REVOKED && event.has(TEXT.family)) revokeFamily(agent, event);
      return undefined;
    }
    const low = event.low(column) ^ agent.low;
    const high = event.high(column) ^ Math.imul(agent.high, 0xc2b2ae35);
    const known = set.tokens.get(low, high);
    const row = known ?? beginToken(set, agent, low, high);
    noteToken(row, event);
    useToken(row);
    return row;
  }

  function beginToken(set: WorkingSet, agent: AgentRow, low: number, high: number): TokenRow {
    if (agent.tokenCount >= MAX_TOKENS && agent.oldestToken !== undefined) {
      caps.tokens++;
      endToken(set, agent.oldestToken);
    }
    const row = tokenRow(agent, low, high, startAll("token"));
    set.tokens.set(low, high, row);
    return row;
  }

  function endToken(set: WorkingSet, row: TokenRow): void {
    set.tokens.delete(row.low, row.high);
    unlinkToken(row);
    detectors.forEach((detector, at) => {
      detector.tokenEnded?.(row.agent, row.agent.own[at], row, row.own[at], detectorSettings[at]);
    });
  }
}

/** Which session an event belongs to; the first that is there: session, trace, grant, family, else the instance by gaps. */
function sessionColumn(event: EventView): SessionColumn {
  if (event.has(TEXT.session)) return TEXT.session;
  if (event.has(TEXT.trace)) return TEXT.trace;
  if (event.has(TEXT.rootGrant)) return TEXT.rootGrant;
  return event.has(TEXT.family) ? TEXT.family : TEXT.instance;
}
type SessionColumn = typeof TEXT.session | typeof TEXT.trace | typeof TEXT.rootGrant | typeof TEXT.family | typeof TEXT.instance;

const isGiven = (column: SessionColumn) => column === TEXT.session || column === TEXT.trace;

/** A session that is told by its grant or instance is one workflow on one instance: a grant may serve many of both. */
const partOf = (event: EventView) => event.low(TEXT.workflow) ^ Math.imul(event.low(TEXT.instance), 0x27d4eb2f);

function sessionName(event: EventView, column: SessionColumn): string {
  const text = event.text(column);
  return isGiven(column) ? text : `${text || "agent"}@${new Date(event.time).toISOString()}`;
}

function isOver(row: SessionRow, time: number): boolean {
  return row.lastAt + SESSION_GAP_MS < time || row.events >= SESSION_LIMIT.events || row.startedAt + SESSION_LIMIT.ms < time;
}

const REVOKED = EVENT_KINDS.indexOf("token.revoked");

/** Facts of a token, in any order of arrival: what is said later adds to what is known. */
function noteToken(row: TokenRow, event: EventView): void {
  if (row.publicId === "" && event.has(TEXT.publicId)) row.publicId = event.text(TEXT.publicId);
  if (row.hash === "" && event.has(TEXT.hash)) row.hash = event.text(TEXT.hash);
  if (row.family === "" && event.has(TEXT.family)) row.family = event.text(TEXT.family);
  if (Number.isNaN(row.issuedAt)) row.issuedAt = event.issuedAt;
  if (Number.isNaN(row.expiresAt)) row.expiresAt = event.expiresAt;
  if (row.audience === undefined && event.number(AUDIENCES) > 0) row.audience = audienceOf(event);
  // The earliest end counts: a token revoked twice was gone after the first time.
  if (event.kindIndex === REVOKED && !(row.revokedAt <= event.time)) row.revokedAt = event.time;
  const end = Number.isNaN(row.expiresAt) ? event.time : Math.max(row.expiresAt, event.time);
  if (end + KEEP_TOKEN_MS > row.keepUntil) row.keepUntil = end + KEEP_TOKEN_MS;
}

/** A family that is revoked as such, without naming a token, takes all its tokens along (RFC 7009 section 2.1). */
function revokeFamily(agent: AgentRow, event: EventView): void {
  const family = event.text(TEXT.family);
  for (let row = agent.oldestToken; row !== undefined; row = row.newer) {
    if (row.family === family && !(row.revokedAt <= event.time)) row.revokedAt = event.time;
  }
}

function audienceOf(event: EventView): readonly string[] {
  const count = event.number(AUDIENCES);
  if (count === 1) return sharedList(event, AUDIENCE_AT);
  return Array.from({ length: count }, (_, at) => sharedTextAt(event, AUDIENCE_AT + at * 4));
}

/** What `out` speaks for at the moment. */
interface Speaker {
  detector: AnyDetector | undefined;
  rows: MutableRows | undefined;
  event: EventView | undefined;
  emit: ((finding: Finding) => void) | undefined;
}

function tell(speaker: Speaker, draft: Draft, provenance: Provenance): void {
  const { detector, rows, event, emit } = speaker;
  if (detector === undefined || rows === undefined || event === undefined || emit === undefined) return;
  // From here on the session teaches no baseline.
  rows.session.flagged = true;
  emit(complete(detector, draft, rows, event, provenance));
}

interface MutableRows extends Rows<unknown, unknown, unknown> {
  agent: AgentRow;
  session: SessionRow;
  token: TokenRow | undefined;
  own: { agent: unknown; session: unknown; token: unknown };
}

const NOBODY = agentRow("", "", 0, 0);
const NO_SESSION = sessionRow(NOBODY, 0, 0, "", 0, []);
