/** Events in a line or two, and the whole fold over them. */

import type { baselineView } from "../../detectors/baseline/view.ts";
import type { Caps, Standing } from "../../detectors/detector.ts";
import { TERMS } from "../../detectors/evidence/term.ts";
import { decodeAgent, encodeAgent } from "../../detectors/fold/agent-codec.ts";
import { agentView } from "../../detectors/fold/agent-view.ts";
import { agentHigh, agentLow } from "../../detectors/fold/agents.ts";
import { type WorkingSet, workingSet } from "../../detectors/fold/working-set.ts";
import { DETECTORS } from "../../detectors/index.ts";
import type { AgentRow } from "../../detectors/rows.ts";
import { Event, type EventKind } from "../../schemas/event.ts";
import { canonicalLine } from "../../schemas/event-line.ts";
import { EventScanner, hashKey } from "../../schemas/event-scanner.ts";
import { EventView, eventColumns } from "../../schemas/event-view.ts";
import type { Finding } from "../../schemas/finding.ts";
import { createJudge } from "../../services/judge.ts";

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday, midnight. */
export const START = Date.parse("2026-03-02T00:00:00Z");

/** An event as JSON. */
export interface Given {
  readonly [field: string]: unknown;
  readonly id: string;
  readonly kind: EventKind;
  readonly time: string;
}

let made = 0;

/** An event of agent `a`, `atMs` after START. */
export function event(kind: EventKind, atMs: number, more: object = {}): Given {
  const time = new Date(START + atMs).toISOString();
  return { id: `e-${++made}`, kind, time, tenant: "default", source: "test", agent: { id: "a" }, ...more };
}

export interface CallFields {
  readonly [field: string]: unknown;
  readonly service?: string;
  readonly name?: string;
  readonly tier?: 0 | 1 | 2;
  readonly targets?: Record<string, string[]>;
  readonly result?: "ok" | "denied" | "error";
  readonly status?: number;
}

/** A call; accepted unless it says otherwise. */
export function call(atMs: number, fields: CallFields = {}): Given {
  const { service = "erp", name = "read", tier = 0, targets, result = "ok", status, ...more } = fields;
  const operation = { service, name, tier, targets };
  return event("api.called", atMs, { operation, outcome: { result, status }, ...more });
}

const scanner = new EventScanner(hashKey(Buffer.from("0123456789abcdef")));
const view = new EventView(eventColumns(1));

/** The view of an event; valid until the next one. */
export function viewOf(given: object): EventView {
  // What a strict scan accepts is what the schema accepts; the schema itself is slow, and tells what is wrong.
  if (scan(JSON.stringify(given), true)) return view.move(0);
  const line = canonicalLine(Event.parse(given));
  if (!scan(line, false)) throw new Error(`cannot be scanned: ${line}`);
  return view.move(0);
}

function scan(text: string, strict: boolean): boolean {
  const line = Buffer.from(text);
  return scanner.scan(line, 0, line.length, view.columns, 0, strict);
}

type Shown = ReturnType<typeof baselineView>;

/** An agent in readable form, as far as tests look into it. */
export interface View {
  readonly baselineVersion: number;
  readonly liveSessions: number;
  readonly knownTokens: number;
  readonly "out-of-graph": Shown & { readonly agent: NonNullable<Shown["agent"]> };
}

/** What was said of a call: its session, the terms of its score by name, and both scores. */
export interface ScoredCall {
  readonly session: string;
  readonly score: number;
  readonly sessionScore: number;
  readonly context: string;
  readonly terms: Readonly<Record<string, number>>;
}

export interface World {
  /** The calls of the newest `sees`, if the evidence is switched on. */
  readonly scored: ScoredCall[];
  /** Sessions that were scored, by how they stood. */
  readonly standings: Readonly<Record<Standing, number>>;
  /** What was let go, or not taken, by what. */
  readonly caps: Readonly<Caps>;
  /** Ends all sessions and learning. */
  settle(): void;
  /** Folds events; answers what was found. */
  sees(...events: readonly object[]): Finding[];
  /** The kinds of what was found. */
  finds(...events: readonly object[]): string[];
  /** Writes every agent and reads it back into an empty memory. Answers the bytes written. */
  reload(): number;
  agent(id?: string): AgentRow;
  /** The agent's entries, as they are stored. */
  encoded(id?: string): Map<string, Uint8Array>;
  /** The agent in readable form; `out-of-graph` holds its baseline. */
  view(id?: string): View;
}

/** A fold with nothing in memory. `settings` are those of detectors, by id. */
export function world(settings: Record<string, Record<string, unknown>> = {}, latenessMs = 30_000): World {
  const processor = { latenessMs, commitIntervalMs: 1000, maxAgents: 1000 };
  const scored: ScoredCall[] = [];
  const judge = createJudge({ detectors: settings, processor }, "test", (call, _agent, { name }) => {
    const terms = TERMS.map((term, at) => [term.name, call.terms[at] ?? 0] as const);
    const { score, sessionScore, context } = call;
    const named = Object.fromEntries(terms.filter(([, value]) => value !== 0));
    scored.push({ session: name, score, sessionScore, context, terms: named });
  });
  let set = workingSet(DETECTORS);
  let position = 0;
  const sees = (...events: readonly object[]) => {
    const findings: Finding[] = [];
    scored.length = 0;
    for (const one of events)
      judge.fold.step(set, viewOf(one), position++, (finding) => findings.push(finding));
    return findings;
  };
  const agent = (id = "a") => {
    const key = viewOf({ ...event("identity.changed", 0, { change: "attested" }), agent: { id } });
    const row = set.agents.get(agentLow(key), agentHigh(key));
    if (row === undefined) throw new Error(`agent ${id} is not known`);
    return row;
  };
  const encoded = (id?: string) => encodeAgent(agent(id), DETECTORS, set);
  const reload = () => {
    const loaded = reloaded(set, judge.detectorSettings);
    set = loaded.set;
    return loaded.bytes;
  };
  const show = (id?: string) => agentView(encoded(id), { detectors: settings }) as View;
  return {
    scored,
    standings: judge.fold.standings,
    caps: judge.fold.caps,
    settle: () => judge.fold.settle(set),
    sees,
    finds: (...events) => sees(...events).map(({ kind }) => kind),
    reload,
    agent,
    encoded,
    view: show,
  };
}

/** The same, with one detector listened to: others, of which its tests do not know, may have their say about the same events. */
export function worldOf(detector: string): Pick<World, "sees" | "finds"> {
  const given = world();
  const sees: World["sees"] = (...events) => given.sees(...events).filter((one) => one.detector === detector);
  return { sees, finds: (...events) => sees(...events).map(({ kind }) => kind) };
}

function reloaded(old: WorkingSet, settings: readonly unknown[]) {
  const set = workingSet(DETECTORS);
  let bytes = 0;
  for (const agent of old.agents.values()) {
    const entries = encodeAgent(agent, DETECTORS, old);
    for (const entry of entries.values()) bytes += entry.length;
    decodeAgent(entries, DETECTORS, settings, set);
  }
  return { set, bytes };
}
