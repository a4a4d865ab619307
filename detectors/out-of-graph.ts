/** An agent that leaves the graph of its workflows. */
import { z } from "zod";
import type { EventView } from "../schemas/event-view.ts";
import { TARGET_AT, TARGETS, TEXT } from "../schemas/event-view.ts";
import { type Baseline, baseline, endPath, MAX_PATH, MAX_PATH_VALUES, type Path, path, progressOf, readBaseline, readPath, VALUE_WIDTH, writeBaseline, writePath } from "./baseline/baseline.ts";
import { isBaseline, child } from "./baseline/graph.ts";
import { learn, turnEpoch } from "./baseline/learn.ts";
import { addName, noteTier, numberOf, OTHER } from "./baseline/names.ts";
import * as targets from "./baseline/targets.ts";
import { isIdentifier } from "./baseline/value-kind.ts";
import { baselineView } from "./baseline/view.ts";
import { type Stranger, tellOperation, tellTarget } from "./baseline/tell.ts";
import type { Detector, Out, Rows } from "./detector.ts";
import { internedOperation, internedText, internedTextAt } from "./stats/interned.ts";
import { grown, roomier } from "./stats/room.ts";

const Settings = z.strictObject({
  minSessions: z.int().min(1).default(20).describe("Sessions that a workflow (or an agent) is learned from before it is judged. Lower: judged sooner, more false findings."),
  maxNovelty: z.number().min(0).max(1).default(0.1).describe("Largest share of sessions with a one-off sensitive operation at which learning ends."),
  witnesses: z.int().min(1).max(4).default(2).describe("Distinct trust units that must have used an edge before it is baseline; one more from five units on. Higher: harder to poison, slower to learn."),
  sessions: z.int().min(1).default(5).describe("Sessions that must have used a reading edge before it is baseline, after learning."),
});
type Settings = z.infer<typeof Settings>;

export const outOfGraph: Detector<Settings, Baseline, Path, undefined> = {
  id: "out-of-graph",
  version: 1,
  about: {
    title: "An agent leaves the graph of its workflows",
    summary:
      "A hijacked agent uses valid credentials for what it was not meant to do. This learns, for each agent and workflow, which operations are used, in which order and on which targets, and speaks when a writing, sending or administrative operation is not part of it.",
    kinds: {
      "operation-new-to-workflow": {
        severity: "medium",
        evidence: "fact",
        fires: "a sensitive operation (tier 1 or 2) is used that is not in the baseline of the session's workflow",
        silencedBy: "the operation being in the workflow's baseline: witnessed while it was learning, or approved",
        tags: ["out-of-graph-access"],
      },
      "operation-new-to-agent": {
        severity: "medium",
        evidence: "fact",
        fires: "a sensitive operation is used that is in no workflow of the agent, and the session's workflow is not declared, or is still learning and turned up after the agent had left learning",
        silencedBy: "the operation being in the agent's baseline",
        tags: ["out-of-graph-access"],
      },
      "target-first-seen": {
        severity: "medium",
        evidence: "fact",
        fires: "a sensitive operation acts on an identifier (address, host, account ...) that is not in the baseline of a closed slot",
        silencedBy: "the value being in the slot's baseline, or the slot being open (5 % or more of its draws are new)",
        tags: ["out-of-graph-access"],
      },
      "operation-and-target-new": {
        severity: "high",
        evidence: "fact",
        fires: "both at once, in one session: a sensitive operation outside the baseline, and an identifier never seen by this agent in any slot it reaches",
        silencedBy: "either the operation or the target being in the baseline",
        tags: ["out-of-graph-access"],
      },
    },
    formulas: [
      "P_k(a|c) = max(n(c,a) - d_k, 0)/(N(c) + th_k) + esc_k(c) P_{k-1}(a|c'), orders 3 to 0, workflow over agent over 1/(V+1); d = 0.5, 0.7, 0.8, 0.85; th = 1, 0.5, 0.5, 0.5",
      "q = (N1 + 1)/(N + 2) for a slot of N draws, N1 values drawn once; closed when N >= 10 and q < 0.05; it speaks once values that wait for witnesses were in at most 5 % of its draws",
      "learning ends when sessions >= minSessions and neither (sensitive operations used by one session only)/(sessions) nor the share of sessions with a sensitive operation of too few witnesses is above maxNovelty",
      "an edge becomes baseline when min(units, witnesses) distinct trust units have used it in unflagged sessions; after learning also on two days and in `sessions` sessions, and never by itself if it is sensitive",
    ],
    blindSpots: [
      "an attack that uses only operations and targets of its own workflow (mimicry)",
      "a workflow that is still learning, except operations that the whole agent never used",
      "reads: a sensitive operation is one of tier 1 or 2",
      "without a declared workflow only the agent's own graph speaks, which sees far less",
    ],
    falsePositives: ["a new version of the agent with new tools", "a rare but legitimate operation that learning did not see", "a new customer or payee in a slot that was closed so far"],
    runbook: [
      "Read `evidence.operation`, `evidence.workflow` and the session's events: did the task ask for this?",
      "Compare `agent.version` in the hour before: was a new version deployed?",
      "Look up each value in `evidence.targets` in the request that began the session: was it named there, or did it come from content the agent read?",
      "If it is legitimate, approve the operation for the workflow; if not, keep the quarantine and revoke the session's token.",
    ],
    references: [
      "https://genai.owasp.org/resource/owasp-top-10-for-agentic-applications-for-2026/",
      "Y. W. Teh, A Hierarchical Bayesian Language Model based on Pitman-Yor Processes, ACL 2006",
      "I. J. Good, The population frequencies of species and the estimation of population parameters, Biometrika 1953",
    ],
  },
  settings: Settings,
  on: ["api.called"],
  hearsLate: false,
  columns: {
    agent: { start: baseline, write: writeBaseline, read: readBaseline },
    session: { start: path, write: writePath, read: readPath },
    token: { start: () => undefined, write: () => undefined, read: () => undefined },
  },

  step(rows, event, _settings, out) {
    const b = rows.own.agent;
    const p = rows.own.session;
    if (p.workflow < 0) begin(b, p, event);
    const symbol = symbolOf(b, event);
    if (event.tier > 0) judge(rows, symbol, event, out);
    else walkTargets(b, p, symbol, event);
    if (p.steps < MAX_PATH) addStep(p, symbol);
  },

  sessionEnded(agent, b, session, p, settings) {
    if (session.flagged) withhold(b, p);
    else if (p.steps > 0) learn(b, p, dayOf(session.lastAt), settings);
    agent.baselineVersion = b.version;
    endPath(p);
  },

  epochEnded(agent, b, _epoch, settings) {
    turnEpoch(b, settings);
    agent.baselineVersion = b.version;
  },

  view: (b, _agent, settings) => baselineView(b, settings),
};

