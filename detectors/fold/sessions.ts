/** The session of an event: found, or begun after the one before it has ended by gap, length or age. */
import { type EventView, TEXT } from "../../schemas/event-view.ts";
import { type AgentRow, type SessionRow, sessionRow } from "../rows.ts";
import { endColumns, type Panel, restartColumns, startColumns, tellSessionEnded } from "./panel.ts";
import { unlinkSession, useSession } from "./recency.ts";
import type { WorkingSet } from "./working-set.ts";

// Names of this module: V8 folds a module's own constants into the code, but loads imported ones each time.
const {
  family: FAMILY_COLUMN,
  instance: INSTANCE_COLUMN,
  rootGrant: ROOT_GRANT_COLUMN,
  session: SESSION_COLUMN,
  trace: TRACE_COLUMN,
  workflow: WORKFLOW_COLUMN,
} = TEXT;

/** A session that was idle for longer has ended. */
const SESSION_GAP_MS = 1_800_000;
const MAX_SESSION_EVENTS = 4096;
const MAX_SESSION_MS = 86_400_000;
/** Most live sessions of one agent; beyond it the least recently used go. */
const MAX_SESSIONS = 1024;
/** Most rows of ended sessions that wait to be used again. */
const MAX_SPARE = 256;

/** The row of the event's session. A late event opens none: what came before and after it is gone, and so is the row. */
export function sessionOf(
  panel: Panel,
  set: WorkingSet,
  agent: AgentRow,
  event: EventView,
  isLate: boolean,
): SessionRow {
  const column = sessionColumn(event);
  const low = event.low(column) ^ agent.low ^ column ^ (isGiven(column) ? 0 : partOf(event));
  const high = event.high(column) ^ Math.imul(agent.high, 0x85ebca6b);
  const known = set.sessions.get(low, high);
  if (known !== undefined) {
    if (isLate || !isOver(known, event.time)) return touch(known, event.time);
    endSession(panel, set, known);
  }
  const name = sessionName(event, column);
  if (isLate) return sessionRow(agent, low, high, name, event.time, startColumns(panel, "session"));
  makeRoom(panel, set, agent);
  const begun = begin(panel, set, agent, low, high, name, event.time);
  set.sessions.set(low, high, begun);
  return touch(begun, event.time);
}

/** A row that has ended is used again: its columns have grown to the size that sessions have. */
function begin(
  panel: Panel,
  { spare }: WorkingSet,
  agent: AgentRow,
  low: number,
  high: number,
  name: string,
  timeMs: number,
): SessionRow {
  const row = spare.pop();
  if (row === undefined) return sessionRow(agent, low, high, name, timeMs, startColumns(panel, "session"));
  row.agent = agent;
  row.low = low;
  row.high = high;
  row.name = name;
  row.startedAt = timeMs;
  row.lastAt = timeMs;
  row.events = 0;
  row.flagged = false;
  restartColumns(panel, row);
  return row;
}

/** Ends the sessions of an agent that were idle for too long. */
export function endIdleSessions(panel: Panel, set: WorkingSet, agent: AgentRow, timeMs: number): void {
  if (agent.oldestSession === agent.watchedSession && timeMs <= agent.sessionEndsAfter) return;
  for (let oldest = agent.oldestSession; oldest !== undefined; oldest = agent.oldestSession) {
    agent.watchedSession = oldest;
    agent.sessionEndsAfter = oldest.lastAt + SESSION_GAP_MS;
    if (!(agent.sessionEndsAfter < timeMs)) return;
    endSession(panel, set, oldest);
  }
}

/** Ends all sessions of an agent, or those of a name. */
export function endSessions(panel: Panel, set: WorkingSet, agent: AgentRow, name?: string): void {
  for (let row = agent.oldestSession; row !== undefined; ) {
    const { newer } = row;
    if (name === undefined || row.name === name) endSession(panel, set, row);
    row = newer;
  }
}

function makeRoom(panel: Panel, set: WorkingSet, agent: AgentRow): void {
  if (agent.sessionCount < MAX_SESSIONS || agent.oldestSession === undefined) return;
  panel.caps.sessions++;
  endSession(panel, set, agent.oldestSession);
}

function endSession(panel: Panel, set: WorkingSet, row: SessionRow): void {
  set.sessions.delete(row.low, row.high);
  unlinkSession(row);
  if (row.agent.watchedSession === row) row.agent.watchedSession = undefined;
  tellSessionEnded(panel, row);
  if (set.spare.length < MAX_SPARE) set.spare.push(row);
  else endColumns(panel.detectors, "session", row.own);
}

function touch(row: SessionRow, timeMs: number): SessionRow {
  row.events++;
  if (timeMs > row.lastAt) row.lastAt = timeMs;
  useSession(row);
  return row;
}

function isOver(row: SessionRow, timeMs: number): boolean {
  if (row.lastAt + SESSION_GAP_MS < timeMs || row.events >= MAX_SESSION_EVENTS) return true;
  return row.startedAt + MAX_SESSION_MS < timeMs;
}

type SessionColumn =
  | typeof TEXT.session
  | typeof TEXT.trace
  | typeof TEXT.rootGrant
  | typeof TEXT.family
  | typeof TEXT.instance;

/** Which session an event belongs to; the first that is there: session, trace, grant, family, else the instance by gaps. */
function sessionColumn(event: EventView): SessionColumn {
  if (event.has(SESSION_COLUMN)) return SESSION_COLUMN;
  if (event.has(TRACE_COLUMN)) return TRACE_COLUMN;
  if (event.has(ROOT_GRANT_COLUMN)) return ROOT_GRANT_COLUMN;
  return event.has(FAMILY_COLUMN) ? FAMILY_COLUMN : INSTANCE_COLUMN;
}

const isGiven = (column: SessionColumn) => column === SESSION_COLUMN || column === TRACE_COLUMN;

/** A session that is told by its grant or instance is one workflow on one instance: a grant may serve many of both. */
const partOf = (event: EventView) =>
  event.low(WORKFLOW_COLUMN) ^ Math.imul(event.low(INSTANCE_COLUMN), 0x27d4eb2f);

function sessionName(event: EventView, column: SessionColumn): string {
  const text = event.text(column);
  if (isGiven(column)) return text;
  return `${text || "agent"}@${new Date(event.time).toISOString()}`;
}
