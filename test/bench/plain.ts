/**
 * The same judgements the obvious way, for comparison: JSON.parse and zod for every event, objects in nested Maps with
 * text keys. It is what a careful programmer writes first, and not slowed down.
 *
 * It does less than the product. Left out: putting events in order and telling late ones; candidates that wait for the
 * turn of a day, witnesses beyond a count, withheld sessions' statistics; facts that arrive after the uses they condemn;
 * fan-out over services; R2 and R3 of refresh storms; caps on families, sessions, tokens, values and names; the whole
 * finding with its evidence; anything that could be stored. Its findings are near those of the product, not the same.
 */
import { Event } from "../../schemas/event.ts";
import { readRecords } from "../../services/ingest/files.ts";
import { type Baseline, baseline, learn, type Path, path, step } from "./plain/graph.ts";
import {
  type Families,
  note,
  refresh,
  type TokenEvent,
  type TokenState,
  tokenState,
  use,
} from "./plain/tokens.ts";

interface Session {
  readonly path: Path;
  lastAt: number;
  isFlagged: boolean;
}

interface Agent {
  clock: number;
  young: Set<string>;
  elder: Set<string>;
  readonly sessions: Map<string, Session>;
  readonly tokens: Map<string, TokenState>;
  readonly families: Families;
  readonly baseline: Baseline;
}

const MAX_LINE_BYTES = 1_048_576;
const SESSION_GAP_MS = 1_800_000;
const REMEMBERED_IDS = 128;

/** Folds a file of events. Answers how many events and findings there were. */
export async function plainReplay(file: string): Promise<{ events: number; findings: number }> {
  const judgeLine = plainFold();
  const counts = { events: 0, findings: 0 };
  for await (const block of readRecords(file, { maxLineBytes: MAX_LINE_BYTES })) {
    if ("code" in block) continue;
    for (let at = 0; at < block.count; at++) {
      const line = block.bytes.toString("utf8", block.starts[at], block.ends[at]);
      counts.findings += judgeLine(line);
      counts.events++;
    }
  }
  return counts;
}

/** Begins with no agents. What it answers folds one line after the other, and answers how many findings it made. */
export function plainFold(): (line: string) => number {
  const agents = new Map<string, Agent>();
  return (line) => fold(agents, Event.parse(JSON.parse(line)));
}

function fold(agents: Map<string, Agent>, event: Event): number {
  if (event.kind === "tick") return 0;
  const agent = agentOf(agents, `${event.tenant}/${event.agent.id}`);
  if (isRepeated(agent, event.id)) return 0;
  const time = Date.parse(event.time);
  passTime(agent, time);
  const session = sessionOf(agent, event, time);
  const findings = judge(agent, session, event, time);
  if (findings > 0) session.isFlagged = true;
  return findings;
}

function judge(
  agent: Agent,
  session: Session,
  event: Exclude<Event, { kind: "tick" }>,
  time: number,
): number {
  const token = "token" in event && event.token ? tokenOf(agent, event, time) : undefined;
  if (event.kind === "api.called") {
    const uses = token === undefined ? [] : use(token, event, time);
    return uses.length + step(agent.baseline, session.path, event).length;
  }
  if (event.kind === "token.issued" || event.kind === "token.refreshed")
    return refresh(agent.families, event, time) ? 1 : 0;
  return 0;
}

function agentOf(agents: Map<string, Agent>, key: string): Agent {
  const known = agents.get(key);
  if (known !== undefined) return known;
  const agent = {
    clock: 0,
    young: new Set<string>(),
    elder: new Set<string>(),
    sessions: new Map(),
    tokens: new Map(),
    families: new Map(),
    baseline: baseline(),
  };
  agents.set(key, agent);
  return agent;
}

function isRepeated(agent: Agent, id: string): boolean {
  if (agent.young.has(id) || agent.elder.has(id)) return true;
  if (agent.young.size >= REMEMBERED_IDS) {
    agent.elder = agent.young;
    agent.young = new Set();
  }
  agent.young.add(id);
  return false;
}

/** Ends the sessions that were idle for too long and forgets tokens; both stand with the oldest first. */
function passTime(agent: Agent, time: number): void {
  if (time <= agent.clock) return;
  agent.clock = time;
  for (const [id, session] of agent.sessions) {
    if (session.lastAt + SESSION_GAP_MS >= time) break;
    agent.sessions.delete(id);
    if (!session.isFlagged) learn(agent.baseline, session.path);
  }
  for (const [id, token] of agent.tokens) {
    if (token.keepUntil >= time) break;
    agent.tokens.delete(id);
  }
}

function sessionOf({ sessions }: Agent, event: Exclude<Event, { kind: "tick" }>, time: number): Session {
  const id = event.session ?? event.trace?.id ?? event.agent.instance ?? "";
  const session = sessions.get(id) ?? { path: path(event), lastAt: time, isFlagged: false };
  session.lastAt = time;
  sessions.delete(id);
  sessions.set(id, session);
  return session;
}

function tokenOf({ tokens }: Agent, event: TokenEvent, time: number): TokenState {
  const id = event.token?.publicId ?? event.token?.hash ?? "";
  const token = tokens.get(id) ?? tokenState();
  note(token, event, time);
  tokens.delete(id);
  tokens.set(id, token);
  return token;
}