function withhold(b: Baseline, p: Path): void {
  const progress = progressOf(b, Math.max(p.workflow, 0));
  if (progress !== undefined) progress.withheld++;
}

/** A path that was read back before its first step has no room at all. */
const FIRST_STEPS = 16;

function addStep(p: Path, symbol: number): void {
  if (p.steps === p.symbols.length) p.symbols = grown(p.symbols, Math.max(FIRST_STEPS, p.steps * 2));
  p.symbols[p.steps++] = symbol;
}

/** Days since 2000, so that they fit 16 bits until 2179. */
const dayOf = (timeMs: number) => Math.floor(timeMs / 86_400_000) - 10_957;

/** Namespaces of the agent's dictionary, mixed into hashes so that a workflow and a trust unit may share a name. */
const OPERATION = 0x2545f491;
const WORKFLOW = 0x5851f42d;
const UNIT = 0x14057b7e;
const FIELD = 0x6c078965;

function begin(b: Baseline, p: Path, event: EventView): void {
  p.workflow = event.has(TEXT.workflow) ? nameOf(b, event, TEXT.workflow, WORKFLOW) : 0;
  p.unit = event.has(TEXT.trustUnit) ? nameOf(b, event, TEXT.trustUnit, UNIT) : 0;
  if (p.workflow === OTHER) p.workflow = 0;
  if (p.workflow > 0) progressOf(b, p.workflow);
}

function nameOf(b: Baseline, event: EventView, column: (typeof TEXT)[keyof typeof TEXT], space: number): number {
  const low = event.low(column) ^ space;
  const high = event.high(column);
  return numberOf(b.names, low, high) || addName(b.names, low, high, internedText(event, column));
}

/** The number of the event's operation in the agent's dictionary. */
function symbolOf(b: Baseline, event: EventView): number {
  const low = event.low(TEXT.operation) ^ Math.imul(event.low(TEXT.service), OPERATION);
  const high = event.high(TEXT.operation) ^ event.high(TEXT.service);
  const symbol =
    numberOf(b.names, low, high) || addName(b.names, low, high, internedOperation(event));
  noteTier(b.names, symbol, event.tier);
  return symbol;
}

/** Judges a sensitive step before anything of it is kept. */
function judge(rows: Rows<Baseline, Path, undefined>, symbol: number, event: EventView, out: Out): void {
  const b = rows.own.agent;
  const p = rows.own.session;
  const level = outside(b, p, symbol);
  const strangers = walkTargets(b, p, symbol, event);
  if (level !== undefined && !p.told.includes(symbol)) {
    p.told = [...p.told, symbol];
    out.finding(tellOperation(b, p, symbol, level, strangers, event));
  } else if (level === undefined && strangers.some((stranger) => stranger.closed) && !p.told.includes(-symbol)) {
    p.told = [...p.told, -symbol];
    out.finding(tellTarget(b, p, symbol, strangers.filter((stranger) => stranger.closed), event));
  }
}

/** Which graph the operation is outside of: the workflow's, or the agent's where that one cannot speak. */
function outside(b: Baseline, p: Path, symbol: number): "workflow" | "agent" | undefined {
  const workflow = p.workflow > 0 ? b.progress.get(p.workflow) : undefined;
  if (workflow !== undefined && workflow.mode !== "learning")
    return isBaseline(b.graph, child(b.graph, workflow.root, symbol)) ? undefined : "workflow";
  // A workflow that began with the agent learns in peace; one that turns up later is judged by what the agent knows.
  if (workflow !== undefined && !workflow.isLate) return undefined;
  const agent = b.progress.get(0);
  if (agent === undefined || agent.mode === "learning") return undefined;
  return isBaseline(b.graph, child(b.graph, agent.root, symbol)) ? undefined : "agent";
}

/** Notes the targets of a step for learning. Answers the identifiers that are not in the baseline, if it is sensitive. */
function walkTargets(b: Baseline, p: Path, symbol: number, event: EventView): readonly Stranger[] {
  let strangers = NONE;
  for (let i = 0, count = event.number(TARGETS); i < count; i++) {
    const at = TARGET_AT + i * 8;
    const fieldLow = event.number(at) ^ FIELD;
    const field = numberOf(b.names, fieldLow, event.number(at + 1)) || addName(b.names, fieldLow, event.number(at + 1), internedTextAt(event, at));
    const [low, high] = [event.number(at + 4), event.number(at + 5)];
    const slot = targets.slotOf(b.targets, symbol, field);
    if (slot >= 0 && targets.isOpen(b.targets, slot)) continue;
    const record = slot < 0 ? -1 : targets.find(b.targets, slot, low, high);
    keep(p, symbol, field, record < 0, event, at + 4);
    if (event.tier === 0 || targets.isKnown(b.targets, record)) continue;
    const value = event.textAt(at + 4);
    if (!isIdentifier(value)) continue;
    const closed = slot >= 0 && targets.isClosed(b.targets, slot) && targets.isSettled(b.targets, slot);
    const novel = slot < 0 ? !targets.isKnownAnywhere(b.targets, low, high) : closed;
    const seen = record < 0 ? 0 : targets.sessionsOf(b.targets, record);
    strangers = [...strangers, { field: event.textAt(at), value, slot, seen, closed, novel }];
  }
  return strangers;
}

const NONE: readonly Stranger[] = [];

/** Keeps a target value for learning, with its label if it is new. `at` is where the value's numbers begin. */
function keep(p: Path, symbol: number, field: number, isNew: boolean, event: EventView, at: number): void {
  const [low, high] = [event.number(at), event.number(at + 1)];
  if (p.valueCount >= MAX_PATH_VALUES || isKept(p, symbol, field, low, high)) return;
  const to = p.valueCount * VALUE_WIDTH;
  if (to === p.values.length) p.values = grown(p.values, p.values.length === 0 ? VALUE_WIDTH * 4 : to * 2);
  const length = isNew ? keepLabel(p, event, at) : 0;
  p.values[to] = symbol;
  p.values[to + 1] = field;
  p.values[to + 2] = low;
  p.values[to + 3] = high;
  p.values[to + 4] = p.labelBytes - length;
  p.values[to + 5] = length;
  p.valueCount++;
}

function isKept(p: Path, symbol: number, field: number, low: number, high: number): boolean {
  const { values } = p;
  for (let at = 0, end = p.valueCount * VALUE_WIDTH; at < end; at += VALUE_WIDTH) {
    if (values[at + 2] === low && values[at + 3] === high && values[at] === symbol && values[at + 1] === field) return true;
  }
  return false;
}

/** Copies the value's first bytes; answers how many. */
function keepLabel(p: Path, event: EventView, at: number): number {
  const most = p.labelBytes + targets.LABEL_BYTES;
  if (most > p.labels.length * 4) p.labels = grown(p.labels, roomier((most + 3) >> 2));
  const length = event.copyText(at, new Uint8Array(p.labels.buffer, p.labels.byteOffset, p.labels.byteLength), p.labelBytes, targets.LABEL_BYTES);
  p.labelBytes += length;
  return length;
}
